/* render.h - Lua values as a person at the prompt wants to see them.
 *
 * Strings in quotes inside tables and bare at the top, tables with aligned keys, parts of the
 * control tree as listings with units. Limited in depth, width and bytes, with "... n more".
 */
#ifndef MOONHEAP_LUA_RENDER_H
#define MOONHEAP_LUA_RENDER_H

#include <lua.h>

#include "sink.h"

#define RENDER_DEPTH_MAX  6
#define RENDER_WIDTH_MAX  200
#define RENDER_STRING_MAX 4096  /* of a string inside a table */
#define RENDER_BYTES_MAX  65536 /* of a value; a bare string is shown whole */

void render_value(lua_State *L, struct sink *sink, int index);

#endif
