/* snapshot.h - heap.snapshot(): all values below some names, of one refresh, as plain tables.
 *
 * The allocator copies them in one call, so that they fit together whoever else refreshes, and
 * readers that come together share a refresh. Made for numbers that are compared with each other;
 * who wants to look at very many takes walk.h, which needs memory for one arena at a time.
 */
#ifndef MOONHEAP_LUA_SNAPSHOT_H
#define MOONHEAP_LUA_SNAPSHOT_H

#include <lua.h>

/* The arguments are names, as strings, and perhaps a table { max_age = seconds } at the end. Pushes
 * the values (of one name: what is below it, or its value; else a table from the top of the tree)
 * and a table { epoch, taken, age }; returns 2. Raises when there is no such name. */
int snapshot_push(lua_State *L);

#endif
