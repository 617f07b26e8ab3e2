#include "lua_string.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <string.h>

#include "budget.h"
#include "pattern.h"

/* A start position as the manual has it: negative counts from the end. 0-based; length + 1 when it
 * is beyond. */
static size_t start_of(lua_Integer position, size_t length)
{
	if (position > 0)
		return (lua_Unsigned)position - 1 > length ? length + 1 : (size_t)position - 1;
	if (position == 0 || position < -(lua_Integer)length)
		return 0;
	return length - (size_t)-position;
}

/* Returns whether the pattern is anchored. */
static bool pattern_init(lua_State *L, struct pattern *m, int subject, int text)
{
	size_t length;

	m->L = L;
	m->subject = luaL_checklstring(L, subject, &length);
	m->subject_end = m->subject + length;
	m->text = luaL_checklstring(L, text, &length);
	m->text_end = m->text + length;
	bool anchored = length > 0 && *m->text == '^';
	m->text += anchored;
	return anchored;
}

static int find_plain(lua_State *L, const struct pattern *m, size_t start, const char *needle,
		      size_t needle_length)
{
	/* memmem takes linear time */
	const char *found =
		memmem(m->subject + start, (size_t)(m->subject_end - m->subject) - start, needle,
		       needle_length);

	if (found == NULL) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushinteger(L, found - m->subject + 1);
	lua_pushinteger(L, found - m->subject + (lua_Integer)needle_length);
	return 2;
}

static int find_or_match(lua_State *L, bool find)
{
	struct pattern m;
	bool anchored = pattern_init(L, &m, 1, 2);
	size_t length = (size_t)(m.subject_end - m.subject);
	size_t start = start_of(luaL_optinteger(L, 3, 1), length);
	size_t text_length;
	const char *text = lua_tolstring(L, 2, &text_length);

	if (start > length) {
		lua_pushnil(L);
		return 1;
	}
	if (find && (lua_toboolean(L, 4) || strpbrk(text, "^$*+?.([%-") == NULL) &&
	    (lua_toboolean(L, 4) || strlen(text) == text_length))
		return find_plain(L, &m, start, text, text_length);
	const char *at = m.subject + start;
	do {
		const char *end = pattern_match(&m, at);
		if (end != NULL && find) {
			lua_pushinteger(L, at - m.subject + 1);
			lua_pushinteger(L, end - m.subject);
			return 2 + pattern_push_captures(&m, NULL, NULL);
		}
		if (end != NULL)
			return pattern_push_captures(&m, at, end);
	} while (at++ < m.subject_end && !anchored);
	lua_pushnil(L);
	return 1;
}

static int string_find(lua_State *L)
{
	return find_or_match(L, true);
}

static int string_match(lua_State *L)
{
	return find_or_match(L, false);
}

/* upvalues: subject, pattern, next place (0-based), end of the last match (-1: none) */
static int gmatch_next(lua_State *L)
{
	struct pattern m;
	const char *last_end;

	m.L = L;
	size_t length;
	m.subject = lua_tolstring(L, lua_upvalueindex(1), &length);
	m.subject_end = m.subject + length;
	m.text = lua_tolstring(L, lua_upvalueindex(2), &length);
	m.text_end = m.text + length;
	const char *at = m.subject + lua_tointeger(L, lua_upvalueindex(3));
	lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
	last_end = last < 0 ? NULL : m.subject + last;
	for (; at <= m.subject_end; at++) {
		const char *end = pattern_match(&m, at);
		if (end == NULL || end == last_end)
			continue;
		lua_pushinteger(L, end - m.subject);
		lua_copy(L, -1, lua_upvalueindex(3));
		lua_replace(L, lua_upvalueindex(4));
		return pattern_push_captures(&m, at, end);
	}
	lua_pushinteger(L, m.subject_end - m.subject + 1);
	lua_replace(L, lua_upvalueindex(3));
	return 0;
}

static int string_gmatch(lua_State *L)
{
	size_t length;

	luaL_checklstring(L, 1, &length);
	luaL_checkstring(L, 2);
	size_t start = start_of(luaL_optinteger(L, 3, 1), length);
	lua_settop(L, 2);
	lua_pushinteger(L, (lua_Integer)start);
	lua_pushinteger(L, -1);
	lua_pushcclosure(L, gmatch_next, 4);
	return 1;
}

