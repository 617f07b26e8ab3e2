/* lua_base.h - the base functions as a script in the agent has them.
 *
 * What the stock ones could do to the host is not there (files, processes, bytecode, exit), and
 * what could run without end in C, or escape the statement's budget, is replaced:
 *   - setmetatable refuses __gc: Lua runs finalizers with hooks off;
 *   - xpcall does not call its handler for a statement that is being stopped, for the same reason;
 *   - load takes text only.
 * print and io.write go to the console, never to the service's output.
 */
#ifndef MOONHEAP_LUA_LUA_BASE_H
#define MOONHEAP_LUA_LUA_BASE_H

#include <lua.h>

/* Sets the functions in the table of globals, which is on top of the stack. */
void lua_base_open(lua_State *L);

#endif
