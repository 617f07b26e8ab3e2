#include "render.h"

#include <lauxlib.h>
#include <string.h>

#include "budget.h"
#include "sorted.h"
#include "tree_view.h"

#define KEY_WIDTH_MAX 40 /* longer keys do not widen the column */

struct rendering {
	struct sink *sink;
	uint64_t start; /* of the sink's total */
	int parents;    /* stack index of the table of tables that are being shown */
};

static bool is_full(const struct rendering *r)
{
	return sink_total(r->sink) - r->start > RENDER_BYTES_MAX;
}

static bool is_identifier(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		char c = text[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		if (!letter && (i == 0 || c < '0' || c > '9'))
			return false;
	}
	return length > 0;
}

static void put_quoted(struct sink *sink, const char *text, size_t length)
{
	size_t shown = length < RENDER_STRING_MAX ? length : RENDER_STRING_MAX;

	sink_char(sink, '"');
	for (size_t i = 0; i < shown; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == '"' || c == '\\')
			sink_char(sink, '\\');
		if (c == '\n')
			sink_puts(sink, "\\n");
		else if (c == '\t')
			sink_puts(sink, "\\t");
		else if (c < 0x20 || c == 0x7f)
			sink_printf(sink, "\\%03u", c);
		else
			sink_char(sink, (char)c);
	}
	sink_char(sink, '"');
	if (shown < length)
		sink_printf(sink, " ... %zu bytes more", length - shown);
}

static void put_key(lua_State *L, struct sink *sink, int key)
{
	size_t length;

	if (lua_type(L, key) == LUA_TSTRING) {
		const char *text = lua_tolstring(L, key, &length);
		if (is_identifier(text, length)) {
			sink_put(sink, text, length < 200 ? length : 200);
			return;
		}
		sink_char(sink, '[');
		put_quoted(sink, text, length < 200 ? length : 200);
		sink_char(sink, ']');
		return;
	}
	sink_char(sink, '[');
	const char *text = luaL_tolstring(L, key, &length);
	sink_put(sink, text, length < 200 ? length : 200);
	lua_pop(L, 1);
	sink_char(sink, ']');
}

static void put_any(lua_State *L, struct rendering *r, int index, size_t indent, int depth);

static size_t key_width(lua_State *L, int keys, lua_Integer n)
{
	char text[KEY_WIDTH_MAX + 1];
	struct sink sink;
	size_t width = 0;

	for (lua_Integer i = 1; i <= n && i <= RENDER_WIDTH_MAX; i++) {
		lua_rawgeti(L, keys, i);
		sink_init(&sink, text, sizeof(text));
		put_key(L, &sink, -1);
		if (sink.lost == 0 && sink.used > width)
			width = sink.used;
		lua_pop(L, 1);
	}
	return width;
}

static void put_entries(lua_State *L, struct rendering *r, int table, size_t indent, int depth)
{
	lua_Integer n = sorted_keys(L, table), i;
	int keys = lua_gettop(L);
	size_t width = key_width(L, keys, n);

	for (i = 1; i <= n && i <= RENDER_WIDTH_MAX && !is_full(r); i++) {
		sink_char(r->sink, '\n');
		sink_pad(r->sink, indent + 2);
		lua_rawgeti(L, keys, i);
		uint64_t before = sink_total(r->sink);
		put_key(L, r->sink, -1);
		size_t used = (size_t)(sink_total(r->sink) - before);
		sink_pad(r->sink, used < width ? width - used : 0);
		sink_puts(r->sink, " = ");
		lua_rawget(L, table);
		put_any(L, r, lua_gettop(L), indent + 2, depth + 1);
		lua_pop(L, 1);
	}
	if (i <= n) {
		sink_char(r->sink, '\n');
		sink_pad(r->sink, indent + 2);
		sink_printf(r->sink, "... %lld more", (long long)(n - i + 1));
	}
	lua_pop(L, 1);
	if (n > 0) {
		sink_char(r->sink, '\n');
		sink_pad(r->sink, indent);
	}
}

static void put_table(lua_State *L, struct rendering *r, int table, size_t indent, int depth)
{
	luaL_checkstack(L, 8, "showing a table");
	lua_pushvalue(L, table);
	bool inside_itself = lua_rawget(L, r->parents) != LUA_TNIL;
	lua_pop(L, 1);
	if (inside_itself || depth >= RENDER_DEPTH_MAX) {
		sink_puts(r->sink, inside_itself ? "{ ... itself }" : "{ ... }");
		return;
	}
	lua_pushvalue(L, table);
	lua_pushboolean(L, 1);
	lua_rawset(L, r->parents);
	sink_char(r->sink, '{');
	put_entries(L, r, table, indent, depth);
	sink_char(r->sink, '}');
	lua_pushvalue(L, table);
	lua_pushnil(L);
	lua_rawset(L, r->parents);
}

static void put_any(lua_State *L, struct rendering *r, int index, size_t indent, int depth)
{
	size_t length;
	const char *text;

	budget_step(L, 10);
	if (lua_type(L, index) == LUA_TSTRING) {
		text = lua_tolstring(L, index, &length);
		if (depth == 0)
			sink_put(r->sink, text, length);
		else
			put_quoted(r->sink, text, length);
		return;
	}
	bool speaks = luaL_getmetafield(L, index, "__tostring") != LUA_TNIL;
	if (speaks)
		lua_pop(L, 1);
	if (lua_type(L, index) == LUA_TTABLE && !speaks) {
		put_table(L, r, index, indent, depth);
		return;
	}
	if (depth == 0 && tree_view_text(L, r->sink, index))
		return;
	text = luaL_tolstring(L, index, &length);
	sink_put(r->sink, text, length);
	lua_pop(L, 1);
}

void render_value(lua_State *L, struct sink *sink, int index)
{
	struct rendering r = {.sink = sink, .start = sink_total(sink)};

	index = lua_absindex(L, index);
	lua_newtable(L);
	r.parents = lua_gettop(L);
	put_any(L, &r, index, 0, 0);
	lua_pop(L, 1);
}
