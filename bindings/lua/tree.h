/* tree.h - the control tree as Lua objects: interior names, values, and names that are called.
 *
 * An item is a userdata. An interior name keeps the items below it that were used, each resolved to
 * its MIB once, in a table of its own; items of numbered things (arena[3]) are kept weakly, because
 * the things come and go. Items of values never leave this layer: what a script gets is the value.
 *
 * The functions of reflection call back and must not be left by a Lua error, so names are collected
 * in two passes: count, make room, fill.
 */
#ifndef MOONHEAP_LUA_TREE_H
#define MOONHEAP_LUA_TREE_H

#include <lua.h>

#include "context.h"

#define TREE_NODE_META   "moonheap.node" /* names of the metatables */
#define TREE_VALUE_META  "moonheap.value"
#define TREE_ACTION_META "moonheap.action"

enum tree_kind {
	TREE_NODE,  /* has names below it */
	TREE_VALUE, /* is read, and perhaps assigned */
	TREE_ACTION /* is called */
};

struct tree_item {
	enum tree_kind kind;
	bool counts;           /* a node whose children are numbers */
	struct gate_leaf leaf; /* of a value or an action */
	char name[];           /* of a node: "stats.arenas.0", "" for the root */
};

/* Registers the metatables and makes the root. */
void tree_open(lua_State *L);

/* The root of this state, pushed. Raises when the allocator does not reflect. */
void tree_push_root(lua_State *L);

/* A node for an interior name, pushed, apart from those that the tree keeps; false and nothing
 * pushed when it is none. */
bool tree_push_node(lua_State *L, const char *name);

/* The item at an index, NULL when it is something else. */
struct tree_item *tree_item_at(lua_State *L, int index);

/* The item below the node at `node` for the key at `key`, pushed; NULL when there is none, with
 * gate.why saying so (nothing is pushed). */
struct tree_item *tree_child(lua_State *L, int node, int key);

/* The keys below the node at `node`, pushed as an array: strings, and numbers of live things.
 * Returns how many. */
lua_Integer tree_keys(lua_State *L, int node);

/* The value of an item: pushed. Raises in the gate's words. */
void tree_push_value(lua_State *L, const struct gate_leaf *leaf);

/* The same without raising for the gate's sake: false and nothing pushed when it cannot be read. */
bool tree_try_push_value(lua_State *L, const struct gate_leaf *leaf);

/* Push a value of a row's type. */
void tree_push_c_value(lua_State *L, enum moonheap_ctl_type type, const union value *value);

/* Assign the Lua value at an index. Raises in words. */
void tree_assign(lua_State *L, const struct gate_leaf *leaf, int index);

/* Call an action with the argument at an index (0: none); returns how many results were pushed. */
int tree_call(lua_State *L, const struct gate_leaf *leaf, int index);

/* Raise gate.why. */
int tree_raise(lua_State *L);

#endif
