/* tree_name.h - names of the control tree as people write them, and back.
 */
#ifndef MOONHEAP_LUA_TREE_NAME_H
#define MOONHEAP_LUA_TREE_NAME_H

#include <lua.h>

#include "tree.h"

/* A name as somebody writes it in Lua or in mallctl's style ("ctl.arena[0].purge()",
 * "arena.0.purge") as a full name; false when it is no such thing. */
bool tree_parse_name(const char *text, size_t length, char name[GATE_NAME_MAX]);

/* A full name as one writes it in Lua: "arena.0.purge" as "arena[0].purge". */
void tree_put_lua_name(struct sink *sink, const char *name);

/* The argument at an index as a full name: a part of the tree itself (stats.arenas), or a string
 * with a name; a row's own path ("arena.<arena>.purge") is taken as it is. Raises when it is none
 * in form. */
const char *tree_check_name(lua_State *L, int index, char name[GATE_NAME_MAX]);

#endif
