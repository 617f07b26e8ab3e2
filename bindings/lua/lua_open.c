#include "lua_open.h"

#include <lauxlib.h>
#include <lualib.h>

#include "findings.h"
#include "help.h"
#include "lua_base.h"
#include "lua_ctl.h"
#include "lua_heap.h"
#include "lua_string.h"
#include "lua_table.h"
#include "prelude.h"

static const char loaders_key; /* registry: name -> chunk, from MODULE */
static const char loaded_key;  /* registry: name -> what the chunk returned */
static const char prelude_key; /* registry: functions of prelude.lua */

void lua_open_push_run_script(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &prelude_key);
	lua_getfield(L, -1, "run_script");
	lua_remove(L, -2);
}

void lua_open_add_module(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &loaders_key);
	lua_pushvalue(L, -3);
	lua_pushvalue(L, -3);
	lua_rawset(L, -3);
	/* A module that is sent again is loaded again. */
	lua_rawgetp(L, LUA_REGISTRYINDEX, &loaded_key);
	lua_pushvalue(L, -4);
	lua_pushnil(L);
	lua_rawset(L, -3);
	lua_pop(L, 4);
}

/* require(name): what the console sent under that name, run once. */
static int open_require(lua_State *L)
{
	luaL_checkstring(L, 1);
	lua_settop(L, 1);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &loaded_key);
	lua_pushvalue(L, 1);
	if (lua_rawget(L, 2) != LUA_TNIL)
		return 1;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &loaders_key);
	lua_pushvalue(L, 1);
	if (lua_rawget(L, -2) == LUA_TNIL)
		return luaL_error(L, "module '%s' was not sent with the script",
				  lua_tostring(L, 1));
	lua_pushvalue(L, 1);
	lua_call(L, 1, 1);
	if (lua_isnil(L, -1))
		lua_pushboolean(L, 1);
	lua_pushvalue(L, 1);
	lua_pushvalue(L, -2);
	lua_rawset(L, 2);
	return 1;
}

static void open_prelude(lua_State *L)
{
	lua_newtable(L);
	if (luaL_loadbufferx(L, (const char *)prelude_lua, prelude_lua_size, "=prelude", "t") !=
	    LUA_OK)
		lua_error(L);
	lua_pushvalue(L, -2);
	lua_call(L, 1, 0);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &prelude_key);
}

static const luaL_Reg libraries[] = {
	{LUA_COLIBNAME, luaopen_coroutine}, {LUA_MATHLIBNAME, luaopen_math},
	{LUA_UTF8LIBNAME, luaopen_utf8},    {LUA_STRLIBNAME, lua_string_open},
	{LUA_TABLIBNAME, lua_table_open},   {"heap", lua_heap_open},
};

void lua_open(lua_State *L)
{
	lua_settop(L, 0);
	lua_pushglobaltable(L);
	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &loaders_key);
	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &loaded_key);
	findings_reset(L);
	lua_base_open(L);
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
		lua_pushcfunction(L, libraries[i].func);
		lua_pushstring(L, libraries[i].name);
		lua_call(L, 1, 1);
		lua_setfield(L, 1, libraries[i].name);
	}
	lua_pushcfunction(L, open_require);
	lua_setfield(L, 1, "require");
	lua_pushcfunction(L, help_lua);
	lua_setfield(L, 1, "help");
	open_prelude(L);
	lua_settop(L, 1);
	lua_ctl_open(L);
	lua_settop(L, 0);
}
