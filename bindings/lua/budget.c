#include "budget.h"

#include <lauxlib.h>
#include <stdatomic.h>
#include <time.h>

#define HOOK_INSTRUCTIONS 1000  /* between two looks at the clock: some microseconds */
#define STEPS_PER_LOOK    20000 /* units of C work between two looks */

uint64_t budget_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

const char *budget_words(enum budget_reason reason)
{
	switch (reason) {
	case BUDGET_RUNS:
		break;
	case BUDGET_CANCELLED:
		return "cancelled";
	case BUDGET_TIMEOUT:
		return "stopped by its time limit; --timeout sets another, at the prompt .timeout";
	case BUDGET_HANGUP:
		return "stopped: the console has gone";
	}
	return "running";
}

enum budget_reason budget_reason(struct budget *budget)
{
	if (!budget->armed)
		return BUDGET_RUNS;
	int stop = budget->stop;
	if (stop != BUDGET_RUNS)
		return (enum budget_reason)stop;
	if (budget->deadline_ns != 0 && budget_now_ns() >= budget->deadline_ns) {
		int running = BUDGET_RUNS;

		/* A cancel that came just now keeps its name. */
		atomic_compare_exchange_strong(&budget->stop, &running, BUDGET_TIMEOUT);
		return (enum budget_reason)budget->stop;
	}
	return BUDGET_RUNS;
}

static void budget_hook(lua_State *L, lua_Debug *where)
{
	(void)where;
	enum budget_reason reason = budget_reason(budget_of(L));

	if (reason == BUDGET_RUNS)
		return;
	/* Sticky, in the coroutine that runs; another one gets there by its own count hook. */
	lua_sethook(L, budget_hook, LUA_MASKCOUNT | LUA_MASKCALL | LUA_MASKRET, 1);
	lua_pushstring(L, budget_words(reason));
	lua_error(L);
}

void budget_watch(lua_State *L)
{
	lua_sethook(L, budget_hook, LUA_MASKCOUNT, HOOK_INSTRUCTIONS);
}

void budget_begin(struct budget *budget, uint64_t limit_ms)
{
	budget->deadline_ns = limit_ms == 0 ? 0 : budget_now_ns() + limit_ms * 1000000u;
	budget->steps = 0;
	budget->armed = true;
}

void budget_end(lua_State *L, struct budget *budget)
{
	budget->armed = false;
	budget_watch(L);
}

void budget_check(lua_State *L)
{
	enum budget_reason reason = budget_reason(budget_of(L));

	if (reason != BUDGET_RUNS) {
		lua_pushstring(L, budget_words(reason));
		lua_error(L);
	}
}

void budget_step(lua_State *L, uint64_t n)
{
	struct budget *budget = budget_of(L);

	budget->steps += n;
	if (budget->steps >= STEPS_PER_LOOK) {
		budget->steps = 0;
		budget_check(L);
	}
}
