#include "chunk.h"

#include "buffer.h"

#include <lauxlib.h>
#include <lua.h>
#include <string.h>

/* The parser ends its message so when it wanted more. */
static const char end_mark[] = "<eof>";

enum verdict { COMPILES, UNFINISHED, WRONG };

static enum verdict compile(lua_State *L, const char *text, size_t length)
{
	int status = luaL_loadbufferx(L, text, length, "=stdin", "t");
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
	struct buffer expression = {0};
	lua_State *L = luaL_newstate();
	if (L == NULL)
		return false; /* let the agent judge */
	buffer_printf(&expression, "return %s", expression_only ? begin + 1 : text);
	enum verdict verdict = compile(L, expression.bytes, expression.length);
	if (verdict == WRONG && !expression_only)
		verdict = compile(L, text, strlen(text));
	else if (verdict == UNFINISHED && !expression_only &&
		 compile(L, text, strlen(text)) == COMPILES)
		verdict = COMPILES;
	buffer_free(&expression);
	lua_close(L);
	return verdict == UNFINISHED;
}
