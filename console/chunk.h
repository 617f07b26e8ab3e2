/* chunk.h - is what was typed so far a whole statement?
 *
 * The console asks its own Lua, which compiles and never runs it, so that an unfinished statement
 * does not go over the wire. Whatever else is wrong with a statement is for the agent to say.
 */
#ifndef CONSOLE_CHUNK_H
#define CONSOLE_CHUNK_H

#include <stdbool.h>

/* True when more lines could complete it. An expression counts as a statement; a leading '=' is
 * passed over. */
bool chunk_is_unfinished(const char *text);

#endif
