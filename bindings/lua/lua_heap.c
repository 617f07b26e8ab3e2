#include "lua_heap.h"

#include <lauxlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "findings.h"
#include "snapshot.h"
#include "tree_name.h"
#include "tree_view.h"
#include "walk.h"

/* --- the tree, named by strings ----------------------------------------------------------- */

static int heap_walk(lua_State *L)
{
	walk_push(L, 1);
	return 1;
}

static int heap_names(lua_State *L)
{
	lua_Integer n = 0;

	walk_push(L, 1);
	int iterator = lua_gettop(L);
	lua_newtable(L);
	for (;;) {
		lua_pushvalue(L, iterator);
		lua_call(L, 0, 1);
		if (lua_isnil(L, -1))
			break;
		lua_rawseti(L, iterator + 1, ++n);
		budget_step(L, 10);
	}
	lua_pop(L, 1);
	return 1;
}

/* Pushes the node of the name at index 1. */
static void push_named_node(lua_State *L)
{
	char name[GATE_NAME_MAX];

	tree_push_root(L);
	lua_pop(L, 1);
	if (lua_isnoneornil(L, 1))
		name[0] = '\0';
	else
		tree_check_name(L, 1, name);
	if (!tree_push_node(L, name)) {
		gate_explain_unknown(&context_of(L)->gate, name);
		tree_raise(L);
	}
}

static int heap_children(lua_State *L)
{
	push_named_node(L);
	tree_keys(L, -1);
	return 1;
}

static int heap_snapshot(lua_State *L)
{
	return snapshot_push(L);
}

static int heap_describe(lua_State *L)
{
	struct gate *gate = &context_of(L)->gate;
	char name[GATE_NAME_MAX];

	tree_push_root(L);
	const char *text = tree_check_name(L, 1, name);
	const struct moonheap_ctl_row *row = gate->target->moonheap_ctl_describe(text);
	if (row == NULL) {
		gate_explain_unknown(gate, text);
		lua_pushnil(L);
		lua_pushstring(L, gate->why);
		return 2;
	}
	walk_push_row(L, row);
	return 1;
}

static int heap_refresh(lua_State *L)
{
	tree_push_root(L);
	gate_refresh(&context_of(L)->gate, 0);
	return 0;
}

static int heap_create_arena(lua_State *L)
{
	struct gate *gate = &context_of(L)->gate;
	struct gate_leaf leaf;

	if (gate_resolve(gate, "arenas.create", &leaf) != GATE_DONE)
		return tree_raise(L);
	return tree_call(L, &leaf, 0);
}

static int heap_changes(lua_State *L)
{
	const struct journal *journal = context_of(L)->gate.journal;

	lua_newtable(L);
	for (size_t i = 0; i < journal->count; i++) {
		lua_createtable(L, 0, 3);
		lua_pushstring(L, journal->entries[i].name);
		lua_setfield(L, -2, "name");
		lua_pushstring(L, journal->entries[i].old_value);
		lua_setfield(L, -2, "old");
		lua_pushstring(L, journal->entries[i].new_value);
		lua_setfield(L, -2, "new");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
		budget_step(L, 10);
	}
	return 1;
}

/* --- reports ------------------------------------------------------------------------------ */

#define REPORT_STEP ((size_t)1 << 20)

/* Text of unknown length from a function that must not be left by a Lua error: it goes to memory
 * mapped for it, and becomes a string afterwards. The last page stays free of it. */
struct report {
	char *text;
	size_t length, mapped;
	bool failed;
};

static void add_to_report(struct sink *sink, const char *text, size_t length)
{
	struct report *report = sink->owner;

	if (report->failed)
		return;
	if (report->length + length > report->mapped) {
		size_t mapped = report->mapped + REPORT_STEP;
		void *more = mremap(report->text, report->mapped, mapped, MREMAP_MAYMOVE);
		if (more == MAP_FAILED) {
			report->failed = true;
			return;
		}
		report->text = more;
		report->mapped = mapped;
	}
	memcpy(report->text + report->length, text, length);
	report->length += length;
}

static int push_report(lua_State *L)
{
	const struct report *report = lua_touserdata(L, 1);

	lua_pushlstring(L, report->text, report->length);
	return 1;
}

