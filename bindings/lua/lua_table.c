#include "lua_table.h"
#include <lualib.h>
int lua_table_open(lua_State *L)
{
	return luaopen_table(L);
}
