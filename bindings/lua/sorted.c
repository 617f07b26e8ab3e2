#include "sorted.h"

#include <lauxlib.h>
#include <string.h>

#include "budget.h"

static int rank_of(lua_State *L, int index)
{
	switch (lua_type(L, index)) {
	case LUA_TNUMBER:
		return 0;
	case LUA_TSTRING:
		return 1;
	default:
		return 2 + lua_type(L, index);
	}
}

/* Is the key at a to stand before the key at b? Strings by their bytes. */
static int key_is_less(lua_State *L, int a, int b)
{
	int rank_a = rank_of(L, a), rank_b = rank_of(L, b);
	size_t length_a, length_b;

	if (rank_a != rank_b)
		return rank_a < rank_b;
	if (rank_a == 0)
		return lua_compare(L, a, b, LUA_OPLT);
	if (rank_a != 1)
		return (uintptr_t)lua_topointer(L, a) < (uintptr_t)lua_topointer(L, b);
	const char *text_a = lua_tolstring(L, a, &length_a);
	const char *text_b = lua_tolstring(L, b, &length_b);
	size_t common = length_a < length_b ? length_a : length_b;
	int order = memcmp(text_a, text_b, common);
	return order != 0 ? order < 0 : length_a < length_b;
}

/* keys[i], keys[j] on top of the stack: swap them in the array. */
static void swap(lua_State *L, int keys, lua_Integer i, lua_Integer j)
{
	lua_rawgeti(L, keys, i);
	lua_rawgeti(L, keys, j);
	lua_rawseti(L, keys, i);
	lua_rawseti(L, keys, j);
}

/* The array is a heap below n, except perhaps at i. */
static void sift(lua_State *L, int keys, lua_Integer i, lua_Integer n)
{
	for (;;) {
		lua_Integer child = 2 * i;
		if (child > n)
			return;
		lua_rawgeti(L, keys, child);
		if (child < n) {
			lua_rawgeti(L, keys, child + 1);
			if (key_is_less(L, -2, -1)) {
				child++;
				lua_remove(L, -2);
			} else {
				lua_pop(L, 1);
			}
		}
		lua_rawgeti(L, keys, i);
		int is_less = key_is_less(L, -1, -2);
		lua_pop(L, 2);
		if (!is_less)
			return;
		swap(L, keys, i, child);
		i = child;
		budget_step(L, 5);
	}
}

lua_Integer sorted_keys(lua_State *L, int table)
{
	lua_Integer n = 0;

	luaL_checkstack(L, 6, "sorting keys");
	table = lua_absindex(L, table);
	lua_newtable(L);
	int keys = lua_gettop(L);
	lua_pushnil(L);
	while (lua_next(L, table)) {
		lua_pop(L, 1);
		lua_pushvalue(L, -1);
		lua_rawseti(L, keys, ++n);
		budget_step(L, 1);
	}
	for (lua_Integer i = n / 2; i >= 1; i--)
		sift(L, keys, i, n);
	for (lua_Integer i = n; i > 1; i--) {
		swap(L, keys, 1, i);
		sift(L, keys, 1, i - 1);
	}
	return n;
}
