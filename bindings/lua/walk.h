/* walk.h - all values below a name, one after the other: for name, value, row in heap.walk(prefix).
 *
 * Made for readers of thousands of values: names and MIBs are collected in bulk, a subtree of one
 * arena (or the like) at a time, so that memory stays small however many arenas there are. Values
 * come from one statistics snapshot, refreshed at the start when it is stale. What is left out is
 * what tree_view leaves out.
 */
#ifndef MOONHEAP_LUA_WALK_H
#define MOONHEAP_LUA_WALK_H

#include <lua.h>

struct moonheap_ctl_row;

/* Pushes the iterator for the prefix (a string at the index; none or nil: everything). Raises when
 * there is no such name. */
void walk_push(lua_State *L, int prefix);

/* Pushes the description of a row as a table { path, help, type, argument, unit, access,
 * freshness, metric, monotonic }; each state makes it once. */
void walk_push_row(lua_State *L, const struct moonheap_ctl_row *row);

#endif
