#include "lua_base.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "context.h"

#define SHOW_NS 100000000u /* printed text waits at most this long for the next print */

/* --- output ------------------------------------------------------------------------------- */

static void put_argument(lua_State *L, struct sink *out, int index)
{
	size_t length;
	const char *text = luaL_tolstring(L, index, &length);

	sink_put(out, text, length);
	lua_pop(L, 1);
	budget_step(L, 100 + length);
}

/* Whoever watches a long statement wants to see it go on; many small prints go together. */
static void show_soon(struct context *context)
{
	uint64_t now = budget_now_ns();

	if (now - context->shown_ns < SHOW_NS)
		return;
	context->shown_ns = now;
	sink_flush(context->out);
}

static int base_print(lua_State *L)
{
	struct sink *out = context_of(L)->out;
	int n = lua_gettop(L);

	for (int i = 1; i <= n; i++) {
		if (i > 1)
			sink_char(out, '\t');
		put_argument(L, out, i);
	}
	sink_char(out, '\n');
	show_soon(context_of(L));
	return 0;
}

static int io_write(lua_State *L)
{
	int n = lua_gettop(L);

	for (int i = 1; i <= n; i++) {
		if (!lua_isstring(L, i))
			luaL_typeerror(L, i, "string");
		put_argument(L, context_of(L)->out, i);
	}
	show_soon(context_of(L));
	return 0;
}

/* --- containment -------------------------------------------------------------------------- */

static int base_setmetatable(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
	if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
		return luaL_error(L, "cannot change a protected metatable");
	if (lua_istable(L, 2)) {
		lua_pushliteral(L, "__gc");
		if (lua_rawget(L, 2) != LUA_TNIL)
			return luaL_error(L, "finalizers (__gc) are not available in the agent");
	}
	lua_settop(L, 2);
	lua_setmetatable(L, 1);
	return 1;
}

/* upvalue: the caller's handler */
static int xpcall_handler(lua_State *L)
{
	if (budget_reason(&context_of(L)->budget) != BUDGET_RUNS)
		return 1;
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	return lua_gettop(L) > 0 ? 1 : 0;
}

/* The stack is: handler, then results or at last the message. */
static int xpcall_finish(lua_State *L, int status, lua_KContext ignored)
{
	(void)ignored;
	lua_pushboolean(L, status == LUA_OK || status == LUA_YIELD);
	if (lua_toboolean(L, -1)) {
		lua_replace(L, 1);
		return lua_gettop(L);
	}
	lua_insert(L, -2);
	return 2;
}

static int base_xpcall(lua_State *L)
{
	int n = lua_gettop(L);

	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_pushvalue(L, 2);
	lua_pushcclosure(L, xpcall_handler, 1);
	lua_insert(L, 1);
	lua_remove(L, 3); /* handler, function, arguments */
	return xpcall_finish(L, lua_pcallk(L, n - 2, LUA_MULTRET, 1, 0, xpcall_finish), 0);
}

/* upvalue: the stock function */
static int base_load(lua_State *L)
{
	int n = lua_gettop(L) < 4 ? lua_gettop(L) : 4;

	lua_settop(L, n < 3 ? 3 : n);
	lua_pushliteral(L, "t");
	lua_replace(L, 3);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	return lua_gettop(L);
}

static int base_collectgarbage(lua_State *L)
{
	static const char *const options[] = {"collect", "count", NULL};

	if (luaL_checkoption(L, 1, "collect", options) == 0)
		lua_pushinteger(L, lua_gc(L, LUA_GCCOLLECT));
	else
		lua_pushnumber(L, (lua_Number)lua_gc(L, LUA_GCCOUNT) +
					  (lua_Number)lua_gc(L, LUA_GCCOUNTB) / 1024);
	return 1;
}

/* --- time --------------------------------------------------------------------------------- */

static int os_time(lua_State *L)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	lua_pushinteger(L, now.tv_sec);
	return 1;
}

/* CPU time of this session's thread. */
static int os_clock(lua_State *L)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	lua_pushnumber(L, (lua_Number)used.tv_sec + (lua_Number)used.tv_nsec / 1e9);
	return 1;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* The date of a day since 1970-01-01; day becomes the day of the month. */
static void date_of_day(int64_t *day, int *year, int *month)
{
	*year = 1970;
	*month = 1;
	while (*day >= 365 + (days_in_month(*year, 2) == 29)) {
		*day -= 365 + (days_in_month(*year, 2) == 29);
		++*year;
	}
	while (*day >= days_in_month(*year, *month)) {
		*day -= days_in_month(*year, *month);
		++*month;
	}
	++*day;
}

/* The C library's functions would read the time zone's file with the host's malloc. */
static int os_date(lua_State *L)
{
	struct timespec now;
	int year, month;
	char text[64];

	clock_gettime(CLOCK_REALTIME, &now);
	int64_t seconds = luaL_optinteger(L, 1, now.tv_sec);
	luaL_argcheck(L, seconds >= 0 && seconds < INT64_C(253402300800), 1,
		      "wants seconds since 1970 in the years to 9999");
	int64_t day = seconds / 86400;
	date_of_day(&day, &year, &month);
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, (int)day,
		 (int)(seconds / 3600 % 24), (int)(seconds / 60 % 60), (int)(seconds % 60));
	lua_pushstring(L, text);
	return 1;
}

static const luaL_Reg base_functions[] = {
	{"print", base_print},
	{"setmetatable", base_setmetatable},
	{"xpcall", base_xpcall},
	{"collectgarbage", base_collectgarbage},
	{NULL, NULL},
};

static const luaL_Reg os_functions[] = {
	{"time", os_time},
	{"clock", os_clock},
	{"date", os_date},
	{NULL, NULL},
};

static const luaL_Reg io_functions[] = {
	{"write", io_write},
	{NULL, NULL},
};

/* Of the stock base library nothing else is kept. */
static const char *const kept[] = {
	"_G",     "_VERSION", "assert", "error",    "getmetatable", "ipairs",
	"load",   "next",     "pairs",  "pcall",    "rawequal",     "rawget",
	"rawlen", "rawset",   "select", "tonumber", "tostring",     "type",
};

static bool is_kept(const char *name)
{
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (strcmp(kept[i], name) == 0)
			return true;
	return false;
}

void lua_base_open(lua_State *L)
{
	int globals = lua_gettop(L);

	luaL_requiref(L, "_G", luaopen_base, 1);
	lua_pop(L, 1);
	lua_pushnil(L);
	while (lua_next(L, globals)) {
		lua_pop(L, 1);
		if (is_kept(lua_tostring(L, -1)))
			continue;
		lua_pushvalue(L, -1);
		lua_pushnil(L);
		lua_rawset(L, globals);
	}
	lua_getfield(L, globals, "load");
	lua_pushcclosure(L, base_load, 1);
	lua_setfield(L, globals, "load");
	luaL_setfuncs(L, base_functions, 0);
	luaL_newlib(L, os_functions);
	lua_setfield(L, globals, "os");
	luaL_newlib(L, io_functions);
	lua_setfield(L, globals, "io");
}
