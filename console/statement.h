/* statement.h - one question to the agent, with its answer shown as it comes.
 *
 * What eval, script and the prompt have in common: output streams to the view while the statement
 * runs, and the way it ended becomes an exit code.
 */
#ifndef CONSOLE_STATEMENT_H
#define CONSOLE_STATEMENT_H

#include "session.h"
#include "view.h"

struct statement_end {
	int code;  /* of this statement, by exit_codes.def */
	bool lost; /* the session is of no more use; failure says why */
	bool left; /* the user did not want to wait for the end */
};

/* A session with the process that a word means; from now on Ctrl-C is for what it does. 0, or the
 * exit code. */
int statement_attach(struct session *session, const char *word, const char *role,
		     struct failure *failure);

/* Sends a request whose payload is ready and shows what comes back. */
struct statement_end statement_ask(struct session *session, struct view *view,
				   enum protocol_type type, const struct buffer *payload,
				   uint32_t limit_ms, struct failure *failure);

/* A statement or an expression; a leading '=' is taken as "return". */
struct statement_end statement_eval(struct session *session, struct view *view, const char *text,
				    uint32_t limit_ms, struct failure *failure);

struct statement_end statement_help(struct session *session, struct view *view, const char *name,
				    struct failure *failure);

/* Ends a session, unless it is lost, and shows what stays changed. */
void statement_part(struct session *session, struct view *view, const struct statement_end *last);

#endif
