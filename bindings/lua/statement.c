#include "statement.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "context.h"
#include "findings.h"
#include "json.h"
#include "lua_open.h"
#include "render.h"
#include "tree_name.h"
#include "tree_view.h"

#define CHUNK_NAME_MAX 64
#define TIDY_BYTES     (1u << 20) /* more garbage than this is collected after a statement */

/* --- compiling ---------------------------------------------------------------------------- */

struct pieces {
	struct statement_text piece[2];
	int next;
};

static const char *next_piece(lua_State *L, void *opaque, size_t *length)
{
	struct pieces *pieces = opaque;

	(void)L;
	while (pieces->next < 2 && pieces->piece[pieces->next].length == 0)
		pieces->next++;
	if (pieces->next == 2) {
		*length = 0;
		return NULL;
	}
	*length = pieces->piece[pieces->next].length;
	return pieces->piece[pieces->next++].text;
}

static int compile(lua_State *L, const char *before, struct statement_text text,
		   const char *chunk_name)
{
	struct pieces pieces = {{{before, strlen(before)}, text}, 0};

	return lua_load(L, next_piece, &pieces, chunk_name, "t");
}

/* "=name": Lua shows it as it is. */
static const char *chunk_name(struct statement_text name, char buffer[CHUNK_NAME_MAX])
{
	int n = name.length < CHUNK_NAME_MAX - 8 ? (int)name.length : CHUNK_NAME_MAX - 8;

	snprintf(buffer, CHUNK_NAME_MAX, "=%.*s", n, name.text);
	return name.length == 0 ? "=eval" : buffer;
}

/* --- calling ------------------------------------------------------------------------------ */

/* An error that is no string is put in words while Lua is still there to do it. */
static int to_words(lua_State *L)
{
	if (lua_type(L, 1) != LUA_TSTRING)
		luaL_tolstring(L, 1, NULL);
	return 1;
}

/* Function and arguments are on the stack; results replace them. Raises a string. */
static void call(lua_State *L, int narguments, int nresults)
{
	int function = lua_gettop(L) - narguments;

	lua_pushcfunction(L, to_words);
	lua_insert(L, function);
	if (lua_pcall(L, narguments, nresults, function) != LUA_OK)
		lua_error(L);
	lua_remove(L, function);
}

/* --- values ------------------------------------------------------------------------------- */

/* A statement that is just the name of a value shows it with its unit. */
static bool put_named_value(lua_State *L, struct sink *value, struct statement_text text)
{
	struct gate *gate = &context_of(L)->gate;
	char name[GATE_NAME_MAX];
	struct gate_leaf leaf;

	if (!gate->target->reflects || !tree_parse_name(text.text, text.length, name) ||
	    gate->target->moonheap_ctl_describe(name) == NULL ||
	    gate_resolve(gate, name, &leaf) != GATE_DONE || gate_is_callable(leaf.row))
		return false;
	return tree_view_leaf(L, value, &leaf);
}

static void put_values(lua_State *L, struct sink *value, int first, bool json)
{
	int n = lua_gettop(L) - first + 1;

	if (json && n == 0)
		sink_puts(value, "null");
	if (json && n > 1)
		sink_char(value, '[');
	for (int i = 0; i < n; i++) {
		if (i > 0)
			sink_char(value, json ? ',' : '\n');
		if (json)
			json_put_value(L, value, first + i, tree_view_json);
		else
			render_value(L, value, first + i);
	}
	if (json && n > 1)
		sink_char(value, ']');
}

void statement_eval(lua_State *L, struct sink *value, struct statement_text text,
		    struct statement_text name, bool json)
{
	char buffer[CHUNK_NAME_MAX];
	const char *chunk = chunk_name(name, buffer);
	bool is_expression = compile(L, "return ", text, chunk) == LUA_OK;

	if (!is_expression) {
		lua_pop(L, 1);
		if (compile(L, "", text, chunk) != LUA_OK)
			lua_error(L);
	}
	int first = lua_gettop(L);
	call(L, 0, LUA_MULTRET);
	if (!json && is_expression && lua_gettop(L) == first && put_named_value(L, value, text))
		return;
	put_values(L, value, first, json);
}

/* --- scripts ------------------------------------------------------------------------------ */

