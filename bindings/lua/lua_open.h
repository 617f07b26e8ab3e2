/* lua_open.h - everything that a script of the agent sees, opened in one state. */
#ifndef MOONHEAP_LUA_LUA_OPEN_H
#define MOONHEAP_LUA_LUA_OPEN_H

#include <lua.h>

/* Fill a fresh state whose context is set. In protected mode; may raise for want of memory. */
void lua_open(lua_State *L);

/* The function run_script(script, name, arguments...), pushed. */
void lua_open_push_run_script(lua_State *L);

/* Name and loader are on top of the stack: what require(name) calls. Pops both. */
void lua_open_add_module(lua_State *L);

#endif
