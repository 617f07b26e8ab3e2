#include "agent_sandbox.h"

#include <lauxlib.h>
#include <pthread.h>
#include <string.h>

#include "lua_open.h"

#define NSTATES 16u /* more than an agent has sessions */

static pthread_mutex_t states_lock = PTHREAD_MUTEX_INITIALIZER;
static struct process_range states[NSTATES]; /* under states_lock; from 0: free */

static void states_replace(uintptr_t old_from, struct process_range range)
{
	pthread_mutex_lock(&states_lock);
	for (size_t i = 0; i < NSTATES; i++) {
		if (states[i].from != old_from)
			continue;
		states[i] = range;
		break;
	}
	pthread_mutex_unlock(&states_lock);
}

size_t agent_sandbox_memory(struct process_range *to, size_t max)
{
	size_t n = 0;

	pthread_mutex_lock(&states_lock);
	for (size_t i = 0; i < NSTATES && n < max; i++)
		if (states[i].from != 0)
			to[n++] = states[i];
	pthread_mutex_unlock(&states_lock);
	return n;
}

static int panic(lua_State *L)
{
	struct agent_sandbox *sandbox;

	lua_getallocf(L, (void **)&sandbox); /* the heap is the sandbox's first member */
	if (sandbox->panic != NULL)
		longjmp(*sandbox->panic, 1);
	return 0;
}

int agent_sandbox_protect(struct agent_sandbox *sandbox, lua_CFunction function, void *argument)
{
	jmp_buf here;

	if (setjmp(here) != 0) {
		sandbox->panic = NULL;
		return -1;
	}
	sandbox->panic = &here;
	lua_settop(sandbox->L, 0);
	lua_pushcfunction(sandbox->L, function);
	lua_pushlightuserdata(sandbox->L, argument);
	int status = lua_pcall(sandbox->L, 1, LUA_MULTRET, 0);
	sandbox->panic = NULL;
	return status;
}

static int open_all(lua_State *L)
{
	lua_open(L);
	return 0;
}

const char *agent_sandbox_open(struct agent_sandbox *sandbox, struct context *context,
			       size_t memory_limit)
{
	*sandbox = (struct agent_sandbox){0};
	if (agent_heap_init(&sandbox->heap, memory_limit) != 0)
		return "no address space for the session's memory";
	states_replace(0, (struct process_range){(uintptr_t)sandbox->heap.start,
						 (uintptr_t)sandbox->heap.end});
	sandbox->L = lua_newstate(agent_heap_lua, &sandbox->heap);
	if (sandbox->L == NULL) {
		agent_sandbox_close(sandbox);
		return "no memory for a Lua state";
	}
	*(struct context **)lua_getextraspace(sandbox->L) = context;
	lua_atpanic(sandbox->L, panic);
	if (agent_sandbox_protect(sandbox, open_all, NULL) != LUA_OK) {
		agent_sandbox_close(sandbox);
		return "the Lua state could not be set up: not enough memory";
	}
	budget_watch(sandbox->L);
	return NULL;
}

void agent_sandbox_close(struct agent_sandbox *sandbox)
{
	/* No finalizers of scripts exist and nothing of ours owns more than memory, so the state
	 * need not be walked: its pages go back at once. */
	sandbox->L = NULL;
	if (sandbox->heap.start != NULL)
		states_replace((uintptr_t)sandbox->heap.start, (struct process_range){0, 0});
	agent_heap_fini(&sandbox->heap);
}
