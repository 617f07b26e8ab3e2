/* target.h - the process that the user means by PID or NAME.
 *
 * A name is that of a process, of its executable, or its argv[0]; it must lead to exactly one
 * process with an agent. Every way in which it does not has its own words.
 */
#ifndef CONSOLE_TARGET_H
#define CONSOLE_TARGET_H

#include "agents.h"
#include "failure.h"

/* Fills agent; 0, or EXIT_REFUSED with the reason. */
int target_resolve(const char *text, struct agent *agent, struct failure *failure);

#endif
