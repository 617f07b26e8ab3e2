/* context.h - what belongs to one Lua state: the C functions that Lua calls find it here.
 *
 * One per console session, owned by agent_sandbox, used by the session's thread alone (except
 * budget.stop). Every coroutine of the state shares it.
 */
#ifndef MOONHEAP_LUA_CONTEXT_H
#define MOONHEAP_LUA_CONTEXT_H

#include <assert.h>
#include <lua.h>
#include <stddef.h>

#include "budget.h"
#include "gate.h"
#include "process.h"
#include "sink.h"

struct context {
	struct budget budget; /* first: budget_of relies on it */
	const struct target *target;
	struct gate gate;
	struct sink *out;  /* what print writes to */
	uint64_t shown_ns; /* when something printed was last sent off, 0: not in this statement */
	bool json;         /* the running statement's value goes out as JSON */
	int findings;      /* of severity warn and worse, in the running script */
	/* Sleeps at most ns, less when the statement is stopped meanwhile. */
	void (*sleep)(struct context *context, uint64_t ns);
	/* Fills in the agent's own memory ranges, returns how many there are (at most max). */
	size_t (*own_memory)(struct process_range *to, size_t max);
	void *owner; /* the session, for sleep */
};

static_assert(offsetof(struct context, budget) == 0, "budget_of relies on it");

static inline struct context *context_of(lua_State *L)
{
	return *(struct context **)lua_getextraspace(L);
}

#endif
