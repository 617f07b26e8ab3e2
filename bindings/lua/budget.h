/* budget.h - when a statement has to stop: cancelled, out of time, or its client gone.
 *
 * The Lua state keeps a count hook for its whole life. Once a reason to stop is seen the hook turns
 * sticky: it fires at every instruction, call and return of every coroutine that runs, so that
 * pcall loops, __close handlers and message handlers cannot outlive it. C functions that may take
 * long call budget_step for the work that they do; it raises the same error. The host's watchdog
 * thread writes only `stop`.
 */
#ifndef MOONHEAP_LUA_BUDGET_H
#define MOONHEAP_LUA_BUDGET_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

enum budget_reason {
	BUDGET_RUNS = 0,
	BUDGET_CANCELLED,
	BUDGET_TIMEOUT,
	BUDGET_HANGUP /* nobody is there to hear the answer */
};

struct budget {
	_Atomic int stop;     /* enum budget_reason, set by any thread */
	uint64_t deadline_ns; /* CLOCK_MONOTONIC; 0: none */
	uint64_t steps;       /* work of C functions since the clock was last read */
	bool armed;           /* a statement runs: only then the hook may stop it */
};

/* A state's extra space points to a structure that begins with its budget (context.h). */
static inline struct budget *budget_of(lua_State *L)
{
	return *(struct budget **)lua_getextraspace(L);
}

uint64_t budget_now_ns(void);

/* Install the hook in a state. */
void budget_watch(lua_State *L);

/* A statement begins: with a limit in ms, 0 for none. */
void budget_begin(struct budget *budget, uint64_t limit_ms);

/* The statement is over: what follows (answers, clean-up) is not stopped. Puts the plain hook back.
 */
void budget_end(lua_State *L, struct budget *budget);

/* Is there a reason to stop? Reads the clock. */
enum budget_reason budget_reason(struct budget *budget);

/* Account for n units of work in C (a unit takes some nanoseconds); raises when it is time. */
void budget_step(lua_State *L, uint64_t n);

/* Raise now if there is a reason to stop. */
void budget_check(lua_State *L);

/* The reason in words. */
const char *budget_words(enum budget_reason reason);

#endif
