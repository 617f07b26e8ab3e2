#include "tree.h"

#include <lauxlib.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char root_key; /* registry: the root */
static const char weak_key; /* registry: { __mode = "v" } */

static const char *meta_of(enum tree_kind kind)
{
	switch (kind) {
	case TREE_NODE:
		return TREE_NODE_META;
	case TREE_VALUE:
		return TREE_VALUE_META;
	case TREE_ACTION:
		return TREE_ACTION_META;
	}
	return NULL;
}

int tree_raise(lua_State *L)
{
	return luaL_error(L, "%s", context_of(L)->gate.why);
}

struct tree_item *tree_item_at(lua_State *L, int index)
{
	for (int kind = TREE_NODE; kind <= TREE_ACTION; kind++) {
		struct tree_item *item = luaL_testudata(L, index, meta_of((enum tree_kind)kind));
		if (item != NULL)
			return item;
	}
	return NULL;
}

/* --- making items ------------------------------------------------------------------------- */

static struct tree_item *push_item(lua_State *L, enum tree_kind kind, const char *name)
{
	size_t name_size = strlen(name) + 1;
	struct tree_item *item =
		lua_newuserdatauv(L, sizeof(*item) + name_size, kind == TREE_NODE ? 1 : 0);

	item->kind = kind;
	item->counts = false;
	memcpy(item->name, name, name_size);
	luaL_setmetatable(L, meta_of(kind));
	return item;
}

static int stop_at_first(const char *child, int is_leaf, void *first)
{
	(void)is_leaf;
	*(char *)first = child[0];
	return 1;
}

/* NULL, nothing pushed, when the name is not an interior one. */
static struct tree_item *push_node(lua_State *L, const char *name)
{
	char first = '\0';

	if (context_of(L)->target->moonheap_ctl_children(name, stop_at_first, &first) < 0)
		return NULL;
	struct tree_item *node = push_item(L, TREE_NODE, name);
	node->counts = first >= '0' && first <= '9';
	lua_newtable(L);
	if (node->counts) {
		lua_rawgetp(L, LUA_REGISTRYINDEX, &weak_key);
		lua_setmetatable(L, -2);
	}
	lua_setiuservalue(L, -2, 1);
	return node;
}

bool tree_push_node(lua_State *L, const char *name)
{
	return push_node(L, name) != NULL;
}

void tree_open(lua_State *L)
{
	lua_newtable(L);
	lua_pushliteral(L, "v");
	lua_setfield(L, -2, "__mode");
	lua_rawsetp(L, LUA_REGISTRYINDEX, &weak_key);
	for (int kind = TREE_NODE; kind <= TREE_ACTION; kind++) {
		luaL_newmetatable(L, meta_of((enum tree_kind)kind));
		lua_pushliteral(L, "ctl");
		lua_setfield(L, -2, "__name");
		lua_pushboolean(L, 0);
		lua_setfield(L, -2, "__metatable");
		lua_pop(L, 1);
	}
	if (context_of(L)->target->reflects && push_node(L, "") != NULL)
		lua_rawsetp(L, LUA_REGISTRYINDEX, &root_key);
}

void tree_push_root(lua_State *L)
{
	const char *refusal = target_refusal(context_of(L)->target);

	if (refusal != NULL)
		luaL_error(L, "%s", refusal);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &root_key);
}

/* --- finding ------------------------------------------------------------------------------ */

/* "<node>.<component>" for the key at an index; false when the key cannot be a name. */
static bool child_name(lua_State *L, const struct tree_item *node, int key, char *name,
		       char component[GATE_NAME_MAX])
{
	int n, is_integer;
	lua_Integer number = lua_tointegerx(L, key, &is_integer);

	if (lua_type(L, key) == LUA_TNUMBER && is_integer) {
		snprintf(component, GATE_NAME_MAX, "%lld", (long long)number);
	} else if (lua_type(L, key) == LUA_TSTRING) {
		const char *text = lua_tostring(L, key);
		if (node->counts && strcmp(text, "all") == 0)
			snprintf(component, GATE_NAME_MAX, "%u", GATE_ARENAS_ALL);
		else if (node->counts && strcmp(text, "destroyed") == 0)
			snprintf(component, GATE_NAME_MAX, "%u", GATE_ARENAS_GONE);
		else if (strlen(text) >= GATE_NAME_MAX)
			return false;
		else
			snprintf(component, GATE_NAME_MAX, "%s", text);
	} else {
		return false;
	}
	n = node->name[0] == '\0' ? snprintf(name, GATE_NAME_MAX, "%s", component)
				  : snprintf(name, GATE_NAME_MAX, "%s.%s", node->name, component);
	return n < (int)GATE_NAME_MAX;
}

