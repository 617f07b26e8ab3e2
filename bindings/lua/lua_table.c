#include "lua_table.h"

#include <lauxlib.h>
#include <lualib.h>

#include "budget.h"

#define MOVE_STEPS 2 /* a get and a set */

static lua_Integer length_of(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	return luaL_len(L, 1);
}

/* t[to] = t[from] */
static void move_one(lua_State *L, int from_table, lua_Integer from, int to_table, lua_Integer to)
{
	budget_step(L, MOVE_STEPS);
	lua_geti(L, from_table, from);
	lua_seti(L, to_table, to);
}

static int table_insert(lua_State *L)
{
	lua_Integer end = (lua_Integer)((lua_Unsigned)length_of(L) + 1);
	lua_Integer position = end;

	switch (lua_gettop(L)) {
	case 2:
		break;
	case 3:
		position = luaL_checkinteger(L, 2);
		luaL_argcheck(L, (lua_Unsigned)position - 1u < (lua_Unsigned)end, 2,
			      "position out of bounds");
		for (lua_Integer i = end; i > position; i--)
			move_one(L, 1, i - 1, 1, i);
		break;
	default:
		return luaL_error(L, "wrong number of arguments to 'insert'");
	}
	lua_seti(L, 1, position);
	return 0;
}

static int table_remove(lua_State *L)
{
	lua_Integer size = length_of(L);
	lua_Integer position = luaL_optinteger(L, 2, size);

	/* #t + 1 is allowed, and so is anything that #t itself is */
	luaL_argcheck(L, position == size || (lua_Unsigned)position - 1u <= (lua_Unsigned)size, 2,
		      "position out of bounds");
	lua_geti(L, 1, position);
	for (; position < size; position++)
		move_one(L, 1, position + 1, 1, position);
	lua_pushnil(L);
	lua_seti(L, 1, position);
	return 1;
}

static int table_move(lua_State *L)
{
	lua_Integer from = luaL_checkinteger(L, 2), end = luaL_checkinteger(L, 3);
	lua_Integer to = luaL_checkinteger(L, 4);
	int target = lua_isnoneornil(L, 5) ? 1 : 5;

	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_checktype(L, target, LUA_TTABLE);
	if (end >= from) {
		luaL_argcheck(L, from > 0 || end < LUA_MAXINTEGER + from, 3,
			      "too many elements to move");
		lua_Integer n = end - from + 1;
		luaL_argcheck(L, to <= LUA_MAXINTEGER - n + 1, 4, "destination wrap around");
		if (to > end || to <= from || (target != 1 && !lua_compare(L, 1, 5, LUA_OPEQ)))
			for (lua_Integer i = 0; i < n; i++)
				move_one(L, 1, from + i, target, to + i);
		else
			for (lua_Integer i = n; i-- > 0;)
				move_one(L, 1, from + i, target, to + i);
	}
	lua_pushvalue(L, target);
	return 1;
}

static void add_element(lua_State *L, luaL_Buffer *to, lua_Integer i)
{
	size_t length;

	lua_geti(L, 1, i);
	if (!lua_isstring(L, -1))
		luaL_error(L, "invalid value (at index %I) in table for 'concat'", i);
	lua_tolstring(L, -1, &length);
	budget_step(L, 2 + length / 64);
	luaL_addvalue(to);
}

static int table_concat(lua_State *L)
{
	lua_Integer last = length_of(L);
	size_t separator_length;
	const char *separator = luaL_optlstring(L, 2, "", &separator_length);
	lua_Integer i = luaL_optinteger(L, 3, 1);
	luaL_Buffer result;

	last = luaL_optinteger(L, 4, last);
	luaL_buffinit(L, &result);
	for (; i < last; i++) {
		add_element(L, &result, i);
		luaL_addlstring(&result, separator, separator_length);
	}
	if (i == last)
		add_element(L, &result, i);
	luaL_pushresult(&result);
	return 1;
}

/* upvalue: the caller's order, or nil for < */
static int sort_order(lua_State *L)
{
	budget_step(L, 20);
	if (lua_isnil(L, lua_upvalueindex(1))) {
		lua_pushboolean(L, lua_compare(L, 1, 2, LUA_OPLT));
		return 1;
	}
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, 2, 1);
	return 1;
}

/* upvalue: the stock function. It asks for every comparison, so the order is where it is stopped.
 */
static int table_sort(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	if (!lua_isnoneornil(L, 2))
		luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 2);
	lua_pushcclosure(L, sort_order, 1);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, 2, 0);
	return 0;
}

static const luaL_Reg functions[] = {
	{"insert", table_insert},
	{"remove", table_remove},
	{"move", table_move},
	{"concat", table_concat},
	{NULL, NULL},
};

int lua_table_open(lua_State *L)
{
	luaopen_table(L);
	luaL_setfuncs(L, functions, 0);
	lua_getfield(L, -1, "sort");
	lua_pushcclosure(L, table_sort, 1);
	lua_setfield(L, -2, "sort");
	return 1;
}
