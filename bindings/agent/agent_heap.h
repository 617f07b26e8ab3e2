/* agent_heap.h - the memory of one session: Lua's allocator over pages of its own.
 *
 * A diagnosis must not disturb the patient: nothing that a session does allocates from the host's
 * allocator. A heap reserves its whole limit as address space and makes it usable in steps, so that
 * it costs what it uses even under strict overcommit or mlockall. It is not copied to children
 * (MADV_DONTFORK), and goes back to the system whole when the session ends.
 *
 * Inside: blocks with boundary tags, kept in size-segregated free lists (first fit in the smallest
 * list whose blocks all fit), neighbours merged when freed. A request that does not fit within the
 * limit returns NULL, which Lua turns into a full collection and then "not enough memory".
 *
 * One thread at a time. agent_heap_check walks everything, for tests.
 */
#ifndef MOONHEAP_AGENT_HEAP_H
#define MOONHEAP_AGENT_HEAP_H

#include <stddef.h>
#include <stdint.h>

#define AGENT_HEAP_LIMIT_DEFAULT ((size_t)64 << 20)
#define AGENT_HEAP_LIMIT_MIN     ((size_t)1 << 20)

#define AGENT_HEAP_NLINEAR 32u /* lists of one size each, 16 bytes apart */
#define AGENT_HEAP_NLISTS  (AGENT_HEAP_NLINEAR + 128u)

struct agent_block;

struct agent_heap {
	char *start;
	char *top;       /* blocks are below */
	char *committed; /* readable and writable are below */
	char *end;
	size_t used_bytes; /* in blocks that are handed out, headers included */
	size_t peak_bytes;
	uint64_t nonempty[(AGENT_HEAP_NLISTS + 63) / 64];
	struct agent_block *lists[AGENT_HEAP_NLISTS];
};

/* 0, or the errno of the mapping that failed. */
int agent_heap_init(struct agent_heap *heap, size_t limit);
void agent_heap_fini(struct agent_heap *heap);

/* realloc's contract with size 0 freeing, as Lua wants it: lua_newstate(agent_heap_lua, heap). */
void *agent_heap_resize(struct agent_heap *heap, void *old, size_t size);
void *agent_heap_lua(void *heap, void *old, size_t old_size, size_t size);

/* 0 when every invariant holds, else the line that found one broken. */
int agent_heap_check(const struct agent_heap *heap);

#endif
