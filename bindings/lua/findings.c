#include "findings.h"

#include <lauxlib.h>

static const char findings_key; /* registry */

void findings_reset(lua_State *L)
{
	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &findings_key);
}

void findings_push(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &findings_key);
}

void findings_add(lua_State *L, int severity, int text)
{
	severity = lua_absindex(L, severity);
	text = lua_absindex(L, text);
	findings_push(L);
	lua_createtable(L, 0, 2);
	lua_pushvalue(L, severity);
	lua_setfield(L, -2, "severity");
	lua_pushvalue(L, text);
	lua_setfield(L, -2, "text");
	lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	lua_pop(L, 1);
}