/* The replacement is a string: %0 to %9 and %% are special in it. */
static void add_string(lua_State *L, struct pattern *m, luaL_Buffer *to, const char *at,
		       const char *end)
{
	size_t length;
	const char *text = lua_tolstring(L, 3, &length), *text_end = text + length;

	while (text < text_end) {
		const char *special = memchr(text, '%', (size_t)(text_end - text));
		size_t n = (size_t)((special != NULL ? special : text_end) - text);
		luaL_addlstring(to, text, n);
		if (special == NULL)
			return;
		text = special + 2;
		char c = text <= text_end ? special[1] : '\0';
		if (c == '%') {
			luaL_addchar(to, c);
		} else if (c == '0') {
			luaL_addlstring(to, at, (size_t)(end - at));
		} else if (c >= '1' && c <= '9') {
			pattern_push_capture(m, c - '1', at, end);
			luaL_tolstring(L, -1, NULL); /* a position is a number */
			lua_remove(L, -2);
			luaL_addvalue(to);
		} else {
			luaL_error(L, "invalid use of '%%' in replacement string");
		}
	}
}

/* What replaces the match from at to end goes to the buffer. */
static void add_replacement(lua_State *L, struct pattern *m, luaL_Buffer *to, const char *at,
			    const char *end)
{
	switch (lua_type(L, 3)) {
	case LUA_TFUNCTION:
		lua_pushvalue(L, 3);
		lua_call(L, pattern_push_captures(m, at, end), 1);
		break;
	case LUA_TTABLE:
		pattern_push_capture(m, 0, at, end);
		lua_gettable(L, 3);
		break;
	default:
		add_string(L, m, to, at, end);
		return;
	}
	if (!lua_toboolean(L, -1)) {
		lua_pop(L, 1);
		luaL_addlstring(to, at, (size_t)(end - at));
	} else if (lua_isstring(L, -1)) {
		luaL_addvalue(to);
	} else {
		luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
	}
}

static int string_gsub(lua_State *L)
{
	struct pattern m;
	bool anchored = pattern_init(L, &m, 1, 2);
	const char *at = m.subject, *last_end = NULL;
	lua_Integer limit = luaL_optinteger(L, 4, m.subject_end - m.subject + 1), n = 0;
	int type = lua_type(L, 3);
	luaL_Buffer result;

	luaL_argexpected(L,
			 type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION ||
				 type == LUA_TTABLE,
			 3, "string/function/table");
	if (type == LUA_TNUMBER)
		lua_tostring(L, 3);
	luaL_buffinit(L, &result);
	while (n < limit) {
		const char *end = pattern_match(&m, at);
		budget_step(L, 10);
		if (end != NULL && end != last_end) {
			n++;
			add_replacement(L, &m, &result, at, end);
			at = last_end = end;
		} else if (at < m.subject_end) {
			luaL_addchar(&result, *at++);
		} else {
			break;
		}
		if (anchored)
			break;
	}
	if (at < m.subject_end)
		luaL_addlstring(&result, at, (size_t)(m.subject_end - at));
	luaL_pushresult(&result);
	lua_pushinteger(L, n);
	return 2;
}

/* upvalue: the stock function, which counts to n even when there is nothing to repeat */
static int string_rep(lua_State *L)
{
	size_t length, separator_length;

	luaL_checklstring(L, 1, &length);
	luaL_checkinteger(L, 2);
	luaL_optlstring(L, 3, "", &separator_length);
	if (length + separator_length == 0) {
		lua_pushliteral(L, "");
		return 1;
	}
	lua_settop(L, 3);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, 3, 1);
	return 1;
}

static const luaL_Reg functions[] = {
	{"find", string_find},
	{"match", string_match},
	{"gmatch", string_gmatch},
	{"gsub", string_gsub},
	{NULL, NULL},
};

int lua_string_open(lua_State *L)
{
	luaopen_string(L);
	luaL_setfuncs(L, functions, 0);
	lua_getfield(L, -1, "rep");
	lua_pushcclosure(L, string_rep, 1);
	lua_setfield(L, -2, "rep");
	lua_pushnil(L);
	lua_setfield(L, -2, "dump");
	return 1;
}
