#include "chunk.h"

#include "buffer.h"

#include <lauxlib.h>
#include <lua.h>
#include <string.h>

/* The parser ends its message so when it wanted more. */
static const char end_mark[] = "<eof>";

enum verdict { COMPILES, UNFINISHED, WRONG };

static enum verdict compile(lua_State *L, const struct buffer *text)
{
	int status = luaL_loadbufferx(L, text->bytes, text->length, "=stdin", "t");
	enum verdict verdict = status == LUA_OK ? COMPILES : WRONG;
	if (status == LUA_ERRSYNTAX) {
		size_t message_length;
		const char *message = lua_tolstring(L, -1, &message_length);
		size_t mark_length = sizeof end_mark - 1;
		if (message != NULL && message_length >= mark_length &&
		    strcmp(message + message_length - mark_length, end_mark) == 0)
			verdict = UNFINISHED;
	}
	lua_settop(L, 0);
	return verdict;
}

bool chunk_is_unfinished(const char *text)
{
	const char *begin = text + strspn(text, " \t\r\n");
	bool expression_only = *begin == '=';
	struct buffer expression = {0}, statement = {0};
	lua_State *L = luaL_newstate();
	if (L == NULL)
		return false; /* let the agent judge */
	/* The end of the line ends a short string: more lines would not mend it. */
	buffer_printf(&expression, "return %s\n", expression_only ? begin + 1 : text);
	buffer_printf(&statement, "%s\n", text);
	enum verdict verdict = compile(L, &expression);
	bool may_be_statement = verdict != COMPILES && !expression_only;
	if (may_be_statement) {
		enum verdict as_statement = compile(L, &statement);
		if (verdict == WRONG || as_statement == COMPILES)
			verdict = as_statement;
	}
	buffer_free(&statement);
	buffer_free(&expression);
	lua_close(L);
	return verdict == UNFINISHED;
}
