/* lua_string.h - the string library with functions that stop when the statement has to.
 *
 * Lua's own find, match, gmatch and gsub run in C without a look at the clock: one pattern can take
 * minutes, and the thread cannot be stopped. These use `pattern`, which accounts for every step.
 * string.dump is not there; the rest is Lua's.
 */
#ifndef MOONHEAP_LUA_LUA_STRING_H
#define MOONHEAP_LUA_LUA_STRING_H

#include <lua.h>

int lua_string_open(lua_State *L);

#endif
