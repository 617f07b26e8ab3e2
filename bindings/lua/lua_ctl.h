/* lua_ctl.h - the control tree as tables: ctl.stats.allocated, ctl.arena[0].dirty_decay_ms = 500,
 * ctl.arena[0].purge(), pairs(ctl.stats), #ctl.arena. */
#ifndef MOONHEAP_LUA_LUA_CTL_H
#define MOONHEAP_LUA_LUA_CTL_H

#include <lua.h>
#include <stdbool.h>

/* Opens the tree and sets the global `ctl`. The tree's top names stand alone as well: the table of
 * globals, pushed, gets a metatable that finds and assigns them, and that answers for every other
 * unknown name. */
void lua_ctl_open(lua_State *L);

#endif
