/* The agent's C code in a hostile Lua: each allocation fails once, and a collection runs all the
 * time. Whatever fails, the statement ends with an error, nothing is lost, and the next one works.
 */
#include <agent_sandbox.h>

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include <complete.h>
#include <help.h>
#include <statement.h>

#include "cases.h"
#include "fake_ctl.h"

static struct target target;
static struct journal journal;
static struct context context;
static struct agent_sandbox sandbox;
static struct sink out, value;
static char out_buffer[1024], value_buffer[1024];

static void drop(struct sink *sink, const char *text, size_t length)
{
	(void)sink;
	(void)text;
	(void)length;
}

static void open_sandbox(void)
{
	fake_ctl_reset();
	target_find(&target);
	sink_init(&out, out_buffer, sizeof(out_buffer));
	sink_init(&value, value_buffer, sizeof(value_buffer));
	out.flush = value.flush = drop;
	context = (struct context){.target = &target, .out = &out};
	context.gate = (struct gate){.target = &target, .journal = &journal, .role = GATE_OPERATOR};
	ck_assert_ptr_null(agent_sandbox_open(&sandbox, &context, (size_t)16 << 20));
}

static void close_sandbox(void)
{
	agent_sandbox_close(&sandbox);
	journal_fini(&journal);
}

/* --- allocations that fail ---------------------------------------------------------------- */

static unsigned long countdown; /* 0: none fails */
static unsigned fails_left;     /* Lua collects and asks once more */
static unsigned long nfailed;   /* statements that ended for want of memory */

static void *failing(void *heap, void *old, size_t old_size, size_t size)
{
	/* Lua counts on shrinking and freeing. */
	if (size > 0 && (old == NULL || size > old_size)) {
		if (countdown > 0 && --countdown == 0)
			fails_left = 2;
		if (fails_left > 0) {
			fails_left--;
			return NULL;
		}
	}
	return agent_heap_lua(heap, old, old_size, size);
}

static const char *const statements[] = {
	"stats",
	"ctl",
	"stats.arenas[0]",
	"{ 1, { 2, x = { 'three' } }, [{}] = 1 }",
	"heap.snapshot()",
	"heap.names()",
	"heap.changes()",
	"heap.process()",
	"heap.stats_print('J')",
	"heap.describe('stats.allocated')",
	"heap.children('stats')",
	"arena[0].dirty_decay_ms = 500",
	"arena[0].purge()",
	"pcall(arena[0].purge, 1)",
	"for name, v in pairs(stats) do print(name, v) end",
	"for name, v, row in heap.walk('stats') do print(name, v, row.help) end",
	"('hello world'):gsub('(o)', function(o) return o .. o end)",
	"('k=v, a=b'):match('(%w+)=(%w+)')",
	"table.concat({ 1, 2, 3 }, ', ')",
	"local t = { 3, 1, 2 } table.sort(t) table.insert(t, 1, 0) return table.remove(t)",
	"xpcall(error, function(m) return m .. '!' end, 'x')",
	"load('return 1')()",
	"help('stats.allocated')",
	"help()",
	"stats.nothing",
	"error({})",
	"os.date()",
};

struct run {
	const char *text;
	bool json;
};

static int eval(lua_State *L)
{
	const struct run *run = lua_touserdata(L, 1);
	struct statement_text text = {run->text, strlen(run->text)}, name = {"test", 4};

	lua_settop(L, 0);
	statement_eval(L, &value, text, name, run->json);
	return 0;
}

static int script(lua_State *L)
{
	const struct run *run = lua_touserdata(L, 1);
	static const char text[] = "return { args = { { name = 'n', type = 'integer', default = 1 "
				   "} }, run = function(a) "
				   "heap.finding('warn', 'x') return { a.n } end }";

	lua_settop(L, 0);
	lua_pushliteral(L, "n=7");
	statement_script(L, &value, (struct statement_text){text, strlen(text)},
			 (struct statement_text){"s", 1}, run->json, 1);
	return 0;
}

static int complete(lua_State *L)
{
	struct complete_result result;
	char fields[256];

	lua_settop(L, 0);
	complete_init(&result, fields, sizeof(fields));
	complete_find(L, "stats.a", 7, &result);
	complete_find(L, "", 0, &result);
	return 0;
}

