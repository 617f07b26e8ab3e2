/* tree_view.h - parts of the control tree shown: as a listing, as JSON, as a plain Lua table.
 *
 * A listing shows one level, with units; JSON and tables hold everything below. Both take all their
 * values from one statistics snapshot, which is refreshed first when it is stale. What cannot be
 * read (a feature that is off, actions, structures) is left out; so are names whose reading does
 * something, and thread.* unless it was asked for: it speaks of the agent's own thread.
 */
#ifndef MOONHEAP_LUA_TREE_VIEW_H
#define MOONHEAP_LUA_TREE_VIEW_H

#include <lua.h>

#include "tree.h"

/* false when the value at the index is no part of the tree; nothing is written then. */
bool tree_view_text(lua_State *L, struct sink *sink, int index);
bool tree_view_json(lua_State *L, struct sink *sink, int index);

/* "12345678 B (11.8 MiB)" for the value of a leaf; false when it cannot be read (gate.why). */
bool tree_view_leaf(lua_State *L, struct sink *sink, const struct gate_leaf *leaf);

#endif
