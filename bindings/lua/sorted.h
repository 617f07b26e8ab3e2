/* sorted.h - the keys of a Lua table in an order that people expect: numbers ascending, then
 * strings, then the rest by type. */
#ifndef MOONHEAP_LUA_SORTED_H
#define MOONHEAP_LUA_SORTED_H

#include <lua.h>

/* Pushes an array of the table's keys and returns how many there are. Raw access; may raise. */
lua_Integer sorted_keys(lua_State *L, int table);

#endif
