#include "lua_heap.h"
#include <lauxlib.h>
const struct lua_heap_row lua_heap_rows[] = {{0}};
int lua_heap_open(lua_State *L)
{
	lua_newtable(L);
	return 1;
}
