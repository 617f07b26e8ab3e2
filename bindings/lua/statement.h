/* statement.h - what a console sends, run as Lua: an expression or statement, a script, a module.
 *
 * A script is a chunk. When it returns a table with a function `run`, that is called with its
 * arguments: run{ "first", "second", key = "value" } after they were checked against the table's
 * `args`; otherwise the chunk itself got them as `...`. Its exit code is 6 when it reported a
 * finding of severity warn or worse (heap.finding), else 0.
 *
 * In text format a script speaks by print; the value that run returns is not shown. In JSON format
 * the value is { script, findings, result }, and what it prints stays apart, in OUTPUT frames.
 */
#ifndef MOONHEAP_LUA_STATEMENT_H
#define MOONHEAP_LUA_STATEMENT_H

#include <lua.h>
#include <stdbool.h>

#include <moonheap/protocol.h>

#include "sink.h"

#define STATEMENT_EXIT_FOUND 6

struct statement_text {
	const char *text;
	size_t length;
};

struct statement_error {
	enum protocol_status status;
	struct statement_text text; /* on the state's stack, or static */
};

/* All three run in protected mode and raise. The value goes to the sink. */
void statement_eval(lua_State *L, struct sink *value, struct statement_text text,
		    struct statement_text name, bool json);
int statement_script(lua_State *L, struct sink *value, struct statement_text text,
		     struct statement_text name, bool json, int narguments);
void statement_module(lua_State *L, struct statement_text text, struct statement_text name);

/* What an error that ended a statement was. The message is on top of the stack. */
struct statement_error statement_explain(lua_State *L, int lua_status, struct statement_text text,
					 struct statement_text name);

/* After a statement: an empty stack, and garbage collected if there is much. In protected mode. */
int statement_tidy(lua_State *L);

#endif
