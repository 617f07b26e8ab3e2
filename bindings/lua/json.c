#include "json.h"

#include <inttypes.h>
#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "budget.h"
#include "sorted.h"

/* Length of the UTF-8 sequence at text, 0 when it is none. */
static size_t utf8_length(const unsigned char *text, size_t left)
{
	size_t n = text[0] < 0x80   ? 1
		   : text[0] < 0xc2 ? 0
		   : text[0] < 0xe0 ? 2
		   : text[0] < 0xf0 ? 3
		   : text[0] < 0xf5 ? 4
				    : 0;

	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	/* overlong forms, surrogates, beyond U+10FFFF */
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return n;
}

static void put_escaped(struct sink *sink, unsigned char c)
{
	static const char short_forms[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	for (const char *p = short_forms; *p != '\0'; p += 2)
		if ((unsigned char)*p == c) {
			sink_char(sink, '\\');
			sink_char(sink, p[1]);
			return;
		}
	sink_printf(sink, "\\u%04x", c);
}

void json_put_string(struct sink *sink, const char *text, size_t length)
{
	const unsigned char *p = (const unsigned char *)text;

	sink_char(sink, '"');
	while (length > 0) {
		size_t n = utf8_length(p, length);
		if (n == 0) {
			sink_puts(sink, "\xef\xbf\xbd");
			n = 1;
		} else if (n == 1 && (*p < 0x20 || *p == '"' || *p == '\\' || *p == 0x7f)) {
			put_escaped(sink, *p);
		} else {
			sink_put(sink, (const char *)p, n);
		}
		p += n;
		length -= n;
	}
	sink_char(sink, '"');
}

void json_put_integer(struct sink *sink, int64_t number)
{
	sink_printf(sink, "%" PRId64, number);
}

void json_put_number(struct sink *sink, double number)
{
	if (isfinite(number))
		sink_printf(sink, "%.17g", number);
	else
		sink_puts(sink, "null");
}

struct json {
	struct sink *sink;
	json_other *other;
};

static void put_table(lua_State *L, const struct json *json, int index, int depth);

static void put_value(lua_State *L, const struct json *json, int index, int depth)
{
	struct sink *sink = json->sink;
	const char *text;
	size_t length;

	budget_step(L, 10);
	switch (lua_type(L, index)) {
	case LUA_TNIL:
		sink_puts(sink, "null");
		break;
	case LUA_TBOOLEAN:
		sink_puts(sink, lua_toboolean(L, index) ? "true" : "false");
		break;
	case LUA_TNUMBER:
		if (lua_isinteger(L, index))
			json_put_integer(sink, lua_tointeger(L, index));
		else
			json_put_number(sink, lua_tonumber(L, index));
		break;
	case LUA_TSTRING:
		text = lua_tolstring(L, index, &length);
		json_put_string(sink, text, length);
		break;
	case LUA_TTABLE:
		put_table(L, json, index, depth);
		break;
	default:
		if (json->other(L, sink, index))
			break;
		text = luaL_tolstring(L, index, &length);
		json_put_string(sink, text, length);
		lua_pop(L, 1);
	}
}

static void put_array(lua_State *L, const struct json *json, int table, lua_Integer n, int depth)
{
	struct sink *sink = json->sink;

	sink_char(sink, '[');
	for (lua_Integer i = 1; i <= n; i++) {
		if (i > 1)
			sink_char(sink, ',');
		lua_rawgeti(L, table, i);
		put_value(L, json, lua_gettop(L), depth);
		lua_pop(L, 1);
	}
	sink_char(sink, ']');
}

static void put_object(lua_State *L, const struct json *json, int table, int depth)
{
	struct sink *sink = json->sink;
	lua_Integer n = sorted_keys(L, table); /* pushes them */
	int keys = lua_gettop(L);

	sink_char(sink, '{');
	for (lua_Integer i = 1; i <= n; i++) {
		const char *text;
		size_t length;

		if (i > 1)
			sink_char(sink, ',');
		lua_rawgeti(L, keys, i);
		text = luaL_tolstring(L, -1, &length);
		json_put_string(sink, text, length);
		lua_pop(L, 1);
		sink_char(sink, ':');
		lua_rawget(L, table);
		put_value(L, json, lua_gettop(L), depth);
		lua_pop(L, 1);
	}
	sink_char(sink, '}');
	lua_pop(L, 1);
}

/* Is it a sequence and nothing else? Then its length. */
static bool is_array(lua_State *L, int table, lua_Integer *n)
{
	lua_Integer count = 0, length = (lua_Integer)lua_rawlen(L, table);

	lua_pushnil(L);
	while (lua_next(L, table)) {
		lua_pop(L, 1);
		budget_step(L, 1);
		if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1 ||
		    lua_tointeger(L, -1) > length) {
			lua_pop(L, 1);
			return false;
		}
		count++;
	}
	*n = count;
	return count == length;
}

static void put_table(lua_State *L, const struct json *json, int index, int depth)
{
	lua_Integer n;

	luaL_checkstack(L, 6, "JSON");
	if (depth >= JSON_DEPTH_MAX) /* a table that contains itself ends here, too */
		sink_puts(json->sink, "\"...\"");
	else if (is_array(L, index, &n))
		put_array(L, json, index, n, depth + 1);
	else
		put_object(L, json, index, depth + 1);
}

void json_put_value(lua_State *L, struct sink *sink, int index, json_other *other)
{
	const struct json json = {sink, other};

	put_value(L, &json, lua_absindex(L, index), 0);
}
