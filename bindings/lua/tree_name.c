#include "tree_name.h"

#include <lauxlib.h>
#include <string.h>

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

bool tree_parse_name(const char *text, size_t length, char name[GATE_NAME_MAX])
{
	struct sink sink;
	bool in_brackets = false;

	while (length > 0 && (text[0] == ' ' || text[0] == '\t' || text[0] == '\n'))
		text++, length--;
	while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t' ||
			      text[length - 1] == '\n' || text[length - 1] == ';'))
		length--;
	if (length > 2 && memcmp(text + length - 2, "()", 2) == 0)
		length -= 2;
	if (length > 4 && memcmp(text, "ctl.", 4) == 0)
		text += 4, length -= 4;
	sink_init(&sink, name, GATE_NAME_MAX);
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '[' && !in_brackets && i > 0) {
			in_brackets = true;
			sink_char(&sink, '.');
		} else if (text[i] == ']' && in_brackets) {
			in_brackets = false;
		} else if (is_name_char(text[i]) || (text[i] == '.' && !in_brackets && i > 0)) {
			sink_char(&sink, text[i]);
		} else {
			return false;
		}
	}
	return length > 0 && !in_brackets && sink.lost == 0 && sink.used < GATE_NAME_MAX &&
	       sink_text(&sink) != NULL;
}

void tree_put_lua_name(struct sink *sink, const char *name)
{
	bool first = true;

	for (const char *p = name; *p != '\0'; first = false) {
		size_t n = strcspn(p, ".");
		bool is_number = *p >= '0' && *p <= '9';
		if (is_number)
			sink_char(sink, '[');
		else if (!first)
			sink_char(sink, '.');
		sink_put(sink, p, n);
		if (is_number)
			sink_char(sink, ']');
		p += n + (p[n] == '.');
	}
}

const char *tree_check_name(lua_State *L, int index, char name[GATE_NAME_MAX])
{
	const struct tree_item *item = tree_item_at(L, index);

	if (item != NULL && item->kind == TREE_NODE)
		return memcpy(name, item->name, strlen(item->name) + 1);
	if (item != NULL)
		return gate_name(&item->leaf, name);
	if (lua_type(L, index) != LUA_TSTRING) /* nor a number, which Lua would take for one */
		luaL_typeerror(L, index, "name such as \"stats.active\"");
	size_t length;
	const char *text = lua_tolstring(L, index, &length);
	bool is_path = memchr(text, '<', length) != NULL;
	if (is_path && length < GATE_NAME_MAX && strlen(text) == length)
		return memcpy(name, text, length + 1);
	name[0] = '\0';
	if (length > 0 && (is_path || !tree_parse_name(text, length, name)))
		luaL_error(L, "'%s' is no name of the control tree", text);
	return name;
}
