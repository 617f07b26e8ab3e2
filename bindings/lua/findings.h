/* findings.h - what the running script found: an array of { severity, text } in the registry. */
#ifndef MOONHEAP_LUA_FINDINGS_H
#define MOONHEAP_LUA_FINDINGS_H

#include <lua.h>

void findings_reset(lua_State *L);
void findings_push(lua_State *L);

/* Severity and text are at the indices. */
void findings_add(lua_State *L, int severity, int text);

#endif
