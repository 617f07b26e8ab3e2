/* lua_heap.h - the table `heap`: what is more than the control tree.
 *
 * The tree's names are the allocator's; everything that the agent adds stands here, so that no verb
 * ever collides with a name of the tree. The functions are rows (name, usage, help), from which
 * help and completion derive.
 */
#ifndef MOONHEAP_LUA_LUA_HEAP_H
#define MOONHEAP_LUA_LUA_HEAP_H

#include <lua.h>

struct lua_heap_row {
	const char *name, *usage, *help;
	lua_CFunction function;
};

/* The rows, ended by one without a name. */
extern const struct lua_heap_row lua_heap_rows[];

int lua_heap_open(lua_State *L);

#endif
