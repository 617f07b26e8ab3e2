/* lua_table.h - the table library with functions that stop when the statement has to: a length that
 * __len invents would keep Lua's own in C for ever. */
#ifndef MOONHEAP_LUA_LUA_TABLE_H
#define MOONHEAP_LUA_LUA_TABLE_H

#include <lua.h>

int lua_table_open(lua_State *L);

#endif