/* Not seen before: ask the allocator. */
static struct tree_item *resolve_child(lua_State *L, const struct tree_item *node, int key)
{
	struct gate *gate = &context_of(L)->gate;
	char name[GATE_NAME_MAX], component[GATE_NAME_MAX];
	struct gate_leaf leaf;
	struct tree_item *item;
	size_t mib[MOONHEAP_CTL_DEPTH_MAX], miblen = MOONHEAP_CTL_DEPTH_MAX;

	if (!child_name(L, node, key, name, component)) {
		snprintf(gate->why, sizeof(gate->why), "%s has no names of that kind",
			 node->name[0] == '\0' ? "ctl" : node->name);
		return NULL;
	}
	if (gate->target->moonheap_ctl_describe(name) != NULL && strchr(name, '<') == NULL) {
		if (gate_resolve(gate, name, &leaf) != GATE_DONE)
			return NULL;
		item = push_item(L, gate_is_callable(leaf.row) ? TREE_ACTION : TREE_VALUE, "");
		item->leaf = leaf;
		return item;
	}
	bool is_there = !node->counts || gate->target->mallctlnametomib(name, mib, &miblen) == 0;
	item = is_there ? push_node(L, name) : NULL;
	if (item == NULL)
		gate_explain_unknown(gate, name);
	return item;
}

struct tree_item *tree_child(lua_State *L, int node_index, int key)
{
	struct tree_item *item;

	node_index = lua_absindex(L, node_index);
	key = lua_absindex(L, key);
	lua_getiuservalue(L, node_index, 1);
	lua_pushvalue(L, key);
	if (lua_rawget(L, -2) == LUA_TUSERDATA) {
		lua_replace(L, -2);
		return lua_touserdata(L, -1);
	}
	lua_pop(L, 1);
	item = resolve_child(L, lua_touserdata(L, node_index), key);
	if (item == NULL) {
		lua_pop(L, 1);
		return NULL;
	}
	lua_pushvalue(L, key);
	lua_pushvalue(L, -2);
	lua_rawset(L, -4);
	lua_remove(L, -2);
	return item;
}

struct key_list {
	char *text;
	size_t size, needed;
};

static int add_key(const char *child, int is_leaf, void *opaque)
{
	struct key_list *list = opaque;
	size_t n = strlen(child) + 1;

	(void)is_leaf;
	if (list->needed + n <= list->size)
		memcpy(list->text + list->needed, child, n);
	list->needed += n;
	return 0;
}

lua_Integer tree_keys(lua_State *L, int node_index)
{
	const struct tree_item *node = lua_touserdata(L, node_index);
	const struct target *target = context_of(L)->target;
	struct key_list list = {NULL, 0, 0};
	lua_Integer n = 0;

	target->moonheap_ctl_children(node->name, add_key, &list);
	for (bool fits = false; !fits;) { /* the tree may grow between two passes */
		list.size = list.needed + 64;
		list.needed = 0;
		list.text = lua_newuserdatauv(L, list.size, 0);
		target->moonheap_ctl_children(node->name, add_key, &list);
		fits = list.needed <= list.size;
		if (!fits)
			lua_pop(L, 1);
	}
	lua_newtable(L);
	for (const char *p = list.text; p < list.text + list.needed; p += strlen(p) + 1) {
		lua_pushstring(L, p);
		if (node->counts && lua_stringtonumber(L, p) != 0)
			lua_remove(L, -2);
		lua_rawseti(L, -2, ++n);
	}
	lua_remove(L, -2);
	return n;
}

/* --- values ------------------------------------------------------------------------------- */

void tree_push_c_value(lua_State *L, enum moonheap_ctl_type type, const union value *value)
{
	bool beyond;

	switch (type) {
	case MOONHEAP_CTL_BOOL:
		lua_pushboolean(L, value->boolean);
		return;
	case MOONHEAP_CTL_STRING:
		lua_pushstring(L, value->string);
		return;
	case MOONHEAP_CTL_POINTER:
		lua_pushfstring(L, "%p", value->pointer);
		return;
	case MOONHEAP_CTL_NONE:
	case MOONHEAP_CTL_STRUCT:
		lua_pushnil(L);
		return;
	case MOONHEAP_CTL_UNSIGNED:
	case MOONHEAP_CTL_UINT32:
	case MOONHEAP_CTL_UINT64:
	case MOONHEAP_CTL_INT64:
	case MOONHEAP_CTL_SIZE:
	case MOONHEAP_CTL_SSIZE:
		break;
	}
	int64_t number = value_integer(type, value, &beyond);
	if (beyond) /* as near as Lua's numbers come */
		lua_pushnumber(L, (lua_Number)(uint64_t)number);
	else
		lua_pushinteger(L, number);
}

