#include "tree_view.h"

#include <lauxlib.h>
#include <string.h>

#include "json.h"
#include "sorted.h"

#define LISTING_MAX 200 /* lines; one more says how many are left */

bool tree_view_leaf(lua_State *L, struct sink *sink, const struct gate_leaf *leaf)
{
	union value value;
	bool beyond;

	if (gate_read(&context_of(L)->gate, leaf, &value) != GATE_DONE)
		return false;
	value_put(sink, leaf->row->type, &value);
	if (value_is_integer(leaf->row->type)) {
		int64_t number = value_integer(leaf->row->type, &value, &beyond);
		if (!beyond && !(number < 0 && leaf->row->unit == MOONHEAP_CTL_UNIT_MS))
			value_put_unit(sink, leaf->row->unit, number);
	}
	return true;
}

/* Is the child of this name left out of what holds everything? */
static bool is_hidden(const struct tree_item *node, const char *key)
{
	return node->name[0] == '\0' && key != NULL && strcmp(key, "thread") == 0;
}

/* --- listing ------------------------------------------------------------------------------ */

static void put_key(lua_State *L, struct sink *sink, int key)
{
	if (lua_isinteger(L, key))
		sink_printf(sink, "[%lld]", (long long)lua_tointeger(L, key));
	else
		sink_puts(sink, lua_tostring(L, key));
}

static void put_below(lua_State *L, struct sink *sink, int node)
{
	const struct tree_item *item = lua_touserdata(L, node);
	lua_Integer n = tree_keys(L, node);

	if (item->counts && n > 0) {
		lua_rawgeti(L, -1, 1);
		lua_rawgeti(L, -2, n);
		sink_printf(sink, "[%lld] .. [%lld]", (long long)lua_tointeger(L, -2),
			    (long long)lua_tointeger(L, -1));
		lua_pop(L, 2);
	} else {
		sink_puts(sink, "{ ");
		for (lua_Integer i = 1; i <= n && i <= 4; i++) {
			lua_rawgeti(L, -1, i);
			sink_printf(sink, "%s%.40s", i > 1 ? ", " : "", lua_tostring(L, -1));
			lua_pop(L, 1);
		}
		sink_puts(sink, n > 4 ? ", ... }" : " }");
	}
	lua_pop(L, 1);
}

/* The child item is on top. */
static void put_item(lua_State *L, struct sink *sink, const struct tree_item *item)
{
	switch (item->kind) {
	case TREE_NODE:
		put_below(L, sink, lua_gettop(L));
		break;
	case TREE_VALUE:
		if (!tree_view_leaf(L, sink, &item->leaf))
			sink_puts(sink, "(not available)");
		break;
	case TREE_ACTION:
		sink_printf(sink, "()  %s", item->leaf.row->help);
		break;
	}
}

static size_t key_width(lua_State *L, int keys, lua_Integer n)
{
	size_t width = 0;

	for (lua_Integer i = 1; i <= n && i <= LISTING_MAX; i++) {
		char text[GATE_NAME_MAX];
		struct sink sink;
		lua_rawgeti(L, keys, i);
		sink_init(&sink, text, sizeof(text));
		put_key(L, &sink, -1);
		if (sink.used > width)
			width = sink.used;
		lua_pop(L, 1);
	}
	return width;
}

static void put_node(lua_State *L, struct sink *sink, int node)
{
	lua_Integer n = tree_keys(L, node);
	int keys = lua_gettop(L);
	size_t width = key_width(L, keys, n);

	for (lua_Integer i = 1; i <= n && i <= LISTING_MAX; i++) {
		if (i > 1)
			sink_char(sink, '\n');
		uint64_t before = sink_total(sink);
		lua_rawgeti(L, keys, i);
		put_key(L, sink, -1);
		sink_pad(sink, width + 2 - (size_t)(sink_total(sink) - before));
		const struct tree_item *item = tree_child(L, node, -1);
		if (item != NULL) {
			put_item(L, sink, item);
			lua_pop(L, 1);
		} else {
			sink_puts(sink, "(not available)");
		}
		lua_pop(L, 1);
	}
	if (n > LISTING_MAX)
		sink_printf(sink, "\n... %lld more", (long long)(n - LISTING_MAX));
	lua_pop(L, 1);
}

