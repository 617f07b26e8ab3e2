#include "complete.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include <moonheap/protocol.h>

#include "sorted.h"
#include "tree.h"

#define CANDIDATE_MAX (GATE_NAME_MAX + 8)

void complete_init(struct complete_result *result, char *fields, size_t size)
{
	*result = (struct complete_result){.fields = fields, .size = size};
}

static void add(struct complete_result *result, const char *text, size_t length)
{
	if (result->size - result->used < 4 + length)
		return;
	protocol_put32((unsigned char *)result->fields + result->used, (uint32_t)length);
	memcpy(result->fields + result->used + 4, text, length);
	result->used += 4 + length;
}

static bool is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '[' || c == ']';
}

/* --- the tree ----------------------------------------------------------------------------- */

struct tree_completion {
	struct complete_result *result;
	const struct target *target;
	bool in_brackets; /* the last separator is a [ */
};

static int is_number(const char *child, int is_leaf, void *first)
{
	(void)is_leaf;
	*(bool *)first = child[0] >= '0' && child[0] <= '9';
	return 1;
}

/* What follows a name so that one can go on typing. */
static void put_suffix(struct sink *sink, const struct target *target, const char *name)
{
	const struct moonheap_ctl_row *row = target->moonheap_ctl_describe(name);
	bool counts = false;

	if (row == NULL)
		sink_puts(sink,
			  target->moonheap_ctl_children(name, is_number, &counts) > 0 && counts
				  ? "["
				  : ".");
	else if (gate_is_callable(row))
		sink_puts(sink, row->argument != MOONHEAP_CTL_NONE ? "(" : "()");
}

/* A candidate in the tree's spelling: "stats.arenas.0." is offered as "0]" behind a bracket, as
 * "[0]" behind a dot. */
static int add_tree_candidate(const char *candidate, void *opaque)
{
	struct tree_completion *c = opaque;
	char name[GATE_NAME_MAX], text[CANDIDATE_MAX];
	size_t length = strlen(candidate);
	struct sink sink;

	if (length > 0 && candidate[length - 1] == '.')
		length--;
	if (length == 0 || length >= sizeof(name))
		return 0;
	memcpy(name, candidate, length);
	name[length] = '\0';
	const char *dot = strrchr(name, '.');
	const char *last = dot != NULL ? dot + 1 : name;
	bool number = *last >= '0' && *last <= '9';
	if (c->in_brackets && !number)
		return 0;
	sink_init(&sink, text, sizeof(text));
	if (number) {
		sink_printf(&sink, "%s%s]", c->in_brackets ? "" : "[", last);
	} else {
		sink_puts(&sink, last);
		put_suffix(&sink, c->target, name);
	}
	add(c->result, text, sink.used);
	return 0;
}

/* The token in the tree's spelling: brackets become dots. */
static bool tree_text(const char *token, size_t length, char text[GATE_NAME_MAX])
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		if (token[i] == ']')
			continue;
		if (used + 1 == GATE_NAME_MAX)
			return false;
		text[used++] = token[i] == '[' ? '.' : token[i];
	}
	text[used] = '\0';
	return true;
}

static int first_is_number(const struct target *target, const char *name)
{
	bool counts = false;

	return target->moonheap_ctl_children(name, is_number, &counts) > 0 && counts;
}

/* start: of the token in the whole text */
static void complete_tree(lua_State *L, const char *token, size_t length, size_t start,
			  struct complete_result *result)
{
	struct tree_completion c = {.result = result, .target = context_of(L)->target};
	char text[GATE_NAME_MAX];
	size_t separator = length;

	if (!c.target->reflects || (length > 0 && token[length - 1] == ']') ||
	    !tree_text(token, length, text))
		return;
	while (separator > 0 && token[separator - 1] != '.' && token[separator - 1] != '[')
		separator--;
	result->start = start + separator;
	if (separator > 0) {
		c.in_brackets = token[separator - 1] == '[';
		char base[GATE_NAME_MAX];
		char *dot = strrchr(text, '.');
		if (dot == NULL)
			return;
		memcpy(base, text, (size_t)(dot - text));
		base[dot - text] = '\0';
		/* "arena." goes on with "[0]": the dot goes */
		if (!c.in_brackets && first_is_number(c.target, base))
			result->start--;
	}
	c.target->moonheap_ctl_complete(text, add_tree_candidate, &c);
}

/* --- Lua tables --------------------------------------------------------------------------- */

static void add_key(lua_State *L, int table, int key, const char *partial, size_t length,
		    struct complete_result *result)
{
	char text[CANDIDATE_MAX];
	struct sink sink;
	size_t key_length;

	if (lua_type(L, key) != LUA_TSTRING)
		return;
	const char *name = lua_tolstring(L, key, &key_length);
	if (key_length < length || memcmp(name, partial, length) != 0 ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") !=
		    key_length ||
	    key_length >= GATE_NAME_MAX)
		return;
	lua_pushvalue(L, key);
	int type = lua_rawget(L, table);
	sink_init(&sink, text, sizeof(text));
	sink_put(&sink, name, key_length);
	if (type == LUA_TFUNCTION)
		sink_char(&sink, '(');
	else if (type == LUA_TTABLE)
		sink_char(&sink, '.');
	lua_pop(L, 1);
	if (strcmp(name, "_G") != 0 && strcmp(name, "ctl") != 0)
		add(result, text, sink.used);
	else
		add(result, name, key_length);
}

static void complete_table(lua_State *L, const char *token, size_t length, size_t start,
			   struct complete_result *result)
{
	const char *end = token + length, *dot;

	lua_pushglobaltable(L);
	while ((dot = memchr(token, '.', (size_t)(end - token))) != NULL) {
		lua_pushlstring(L, token, (size_t)(dot - token));
		if (lua_rawget(L, -2) != LUA_TTABLE)
			return;
		start += (size_t)(dot + 1 - token);
		token = dot + 1;
	}
	if (memchr(token, '[', (size_t)(end - token)) != NULL)
		return;
	int table = lua_gettop(L);
	lua_Integer n = sorted_keys(L, table);
	result->start = start;
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, table + 1, i);
		add_key(L, table, lua_gettop(L), token, (size_t)(end - token), result);
		lua_pop(L, 1);
		budget_step(L, 5);
	}
}

void complete_find(lua_State *L, const char *text, size_t length, struct complete_result *result)
{
	size_t start = length;

	lua_settop(L, 0);
	while (start > 0 && is_token_char(text[start - 1]))
		start--;
	result->start = start;
	if (length - start >= 4 && memcmp(text + start, "ctl.", 4) == 0) {
		complete_tree(L, text + start + 4, length - start - 4, start + 4, result);
		return;
	}
	complete_tree(L, text + start, length - start, start, result);
	if (result->used == 0 || memchr(text + start, '.', length - start) == NULL)
		complete_table(L, text + start, length - start, start, result);
}
