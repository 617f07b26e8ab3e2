#include "lua_ctl.h"

#include <lauxlib.h>
#include <string.h>

#include "tree.h"

/* What t.key gives for an item: a value is read, the others are themselves. */
static int push_result(lua_State *L, const struct tree_item *item)
{
	if (item->kind == TREE_VALUE)
		tree_push_value(L, &item->leaf);
	return 1;
}

static int node_index(lua_State *L)
{
	const struct tree_item *item = tree_child(L, 1, 2);

	return item != NULL ? push_result(L, item) : tree_raise(L);
}

static int assign_item(lua_State *L, const struct tree_item *item, int value)
{
	char name[GATE_NAME_MAX];

	switch (item->kind) {
	case TREE_VALUE:
		tree_assign(L, &item->leaf, value);
		return 0;
	case TREE_ACTION:
		gate_name(&item->leaf, name);
		return luaL_error(L, "%s is called, not assigned: %s(%s)", name, name,
				  item->leaf.row->argument != MOONHEAP_CTL_NONE ? "VALUE" : "");
	case TREE_NODE:
		break;
	}
	return luaL_error(L, "%s is no value: assign to a name below it", item->name);
}

static int node_newindex(lua_State *L)
{
	const struct tree_item *item = tree_child(L, 1, 2);

	return item != NULL ? assign_item(L, item, 3) : tree_raise(L);
}

/* upvalues: node, keys, position */
static int node_next(lua_State *L)
{
	lua_Integer position = lua_tointeger(L, lua_upvalueindex(3)) + 1;

	lua_pushinteger(L, position);
	lua_replace(L, lua_upvalueindex(3));
	if (lua_rawgeti(L, lua_upvalueindex(2), position) == LUA_TNIL)
		return 1;
	int key = lua_gettop(L);
	const struct tree_item *item = tree_child(L, lua_upvalueindex(1), key);
	/* A name whose value cannot be had now is still a name. */
	if (item == NULL || (item->kind == TREE_VALUE && !tree_try_push_value(L, &item->leaf)))
		lua_pushnil(L);
	lua_copy(L, -1, key + 1); /* over the item, unless that is it */
	lua_settop(L, key + 1);
	return 2;
}

static int node_pairs(lua_State *L)
{
	lua_settop(L, 1);
	tree_keys(L, 1);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, node_next, 3);
	return 1;
}

static int node_len(lua_State *L)
{
	lua_pushinteger(L, tree_keys(L, 1));
	return 1;
}

static int node_tostring(lua_State *L)
{
	const struct tree_item *node = lua_touserdata(L, 1);

	lua_pushfstring(L, "ctl%s%s", node->name[0] == '\0' ? "" : ".", node->name);
	return 1;
}

static int action_call(lua_State *L)
{
	const struct tree_item *item = lua_touserdata(L, 1);

	if (lua_gettop(L) > 2)
		return luaL_error(L, "%s takes at most one argument", item->leaf.row->path);
	return tree_call(L, &item->leaf, lua_gettop(L) == 2 ? 2 : 0);
}

static int action_tostring(lua_State *L)
{
	const struct tree_item *item = lua_touserdata(L, 1);
	char name[GATE_NAME_MAX];

	lua_pushfstring(L, "%s(): %s", gate_name(&item->leaf, name), item->leaf.row->help);
	return 1;
}

/* --- globals ------------------------------------------------------------------------------ */

/* Globals that nobody set: top names of the tree, then an error that helps. upvalue: root or nil */
static int global_index(lua_State *L)
{
	struct context *context = context_of(L);

	if (lua_type(L, 2) != LUA_TSTRING)
		return 0;
	if (!lua_isnil(L, lua_upvalueindex(1))) {
		const struct tree_item *item = tree_child(L, lua_upvalueindex(1), 2);
		return item != NULL ? push_result(L, item) : tree_raise(L);
	}
	return luaL_error(L, "unknown name '%s' (the control tree is not there: %s)",
			  lua_tostring(L, 2), target_refusal(context->target));
}

static int global_newindex(lua_State *L)
{
	if (lua_type(L, 2) == LUA_TSTRING && !lua_isnil(L, lua_upvalueindex(1)) &&
	    strchr(lua_tostring(L, 2), '.') == NULL) {
		const struct tree_item *item = tree_child(L, lua_upvalueindex(1), 2);
		if (item != NULL)
			return assign_item(L, item, 3);
	}
	lua_rawset(L, 1);
	return 0;
}

static const luaL_Reg node_methods[] = {
	{"__index", node_index}, {"__newindex", node_newindex}, {"__pairs", node_pairs},
	{"__len", node_len},     {"__tostring", node_tostring}, {NULL, NULL},
};

static const luaL_Reg action_methods[] = {
	{"__call", action_call},
	{"__tostring", action_tostring},
	{NULL, NULL},
};

static const luaL_Reg global_methods[] = {
	{"__index", global_index},
	{"__newindex", global_newindex},
	{NULL, NULL},
};

void lua_ctl_open(lua_State *L)
{
	int globals = lua_gettop(L);

	tree_open(L);
	luaL_getmetatable(L, TREE_NODE_META);
	luaL_setfuncs(L, node_methods, 0);
	luaL_getmetatable(L, TREE_ACTION_META);
	luaL_setfuncs(L, action_methods, 0);
	lua_settop(L, globals);

	if (context_of(L)->target->reflects) {
		lua_pushliteral(L, "ctl");
		tree_push_root(L);
		lua_rawset(L, globals);
	}
	lua_newtable(L);
	if (context_of(L)->target->reflects)
		tree_push_root(L);
	else
		lua_pushnil(L);
	luaL_setfuncs(L, global_methods, 1);
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, globals);
}
