/* help.h - help on a name: of the tree, of the table heap, or one of the topics; "" gives the
 * overview. */
#ifndef MOONHEAP_LUA_HELP_H
#define MOONHEAP_LUA_HELP_H

#include <lua.h>

#include "sink.h"

/* In protected mode; raises for an unknown name, with the nearest. */
void help_put(lua_State *L, struct sink *sink, const char *text, size_t length);

/* help(name) for scripts: prints it. */
int help_lua(lua_State *L);

#endif
