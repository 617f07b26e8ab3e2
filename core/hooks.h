/* hooks.h - extent hooks behind one call shape: the default ones go to os, a program's own are
 * called with its table.
 *
 * A result of true means done, false declined (the table's functions answer the other way round).
 * While a hook of the program runs, allocations that it makes itself come from the first arena
 * without a thread cache: hooks_enter and hooks_leave, set by boot, see to that.
 *
 * What was done, not what was declined, is counted in the caller's struct extent_events. Splits and
 * merges happen under the arena's page lock; the other counts are written without any lock.
 */
#ifndef HOOKS_H
#define HOOKS_H

#include "build.h"
#include "moonheap/hooks.h"

/* The table that untouched arenas report; its address selects the direct calls. */
INTERNAL extern extent_hooks_t hooks_default;

/* How often each thing was done to the extents of an arena. */
struct extent_events {
#define EXTENT_EVENT(event, help) uint64_t event;
#include "counter.def"
};

/* For what is done without a hook and is the same. */
ALWAYS_INLINE void hooks_count(uint64_t *event)
{
	__atomic_add_fetch(event, 1, __ATOMIC_RELAXED);
}

/* What a thread was before it entered a hook; errno too, which the hook may change. */
struct hooks_entry {
	void *thread;
	uint32_t held_locks;
	int saved_errno;
};

INTERNAL extern void (*hooks_enter)(struct hooks_entry *entry);
INTERNAL extern void (*hooks_leave)(const struct hooks_entry *entry);

ALWAYS_INLINE bool hooks_are_default(const extent_hooks_t *hooks)
{
	return hooks == &hooks_default;
}

/* The low bits of the result may be flags. */
INTERNAL void *hooks_alloc(extent_hooks_t *hooks, void *address, size_t size, size_t alignment,
			   bool *zeroed, bool *committed, unsigned arena,
			   struct extent_events *events);
INTERNAL bool hooks_dalloc(extent_hooks_t *hooks, void *address, size_t size, bool committed,
			   unsigned arena, struct extent_events *events);
INTERNAL void hooks_destroy(extent_hooks_t *hooks, void *address, size_t size, bool committed,
			    unsigned arena, struct extent_events *events);
INTERNAL bool hooks_commit(extent_hooks_t *hooks, void *address, size_t size, unsigned arena,
			   struct extent_events *events);
INTERNAL bool hooks_decommit(extent_hooks_t *hooks, void *address, size_t size, unsigned arena,
			     struct extent_events *events);
INTERNAL bool hooks_purge_lazy(extent_hooks_t *hooks, void *address, size_t size, unsigned arena,
			       struct extent_events *events);
INTERNAL bool hooks_purge_forced(extent_hooks_t *hooks, void *address, size_t size, unsigned arena,
				 struct extent_events *events);
INTERNAL bool hooks_split(extent_hooks_t *hooks, void *address, size_t size, size_t size_a,
			  bool committed, unsigned arena, struct extent_events *events);
INTERNAL bool hooks_merge(extent_hooks_t *hooks, void *address_a, size_t size_a, void *address_b,
			  size_t size_b, bool committed, unsigned arena,
			  struct extent_events *events);

#endif
