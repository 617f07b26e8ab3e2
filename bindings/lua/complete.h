/* complete.h - what could follow the text before the cursor: live names of the tree, in Lua's
 * spelling, then global variables and the fields of tables that are reached without running any
 * code. */
#ifndef MOONHEAP_LUA_COMPLETE_H
#define MOONHEAP_LUA_COMPLETE_H

#include <lua.h>
#include <stddef.h>

/* Candidates as protocol fields (length, text), as many as fit. */
struct complete_result {
	char *fields;
	size_t size, used;
	size_t start; /* the first byte of the text that a candidate replaces */
};

void complete_init(struct complete_result *result, char *fields, size_t size);

/* In protected mode. */
void complete_find(lua_State *L, const char *text, size_t length, struct complete_result *result);

#endif
