/* prompt_session.h - the state of one `moonheap attach`, shared by its loop and its commands. */
#ifndef CONSOLE_PROMPT_SESSION_H
#define CONSOLE_PROMPT_SESSION_H

#include "statement.h"

struct prompt_session {
	struct session session;
	struct view *view;
	struct failure *failure;
	uint32_t timeout_ms;   /* of each statement */
	struct buffer pending; /* lines of a statement that is not finished */
	bool over;             /* leave the loop */
	bool said_goodbye;     /* the session is closed or lost already */
	int code;
};

/* Takes in how a statement ended. */
void prompt_session_after(struct prompt_session *prompt, const struct statement_end *end);

#endif
