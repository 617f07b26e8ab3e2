/* json.h - JSON text into a sink: strings, and Lua values.
 *
 * A table whose keys are 1..n is an array, an empty one too; any other is an object in key order.
 * Numbers that JSON does not have (nan, inf) are null. Bytes that are no UTF-8 become U+FFFD.
 * Functions, threads and the like are written as the string that tostring gives.
 */
#ifndef MOONHEAP_LUA_JSON_H
#define MOONHEAP_LUA_JSON_H

#include <lua.h>
#include <stdbool.h>

#include "sink.h"

#define JSON_DEPTH_MAX 32 /* deeper tables are written as the string "..." */

void json_put_string(struct sink *sink, const char *text, size_t length);
void json_put_integer(struct sink *sink, int64_t number);
void json_put_number(struct sink *sink, double number);

/* Writes the value at an index if it knows what it is; false and nothing written otherwise. */
typedef bool json_other(lua_State *L, struct sink *sink, int index);

/* The Lua value at an index; `other` is asked about what is no value of JSON. May raise (memory, a
 * stopped statement). */
void json_put_value(lua_State *L, struct sink *sink, int index, json_other *other);

#endif
