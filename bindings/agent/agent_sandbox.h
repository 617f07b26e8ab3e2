/* agent_sandbox.h - one Lua state with its memory, its limits, and what a script may see.
 *
 * The state has no way out: no files, no processes, no bytecode, no debug library, no finalizers,
 * memory up to a limit, and a hook that ends any statement. An error that no protected call catches
 * cannot happen by construction (everything runs under agent_sandbox_protect); should it happen
 * nevertheless, the panic handler jumps back there and the state is dropped: the service never
 * pays. One thread at a time.
 */
#ifndef MOONHEAP_AGENT_SANDBOX_H
#define MOONHEAP_AGENT_SANDBOX_H

#include <lua.h>
#include <setjmp.h>
#include <stddef.h>

#include "agent_heap.h"
#include "context.h"

struct agent_sandbox {
	struct agent_heap heap;
	lua_State *L; /* NULL when closed */
	jmp_buf *panic;
};

/* Open a state with everything in it; context is the state's for its whole life. On failure says
 * why in words. */
const char *agent_sandbox_open(struct agent_sandbox *sandbox, struct context *context,
			       size_t memory_limit);
void agent_sandbox_close(struct agent_sandbox *sandbox);

/* Run a C function with one light userdata in protected mode. LUA_OK or Lua's error status, then
 * the message is on the stack. -1: panic; the state is not to be used any more. */
int agent_sandbox_protect(struct agent_sandbox *sandbox, lua_CFunction function, void *argument);

/* The memory of all open states of the process; any thread. */
size_t agent_sandbox_memory(struct process_range *to, size_t max);

#endif
