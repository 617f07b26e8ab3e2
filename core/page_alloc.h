/* page_alloc.h - the pages of one arena: hands out extents, takes them back, grows, purges.
 *
 * Where an extent comes from, in this order: dirty, muzzy, retained, new address space. An extent
 * that comes back is dirty; it is coalesced with unused neighbours of the same state at once.
 * With the option retain, address space is taken in steps that grow, and never given back while the
 * arena lives; the part of a step that is not needed waits as retained.
 *
 * What is unused goes back to the system as time passes (decay). pages_decay() is called on slow
 * paths and by the purging thread; it takes extents out of their set, drops the lock around the
 * system calls, and puts the extents into the set of their new state.
 *
 * Locks: the page lock guards everything below it in the struct; the grow lock, taken first, lets
 * one thread at a time ask the system for address space.
 */
#ifndef PAGE_ALLOC_H
#define PAGE_ALLOC_H

#include "decay.h"
#include "extent_pool.h"
#include "extent_set.h"
#include "hooks.h"
#include "lock.h"
#include "pagemap.h"

/* Sweeps over pages of one state. */
struct purge_counts {
	uint64_t sweeps;
	uint64_t calls; /* system calls, or hook calls */
	uint64_t pages;
};

struct pages {
	/* set once */
	uint32_t arena;
	struct extent_pool pool;

	struct lock grow_lock;
	unsigned grow_next;  /* page class of the next growth step; under grow_lock */
	unsigned grow_limit; /* largest step */
	bool grows_exactly;  /* no steps: the hooks would not split one */

	struct lock lock;
	extent_hooks_t *hooks;
	size_t nactive;      /* pages of active extents */
	size_t in_transit;   /* pages that are being purged */
	struct list transit; /* the extents that they are in */
	size_t abandoned;    /* bytes of address space that nobody could take back */
	struct extent_set sets[PAGES_UNUSED_STATES];
	struct decay decay[PAGES_RETAINED]; /* dirty and muzzy */
	bool is_purging[PAGES_RETAINED];
	struct purge_counts purged[PAGES_RETAINED];
};

INTERNAL void pages_init(struct pages *pages, uint32_t arena, struct base *base,
			 extent_hooks_t *hooks, ssize_t dirty_decay_ms, ssize_t muzzy_decay_ms);

/* An active extent of size bytes (page multiple) at a multiple of alignment. Its memory is
 * committed, zeroed says whether it is zero; when zero is true it is. It is in the pagemap with
 * both ends and no cache bin. NULL without memory. */
INTERNAL struct extent *pages_alloc(struct pages *pages, size_t size, size_t alignment, bool zero);

/* Takes an active extent back. Its granules between the ends must not be in the pagemap. */
INTERNAL void pages_dalloc(struct pages *pages, struct extent *extent);

/* Moves the contents of one active extent to the start of another one without copying; the old one
 * is taken back. false: that does not pay or cannot be done, and nothing was changed. */
INTERNAL bool pages_move(struct pages *from_pages, struct extent *from, struct pages *to_pages,
			 struct extent *to);

/* In place. Grows an extent by what lies unused behind it (false: nothing was changed; with zero,
 * the new part is zero), or gives its end back (false: the hooks would not split it). */
INTERNAL bool pages_expand(struct pages *pages, struct extent *extent, size_t size, bool zero);
INTERNAL bool pages_shrink(struct pages *pages, struct extent *extent, size_t size);

/* Purges what may no longer stay. Cheap when no deadline has passed. */
INTERNAL void pages_decay(struct pages *pages, uint64_t now_ns);
/* pages_decay() at the present time, unless purging is left to a thread of its own. */
INTERNAL void pages_tick(struct pages *pages);
/* Says whether it is. wake is called where pages become unused, and where decay times change, with
 * the time at which something will be due; the thread may sleep no longer than that. NULL: there is
 * no such thread. */
INTERNAL void pages_leave_to_purger(void (*wake)(uint64_t deadline_ns));
/* Purges down to what may stay now, whether a deadline has passed or not; with all, everything. */
INTERNAL void pages_purge(struct pages *pages, bool all);
/* When pages_decay() has something to do next; UINT64_MAX: nothing is unused, or never. */
INTERNAL uint64_t pages_deadline(struct pages *pages);

INTERNAL ssize_t pages_decay_ms(struct pages *pages, enum page_state state);
INTERNAL void pages_set_decay_ms(struct pages *pages, enum page_state state, ssize_t ms);
/* Returns the old table. Extents of the old hooks are handled by the new ones from then on. */
INTERNAL extent_hooks_t *pages_set_hooks(struct pages *pages, extent_hooks_t *hooks);

/* Lifetime counters back to 0. */
INTERNAL void pages_forget_counts(struct pages *pages);

/* Releases all address space; nothing may be active. The arena is gone for its users. */
INTERNAL void pages_destroy(struct pages *pages);

/* In the child of a fork, with all locks free: what other threads were purging is taken over. */
INTERNAL void pages_postfork_child(struct pages *pages);

#endif
