/* pages.h - the pages of one arena: what there is, and how unused extents are cut and made one.
 *
 * Every page of an arena is in exactly one extent, which is active, unused (in the set of its
 * state, or freed a moment ago) or in transit (being purged). page_alloc hands extents out,
 * page_purge takes them back and gives memory to the system; both stand on the operations here.
 *
 * Locks: the page lock guards everything below it in the struct; the grow lock, taken first, lets
 * one thread at a time ask the system for address space. Counts are shared words, which statistics
 * read without a lock.
 */
#ifndef PAGES_H
#define PAGES_H

#include "decay.h"
#include "extent_pool.h"
#include "extent_set.h"
#include "hooks.h"
#include "hpa.h"
#include "lock.h"
#include "os.h"
#include "pagemap.h"

/* Sweeps over pages of one state. */
struct purge_counts {
	uint64_t sweeps;
	uint64_t calls; /* system calls, or hook calls */
	uint64_t pages;
};

/* Freed extents that wait for a request of their size (page_recent.h). */
struct recent_stack {
	struct heap_node *top; /* and further through node.next */
	uint32_t npages;       /* of each; the latest ones, when there are none */
	uint32_t depth;
};

#define RECENT_LG_STACKS 6

struct pages {
	/* set once */
	uint32_t arena;
	struct extent_pool pool;
	struct hpa *hpa;    /* packed huge pages, which small extents come from; NULL: none */
	size_t packs_up_to; /* their largest size, 0: none any more; relaxed */

	struct lock grow_lock;
	unsigned grow_next;  /* page class of the next growth step; under grow_lock */
	unsigned grow_limit; /* largest step */
	uint8_t dss;         /* use of sbrk(): DSS_*; relaxed */
	bool grows_exactly;  /* no steps: the hooks would not split one */
	bool wants_huge;     /* new memory is advised to become huge pages */

	/* When those who purge will next look after the huge pages, as far as they were told;
	 * relaxed. */
	uint64_t hpa_expected_ns;

	struct lock lock;
	extent_hooks_t *hooks;
	size_t nactive;      /* pages of active extents */
	size_t in_transit;   /* pages that are being purged */
	struct list transit; /* the extents that they are in */
	size_t mending;      /* retained pages in none of the sets: pages_mend() */
	size_t oversize;     /* extents of this size are purged when they come back; 0: none */
	size_t abandoned;    /* bytes of address space that nobody could take back */
	unsigned moves;      /* of extents, since pages_mend() */
	struct recent_stack recent[1 << RECENT_LG_STACKS];
	struct list recent_by_age;
	size_t nrecent;  /* pages of those */
	bool has_pinned; /* or had; relaxed */
	bool is_purging[PAGES_RETAINED];
	struct purge_counts purged[PAGES_RETAINED];
	struct extent_events events; /* hooks.h says under which lock */

	/* Written under the page lock, read without. */
	uint64_t due_ns; /* when pages_decay() has something to do; UINT64_MAX: not at all */
	size_t expected; /* unused pages that a purging thread knows of, and how many more may come
			  * before it wants to be told */

	/* Last, because most of it is not touched for long. Under the page lock. */
	struct decay decay[PAGES_RETAINED]; /* dirty and muzzy */
	struct extent_set sets[PAGES_UNUSED_STATES];
};

INTERNAL void pages_init(struct pages *pages, uint32_t arena, struct base *base,
			 extent_hooks_t *hooks, ssize_t dirty_decay_ms, ssize_t muzzy_decay_ms);

/* From now on small extents come out of packed huge pages; the hooks are the default ones. Without
 * memory for that, everything stays as it is. The arena has no users yet. */
INTERNAL void pages_pack(struct pages *pages);

/* Returns the old table. Extents of the old hooks are handled by the new ones from then on, but for
 * those out of huge pages, which stay what they are; there will be no more of them. */
INTERNAL extent_hooks_t *pages_set_hooks(struct pages *pages, extent_hooks_t *hooks);

/* Lifetime counters back to 0. */
INTERNAL void pages_forget_counts(struct pages *pages);

/* Growth begins with small steps again. Holds the grow lock, or is alone. */
INTERNAL void pages_start_growing(struct pages *pages);

/* Pages in use for the arena that are in none of its extents. */
INTERNAL void pages_count_apart(struct pages *pages, size_t npages, bool is_free);

/* Counts of the layer above that go with extents: written under the page lock, which who comes for
 * an extent holds anyway; read without. Release, so that whoever sees an extent counted as freed
 * sees it counted as handed out. */
ALWAYS_INLINE void pages_count_locked(uint64_t *count)
{
	__atomic_store_n(count, *count + 1, __ATOMIC_RELEASE);
}
INTERNAL void pages_count(struct pages *pages, uint64_t *count); /* takes the lock */

ALWAYS_INLINE size_t pages_in(size_t size)
{
	return size >> os_lg_page;
}

/* Cuts the first size bytes off: the returned extent is the front, the given one keeps the rest
 * and, when it is in a set, its age there. NULL: no descriptor, or the hooks do not allow it. Holds
 * the page lock. */
INTERNAL struct extent *pages_split_front(struct pages *pages, struct extent *extent, size_t size,
					  struct extent_set *set);

/* Adds an unused extent to the set of its state, as one with its neighbours there. The larger part
 * decides the age; but retained extents have none, and those with seams that pages_mend() can close
 * come first. Holds the page lock. */
INTERNAL void pages_put_unused(struct pages *pages, struct extent *extent, enum page_state state);

ALWAYS_INLINE bool extent_is_mendable(const struct extent *extent)
{
	return unlikely(extent->seams != 0) && extent->committed;
}

#endif
