/* session.h - a conversation with one agent: greet, ask, be answered, part.
 *
 * One request is under way at a time, except for CANCEL, which overtakes it. Answers to requests
 * that were given up (a completion that came too late) are recognised by their request id and
 * dropped. docs/protocol.md describes the conversation.
 */
#ifndef CONSOLE_SESSION_H
#define CONSOLE_SESSION_H

#include "transport.h"

#define SESSION_NO_LIMIT 0u

struct session {
	struct transport transport;
	struct agent agent;
	uint32_t last_request;
	char role[16];      /* that the agent granted */
	char allocator[32]; /* such as "moonheap"; "" when the agent does not say */
	char version[64];   /* of the allocator */
};

/* Where the pieces of output go while a statement runs, and what the user is told meanwhile. */
struct session_sink {
	/* False: nobody reads any more; the statement is cancelled. */
	bool (*output)(const char *bytes, size_t length, void *opaque);
	/* A piece of a long value, before the last one comes in the reply. */
	bool (*value)(const char *bytes, size_t length, void *opaque);
	void (*notice)(const char *text, void *opaque);
	void *opaque;
};

struct session_reply {
	enum protocol_status status;
	struct buffer
		text;  /* the value (its end, if long), or the error in words; not yet harmless */
	int exit_code; /* that a script chose */
	bool left;     /* the user gave up waiting: the session should be closed */
};

struct session_candidates {
	size_t from; /* first byte of the text that a candidate replaces */
	char **texts;
	size_t count;
};

int session_open(struct session *session, const struct agent *agent, const char *role,
		 struct failure *failure);

/* Sends an EVAL, SCRIPT, MODULE or HELP with these fields and waits for its RESULT. limit_ms is the
 * statement's time limit, which the agent enforces; a little later the console gives up by itself.
 * Ctrl-C sends CANCEL, a second one sets reply->left. 0, or why no reply came; how the statement
 * went is in the reply. Free reply->text. */
int session_ask(struct session *session, enum protocol_type type, const struct buffer *payload,
		uint32_t limit_ms, const struct session_sink *sink, struct session_reply *reply,
		struct failure *failure);

/* Candidates for the text up to the cursor, within the budget; none when the agent is slower.
 * False when the connection is lost. */
bool session_complete(struct session *session, const char *text, size_t length, int budget_ms,
		      struct session_candidates *candidates);
void session_candidates_free(struct session_candidates *candidates);

/* Ends the session; goodbye gets what stays changed, one line each. Bounded in time; a connection
 * that is lost meanwhile is no failure. */
void session_close(struct session *session, struct buffer *goodbye);

/* Lets go of a session whose connection is lost. */
void session_drop(struct session *session);

#endif
