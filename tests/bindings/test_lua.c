/* test_lua FILE.lua...: runs Lua files in a state of the agent, on fake_ctl, and prints what they
 * print. A file that raises is a failed test.
 *
 * Besides what a script has they see: stock, the string library as Lua ships it; role(name); and
 * fake(field), a counter of fake_ctl.
 */
#include <agent_sandbox.h>

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <statement.h>

#include "fake_ctl.h"

struct state {
	struct target target;
	struct journal journal;
	struct context context;
	struct agent_sandbox sandbox;
	struct sink out;
	char buffer[4096];
	char *text;
	size_t length;
};

static void print_text(struct sink *sink, const char *text, size_t length)
{
	(void)sink;
	fwrite(text, 1, length, stdout);
}

static int set_role(lua_State *L)
{
	context_of(L)->gate.role =
		strcmp(luaL_checkstring(L, 1), "operator") == 0 ? GATE_OPERATOR : GATE_OBSERVER;
	return 0;
}

static int get_fake(lua_State *L)
{
	const char *field = luaL_checkstring(L, 1);

	if (strcmp(field, "nrefreshed") == 0)
		lua_pushinteger(L, (lua_Integer)fake_ctl.nrefreshed);
	else if (strcmp(field, "ncalls") == 0)
		lua_pushinteger(L, (lua_Integer)fake_ctl.ncalls);
	else if (strcmp(field, "npurged") == 0)
		lua_pushinteger(L, fake_ctl.npurged);
	else if (strcmp(field, "ndestroyed") == 0)
		lua_pushinteger(L, fake_ctl.ndestroyed);
	else
		return luaL_error(L, "fake_ctl has no %s", field);
	return 1;
}

/* Opening the stock library makes it the one of strings' methods; the agent's is put back. */
static int add_test_globals(lua_State *L)
{
	lua_pushcfunction(L, luaopen_string);
	lua_call(L, 0, 1);
	lua_setglobal(L, "stock");
	lua_pushliteral(L, "");
	lua_getmetatable(L, -1);
	lua_getglobal(L, "string");
	lua_setfield(L, -2, "__index");
	lua_register(L, "role", set_role);
	lua_register(L, "fake", get_fake);
	return 0;
}

static int run(lua_State *L)
{
	struct state *state = lua_touserdata(L, 1);

	lua_settop(L, 0);
	if (luaL_loadbufferx(L, state->text, state->length, "=test", "t") != LUA_OK)
		lua_error(L);
	lua_call(L, 0, 0);
	return 0;
}

static void sleep_ns(struct context *context, uint64_t ns)
{
	(void)context;
	usleep((useconds_t)(ns / 1000));
}

static void read_file(struct state *state, const char *path)
{
	FILE *file = fopen(path, "r");

	if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
		perror(path);
		exit(1);
	}
	state->length = (size_t)ftell(file);
	state->text = malloc(state->length + 1);
	rewind(file);
	if (state->text == NULL || fread(state->text, 1, state->length, file) != state->length)
		exit(1);
	fclose(file);
}

static int run_file(const char *path)
{
	static struct state state;
	int status;

	fake_ctl_reset();
	memset(&state, 0, sizeof(state));
	read_file(&state, path);
	target_find(&state.target);
	sink_init(&state.out, state.buffer, sizeof(state.buffer));
	state.out.flush = print_text;
	state.context.target = &state.target;
	state.context.gate.target = &state.target;
	state.context.gate.journal = &state.journal;
	state.context.out = &state.out;
	state.context.sleep = sleep_ns;
	state.context.own_memory = agent_sandbox_memory;
	const char *why = agent_sandbox_open(&state.sandbox, &state.context, (size_t)64 << 20);
	if (why != NULL) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	status = agent_sandbox_protect(&state.sandbox, add_test_globals, NULL);
	if (status == LUA_OK)
		status = agent_sandbox_protect(&state.sandbox, run, &state);
	sink_flush(&state.out);
	if (status != LUA_OK)
		fprintf(stderr, "%s: %s\n", path,
			status == -1 ? "panic" : lua_tostring(state.sandbox.L, -1));
	if (status != -1 && agent_heap_check(&state.sandbox.heap) != 0) {
		fprintf(stderr, "%s: the heap is broken\n", path);
		status = 1;
	}
	agent_sandbox_close(&state.sandbox);
	journal_fini(&state.journal);
	free(state.text);
	return status != LUA_OK;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= run_file(argv[i]);
	return failed;
}