bool tree_try_push_value(lua_State *L, const struct gate_leaf *leaf)
{
	union value value;

	if (gate_read(&context_of(L)->gate, leaf, &value) != GATE_DONE)
		return false;
	tree_push_c_value(L, leaf->row->type, &value);
	return true;
}

void tree_push_value(lua_State *L, const struct gate_leaf *leaf)
{
	if (!tree_try_push_value(L, leaf))
		tree_raise(L);
}

static int wrong_type(lua_State *L, const struct gate_leaf *leaf, const char *wanted, int index)
{
	char name[GATE_NAME_MAX];

	return luaL_error(L, "%s wants %s, not a %s", gate_name(leaf, name), wanted,
			  luaL_typename(L, index));
}

static int wrong_range(lua_State *L, const struct gate_leaf *leaf, lua_Number from, lua_Number to)
{
	char name[GATE_NAME_MAX], range[64];

	snprintf(range, sizeof(range), "%.0f to %.0f", from, to);
	return luaL_error(L, "%s wants a whole number from %s", gate_name(leaf, name), range);
}

/* An integer, or a float with an integral value. */
static int64_t check_integer(lua_State *L, const struct gate_leaf *leaf, int index)
{
	int is_integer;

	if (lua_type(L, index) != LUA_TNUMBER)
		wrong_type(L, leaf, "a whole number", index);
	lua_Integer number = lua_tointegerx(L, index, &is_integer);
	if (!is_integer)
		luaL_error(L, "%s wants a whole number, not %s",
			   gate_name(leaf, lua_newuserdatauv(L, GATE_NAME_MAX, 0)),
			   luaL_tolstring(L, index, NULL));
	return number;
}

static void check_value(lua_State *L, const struct gate_leaf *leaf, int index, union value *value)
{
	int64_t number;

	memset(value, 0, sizeof(*value));
	switch (leaf->row->argument) {
	case MOONHEAP_CTL_BOOL:
		if (!lua_isboolean(L, index))
			wrong_type(L, leaf, "true or false", index);
		value->boolean = lua_toboolean(L, index);
		break;
	case MOONHEAP_CTL_UNSIGNED:
	case MOONHEAP_CTL_UINT32:
		number = check_integer(L, leaf, index);
		if (number < 0 || number > UINT32_MAX)
			wrong_range(L, leaf, 0, UINT32_MAX);
		value->number = (unsigned)number;
		break;
	case MOONHEAP_CTL_UINT64:
	case MOONHEAP_CTL_SIZE:
		number = check_integer(L, leaf, index);
		if (number < 0)
			wrong_range(L, leaf, 0, (lua_Number)INT64_MAX);
		value->uint64 = (uint64_t)number;
		break;
	case MOONHEAP_CTL_INT64:
	case MOONHEAP_CTL_SSIZE:
		value->int64 = check_integer(L, leaf, index);
		break;
	case MOONHEAP_CTL_STRING:
		if (lua_type(L, index) != LUA_TSTRING)
			wrong_type(L, leaf, "a string", index);
		value->string = lua_tostring(L, index);
		break;
	case MOONHEAP_CTL_NONE:
	case MOONHEAP_CTL_POINTER:
	case MOONHEAP_CTL_STRUCT:
		wrong_type(L, leaf, "something that only a C program can give", index);
	}
}

void tree_assign(lua_State *L, const struct gate_leaf *leaf, int index)
{
	struct gate *gate = &context_of(L)->gate;
	union value value;

	/* What cannot be written is said before what is wrong with the value. */
	if ((leaf->row->access & MOONHEAP_CTL_WRITE) != 0)
		check_value(L, leaf, index, &value);
	if (gate_write(gate, leaf, &value) != GATE_DONE)
		tree_raise(L);
}

int tree_call(lua_State *L, const struct gate_leaf *leaf, int index)
{
	struct gate *gate = &context_of(L)->gate;
	bool takes = leaf->row->argument != MOONHEAP_CTL_NONE;
	bool given = index != 0 && !lua_isnoneornil(L, index);
	union value argument, result = {0};
	char name[GATE_NAME_MAX];
	bool has_result;

	if (given && !takes)
		return luaL_error(L, "%s takes no argument", gate_name(leaf, name));
	if (given)
		check_value(L, leaf, index, &argument);
	if (gate_call(gate, leaf, given ? &argument : NULL, &result, &has_result) != GATE_DONE)
		return tree_raise(L);
	if (!has_result)
		return 0;
	tree_push_c_value(L, leaf->row->type, &result);
	return 1;
}