bool tree_view_text(lua_State *L, struct sink *sink, int index)
{
	const struct tree_item *item = tree_item_at(L, index);

	if (item == NULL)
		return false;
	if (item->kind == TREE_NODE) {
		put_node(L, sink, lua_absindex(L, index));
	} else {
		sink_puts(sink, luaL_tolstring(L, index, NULL));
		lua_pop(L, 1);
	}
	return true;
}

/* --- everything below --------------------------------------------------------------------- */

/* Calls visit for each child that is to be shown, with the child on top of the stack and its key
 * below it. Values are on top as Lua values, nodes as themselves. */
static void each_below(lua_State *L, int node,
		       void (*visit)(lua_State *L, const struct tree_item *item, void *opaque),
		       void *opaque)
{
	const struct tree_item *parent = lua_touserdata(L, node);
	lua_Integer n = tree_keys(L, node);
	int keys = lua_gettop(L);

	luaL_checkstack(L, 8, "the control tree");
	for (lua_Integer i = 1; i <= n; i++) {
		budget_step(L, 50);
		lua_rawgeti(L, keys, i);
		const struct tree_item *item =
			is_hidden(parent, lua_isinteger(L, -1) ? NULL : lua_tostring(L, -1))
				? NULL
				: tree_child(L, node, -1);
		if (item != NULL && item->kind == TREE_VALUE) {
			struct gate_leaf leaf = item->leaf;
			lua_pop(L, 1);
			if (leaf.row->type == MOONHEAP_CTL_STRUCT || !tree_try_push_value(L, &leaf))
				item = NULL;
		} else if (item != NULL && item->kind == TREE_ACTION) {
			lua_pop(L, 1);
			item = NULL;
		}
		if (item != NULL)
			visit(L, item, opaque);
		lua_settop(L, keys);
	}
	lua_pop(L, 1);
}

/* All values of what follows from one snapshot; returns what to give to unpin. */
static bool pin(struct gate *gate)
{
	bool before = gate->pinned;

	if (!before)
		gate_refresh(gate, GATE_STALE_NS);
	gate->pinned = true;
	return before;
}

struct json_object {
	struct sink *sink;
	bool started;
};

static void json_below(lua_State *L, struct sink *sink, int node);

static void json_member(lua_State *L, const struct tree_item *item, void *opaque)
{
	struct json_object *object = opaque;
	size_t length;

	sink_char(object->sink, object->started ? ',' : '{');
	object->started = true;
	lua_pushvalue(L, -2);
	const char *key = lua_tolstring(L, -1, &length);
	json_put_string(object->sink, key, length);
	lua_pop(L, 1);
	sink_char(object->sink, ':');
	if (item->kind == TREE_NODE)
		json_below(L, object->sink, lua_gettop(L));
	else
		json_put_value(L, object->sink, -1, tree_view_json);
}

static void json_below(lua_State *L, struct sink *sink, int node)
{
	struct json_object object = {sink, false};

	each_below(L, node, json_member, &object);
	sink_puts(sink, object.started ? "}" : "{}");
}

bool tree_view_json(lua_State *L, struct sink *sink, int index)
{
	struct gate *gate = &context_of(L)->gate;
	const struct tree_item *item = tree_item_at(L, index);

	if (item == NULL)
		return false;
	if (item->kind == TREE_NODE) {
		bool before = pin(gate);
		json_below(L, sink, lua_absindex(L, index));
		gate->pinned = before;
	} else {
		char name[GATE_NAME_MAX];
		gate_name(&item->leaf, name);
		json_put_string(sink, name, strlen(name));
	}
	return true;
}
