/* complete.h - what could follow in a line of the prompt.
 *
 * The names of the live tree and of Lua come from the agent, within a budget that typing does not
 * notice; commands of the prompt and their words come from the table, script names from the disk.
 */
#ifndef CONSOLE_COMPLETE_H
#define CONSOLE_COMPLETE_H

#include "prompt.h"
#include "session.h"

#define COMPLETE_BUDGET_MS 150

void complete_line(struct session *session, const char *line, size_t cursor,
		   struct prompt_candidates *to);

#endif