static int heap_stats_print(lua_State *L)
{
	struct gate *gate = &context_of(L)->gate;
	const char *options = luaL_optstring(L, 1, "");
	struct report report = {.mapped = REPORT_STEP};
	char piece[1024];
	struct sink sink;

	lua_pushcfunction(L, push_report); /* before there is something to lose */
	report.text =
		mmap(NULL, REPORT_STEP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (report.text == MAP_FAILED)
		return luaL_error(L, "no memory for the report");
	sink_init(&sink, piece, sizeof(piece));
	sink.flush = add_to_report;
	sink.owner = &report;
	enum gate_status status = gate_stats_print(gate, &sink, options);
	sink_flush(&sink);
	lua_pushlightuserdata(L, &report);
	int error = lua_pcall(L, 1, 1, 0);
	munmap(report.text, report.mapped);
	if (status != GATE_DONE)
		return tree_raise(L);
	if (error != LUA_OK)
		return lua_error(L);
	return report.failed ? luaL_error(L, "no memory for the report") : 1;
}

/* --- the process -------------------------------------------------------------------------- */

static void set_number(lua_State *L, const char *field, uint64_t number)
{
	lua_pushinteger(L, (lua_Integer)number);
	lua_setfield(L, -2, field);
}

static void push_kind(lua_State *L, const struct process_mapping *kind)
{
	lua_newtable(L);
	set_number(L, "count", kind->count);
#define HEAP_SET(name, key) set_number(L, #name, kind->name);
	PROCESS_MAPPING(HEAP_SET)
#undef HEAP_SET
}

static void push_maps(lua_State *L, uint64_t nthreads)
{
	struct context *context = context_of(L);
	struct process_range agent[16];
	size_t nagent = context->own_memory == NULL ? 0 : context->own_memory(agent, 16);
	size_t max = (size_t)nthreads + 16;
	uintptr_t *pointers = lua_newuserdatauv(L, max * sizeof(*pointers), 0);
	/* process_stack_pointers cannot see the thread that asks */
	pointers[0] = (uintptr_t)&context;
	size_t npointers = 1 + process_stack_pointers(pointers + 1, max - 1);
	struct process_maps maps;

	if (process_read_maps(&maps, pointers, npointers, agent, nagent) != 0)
		luaL_error(L, "/proc/self/smaps cannot be read");
	lua_newtable(L);
	for (int kind = 0; kind < PROCESS_NKINDS; kind++) {
		push_kind(L, &maps.kinds[kind]);
		lua_setfield(L, -2, process_kind_word((enum process_kind)kind));
	}
	lua_remove(L, -2);
}

static int heap_process(lua_State *L)
{
	struct process_status status;
	bool with_maps = true;
	char name[32];

	if (!lua_isnoneornil(L, 1)) {
		luaL_checktype(L, 1, LUA_TTABLE);
		with_maps = lua_getfield(L, 1, "maps") == LUA_TNIL || lua_toboolean(L, -1);
	}
	if (process_read_status(&status) != 0)
		return luaL_error(L, "/proc/self/status cannot be read");
	process_name(name, sizeof(name));
	lua_newtable(L);
	set_number(L, "pid", (uint64_t)getpid());
	lua_pushstring(L, name);
	lua_setfield(L, -2, "program");
#define HEAP_SET(name, key) set_number(L, #name, status.name);
	PROCESS_STATUS(HEAP_SET)
#undef HEAP_SET
	if (with_maps) {
		push_maps(L, status.threads);
		lua_setfield(L, -2, "maps");
	}
	return 1;
}

/* --- time, text, role --------------------------------------------------------------------- */

static int heap_clock(lua_State *L)
{
	lua_pushnumber(L, (lua_Number)budget_now_ns() / 1e9);
	return 1;
}

static int heap_sleep(lua_State *L)
{
	struct context *context = context_of(L);
	lua_Number seconds = luaL_checknumber(L, 1);

	luaL_argcheck(L, seconds >= 0 && seconds <= 1e6, 1, "wants seconds, 0 to 1000000");
	uint64_t until = budget_now_ns() + (uint64_t)(seconds * 1e9);
	sink_flush(context->out); /* what was printed is seen while it sleeps */
	for (;;) {
		budget_check(L);
		uint64_t now = budget_now_ns(), wake = until;
		if (now >= until)
			return 0;
		if (context->budget.deadline_ns != 0 && context->budget.deadline_ns < wake)
			wake = context->budget.deadline_ns;
		context->sleep(context, wake > now ? wake - now : 0);
	}
}

static int heap_bytes(lua_State *L)
{
	char text[64];
	struct sink sink;

	sink_init(&sink, text, sizeof(text));
	value_put_bytes(&sink, luaL_checknumber(L, 1));
	lua_pushlstring(L, text, sink.used);
	return 1;
}

static int heap_role(lua_State *L)
{
	lua_pushstring(L, gate_role_word(context_of(L)->gate.role));
	return 1;
}

static int heap_format(lua_State *L)
{
	lua_pushstring(L, context_of(L)->json ? "json" : "text");
	return 1;
}

static int heap_finding(lua_State *L)
{
	static const char *const severities[] = {"info", "warn", "critical", NULL};
	struct context *context = context_of(L);
	int severity = luaL_checkoption(L, 1, NULL, severities);
	size_t length;
	const char *text = luaL_checklstring(L, 2, &length);

	context->findings += severity > 0;
	findings_add(L, 1, 2);
	if (context->json)
		return 0;
	sink_puts(context->out, severities[severity]);
	sink_puts(context->out, ": ");
	sink_put(context->out, text, length);
	sink_char(context->out, '\n');
	return 0;
}

const struct lua_heap_row lua_heap_rows[] = {
#define HEAP_FUNCTION(name, usage, help) {#name, usage, help, heap_##name},
#include "heap_functions.def"
#undef HEAP_FUNCTION
	{NULL, NULL, NULL, NULL},
};

int lua_heap_open(lua_State *L)
{
	lua_newtable(L);
	for (const struct lua_heap_row *row = lua_heap_rows; row->name != NULL; row++) {
		lua_pushcfunction(L, row->function);
		lua_setfield(L, -2, row->name);
	}
	return 1;
}
