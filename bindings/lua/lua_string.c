#include "lua_string.h"
#include <lualib.h>
int lua_string_open(lua_State *L)
{
	return luaopen_string(L);
}