/* Runs it with the nth allocation failing, for n from 1 until none fails any more. */
static void with_every_failure(lua_CFunction function, struct run *run)
{
	unsigned long n = 0;
	bool failed;

	do {
		countdown = ++n;
		budget_begin(&context.budget, 0);
		int status = agent_sandbox_protect(&sandbox, function, run);
		failed = countdown == 0;
		countdown = 0;
		fails_left = 0;
		nfailed += status == LUA_ERRMEM;
		budget_end(sandbox.L, &context.budget);
		ck_assert_int_ne(status, -1);
		if (failed && status != LUA_OK)
			statement_explain(sandbox.L, status,
					  (struct statement_text){run->text, strlen(run->text)},
					  (struct statement_text){"test", 4});
		ck_assert_int_eq(agent_sandbox_protect(&sandbox, statement_tidy, NULL), LUA_OK);
		ck_assert_int_eq(agent_heap_check(&sandbox.heap), 0);
	} while (failed && n < 100000);
	ck_assert_uint_lt(n, 100000);
}

START_TEST(every_allocation_may_fail)
{
	struct run run = {"1 + 1", false};

	open_sandbox();
	lua_setallocf(sandbox.L, failing, &sandbox.heap);
	for (int json = 0; json <= 1; json++) {
		run.json = json != 0;
		for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
			run.text = statements[i];
			with_every_failure(eval, &run);
		}
		with_every_failure(script, &run);
	}
	with_every_failure(complete, &run);
	ck_assert_uint_gt(nfailed, 1000);
	run.text = "stats.allocated";
	ck_assert_int_eq(agent_sandbox_protect(&sandbox, eval, &run), LUA_OK);
	close_sandbox();
}
END_TEST

/* Also the states that could not be opened at all. */
START_TEST(opening_in_too_little_memory_is_refused_in_words)
{
	int opened = 0;

	target_find(&target);
	context = (struct context){.target = &target, .out = &out};
	context.gate = (struct gate){.target = &target, .journal = &journal};
	/* Address space that is not there, and heaps that are too small for what is opened. */
	ck_assert_ptr_nonnull(agent_sandbox_open(&sandbox, &context, (size_t)1 << 50));
	for (size_t limit = 1; limit <= (size_t)1 << 20; limit += (size_t)16 << 10) {
		const char *why = agent_sandbox_open(&sandbox, &context, limit);
		opened += why == NULL;
		if (why == NULL)
			agent_sandbox_close(&sandbox);
	}
	ck_assert_int_gt(opened, 0);
}
END_TEST

START_TEST(collecting_all_the_time_changes_nothing)
{
	struct run run = {"", false};

	open_sandbox();
	lua_gc(sandbox.L, LUA_GCINC, 1, 1000, 0);
	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
			run.text = statements[i];
			run.json = round % 2 == 1;
			agent_sandbox_protect(&sandbox, eval, &run);
			agent_sandbox_protect(&sandbox, statement_tidy, NULL);
		}
		ck_assert_int_eq(agent_sandbox_protect(&sandbox, script, &run), LUA_OK);
		ck_assert_int_eq(agent_sandbox_protect(&sandbox, complete, &run), LUA_OK);
		ck_assert_int_eq(agent_heap_check(&sandbox.heap), 0);
	}
	close_sandbox();
}
END_TEST

START_TEST(panic_comes_back_to_the_caller)
{
	struct run run = {"1", false};
	volatile int came_back = 0;
	jmp_buf here;

	open_sandbox();
	/* As if the agent itself had called Lua outside of a protected call. */
	if (setjmp(here) == 0) {
		sandbox.panic = &here;
		lua_pushliteral(sandbox.L, "nobody catches this");
		lua_error(sandbox.L);
	} else {
		came_back = 1;
	}
	ck_assert_int_eq(came_back, 1);
	close_sandbox();
	open_sandbox();
	ck_assert_int_eq(agent_sandbox_protect(&sandbox, eval, &run), LUA_OK);
	close_sandbox();
}
END_TEST

int main(void)
{
	return cases_run("agent_sandbox",
			 (const TTest *const[]){every_allocation_may_fail,
						opening_in_too_little_memory_is_refused_in_words,
						collecting_all_the_time_changes_nothing,
						panic_comes_back_to_the_caller, NULL});
}
