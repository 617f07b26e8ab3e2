/* script_run.h - a script sent to the agent: its modules first, then itself with its arguments. */
#ifndef CONSOLE_SCRIPT_RUN_H
#define CONSOLE_SCRIPT_RUN_H

#include "script.h"
#include "statement.h"

struct statement_end script_run(struct session *session, struct view *view,
				const struct script *script, char *const *words, int nwords,
				uint32_t limit_ms, struct failure *failure);

#endif