/* { script, findings, result }; the result is on top. */
static void put_script_json(lua_State *L, struct sink *value, struct statement_text name,
			    int nresults)
{
	sink_puts(value, "{\"script\":");
	json_put_string(value, name.text, name.length);
	sink_puts(value, ",\"findings\":");
	findings_push(L);
	json_put_value(L, value, -1, tree_view_json);
	lua_pop(L, 1);
	sink_puts(value, ",\"result\":");
	if (nresults == 0)
		sink_puts(value, "null");
	else
		json_put_value(L, value, -nresults, tree_view_json);
	sink_char(value, '}');
}

/* Is what the chunk returned, on top, a script with a function run? */
static bool is_script(lua_State *L)
{
	if (lua_type(L, -1) != LUA_TTABLE)
		return false;
	lua_pushliteral(L, "run");
	bool is = lua_rawget(L, -2) == LUA_TFUNCTION;
	lua_pop(L, 1);
	return is;
}

int statement_script(lua_State *L, struct sink *value, struct statement_text text,
		     struct statement_text name, bool json, int narguments)
{
	struct context *context = context_of(L);
	char buffer[CHUNK_NAME_MAX];
	int arguments = lua_gettop(L) - narguments + 1;

	context->findings = 0;
	findings_reset(L);
	if (compile(L, "", text, chunk_name(name, buffer)) != LUA_OK)
		lua_error(L);
	luaL_checkstack(L, narguments + 8, "too many arguments");
	for (int i = 0; i < narguments; i++)
		lua_pushvalue(L, arguments + i);
	int first = lua_gettop(L) - narguments;
	call(L, narguments, LUA_MULTRET);
	if (lua_gettop(L) == first && is_script(L)) {
		/* run_script(script, name, arguments...) */
		lua_open_push_run_script(L);
		lua_insert(L, first);
		lua_pushlstring(L, name.text, name.length);
		for (int i = 0; i < narguments; i++)
			lua_pushvalue(L, arguments + i);
		call(L, 2 + narguments, LUA_MULTRET);
		if (!json)
			lua_settop(L, first - 1);
	}
	if (json)
		put_script_json(L, value, name, lua_gettop(L) - first + 1);
	else
		put_values(L, value, first, false);
	return context->findings > 0 ? STATEMENT_EXIT_FOUND : 0;
}

void statement_module(lua_State *L, struct statement_text text, struct statement_text name)
{
	char buffer[CHUNK_NAME_MAX];

	lua_pushlstring(L, name.text, name.length);
	if (compile(L, "", text, chunk_name(name, buffer)) != LUA_OK)
		lua_error(L);
	lua_open_add_module(L);
}

/* --- afterwards --------------------------------------------------------------------------- */

static struct statement_error failed(enum protocol_status status, const char *text)
{
	return (struct statement_error){status, {text, strlen(text)}};
}

struct statement_error statement_explain(lua_State *L, int lua_status, struct statement_text text,
					 struct statement_text name)
{
	struct context *context = context_of(L);
	char prefix[CHUNK_NAME_MAX + 8], buffer[CHUNK_NAME_MAX];
	enum budget_reason stopped = (enum budget_reason)context->budget.stop;
	size_t length;

	if (stopped == BUDGET_TIMEOUT)
		return failed(PROTOCOL_TIMEOUT, budget_words(stopped));
	if (stopped != BUDGET_RUNS)
		return failed(PROTOCOL_CANCELLED, budget_words(stopped));
	if (lua_status == LUA_ERRMEM)
		return failed(PROTOCOL_LUA_ERROR,
			      "not enough memory: the statement reached the session's limit");
	if (lua_type(L, -1) != LUA_TSTRING)
		return failed(PROTOCOL_LUA_ERROR, "an error that has no text");
	const char *message = lua_tolstring(L, -1, &length);
	enum protocol_status status = context->gate.denied && strstr(message, GATE_DENIAL) != NULL
					      ? PROTOCOL_DENIED
					      : PROTOCOL_LUA_ERROR;
	/* In a statement of one line its number says nothing. */
	int n = snprintf(prefix, sizeof(prefix), "%s:1: ", chunk_name(name, buffer) + 1);
	if (memchr(text.text, '\n', text.length) == NULL && n > 0 && (size_t)n < length &&
	    memcmp(message, prefix, (size_t)n) == 0) {
		message += n;
		length -= (size_t)n;
	}
	return (struct statement_error){status, {message, length}};
}

int statement_tidy(lua_State *L)
{
	lua_settop(L, 0);
	if (lua_gc(L, LUA_GCCOUNT) > (int)(TIDY_BYTES >> 10))
		lua_gc(L, LUA_GCCOLLECT);
	return 0;
}
