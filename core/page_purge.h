/* page_purge.h - extents come back, and unused memory goes back to the system.
 *
 * What comes back is dirty, and is made one with unused neighbours of the same state at once. As
 * time passes (decay.h), the oldest of it is purged: taken out of its set, purged without the lock,
 * and put into the set of its new state. When, and by whom, is the purger's business (purger.h); it
 * goes by the time in page_due.h.
 */
#ifndef PAGE_PURGE_H
#define PAGE_PURGE_H

#include "page_due.h"

/* Takes an active extent back. Its granules between the ends must not be in the pagemap. */
INTERNAL void pages_dalloc_counted(struct pages *pages, struct extent *extent, uint64_t *count);
ALWAYS_INLINE void pages_dalloc(struct pages *pages, struct extent *extent)
{
	pages_dalloc_counted(pages, extent, NULL);
}

/* Purges what may no longer stay. Cheap when no deadline has passed. */
INTERNAL void pages_decay(struct pages *pages, uint64_t now_ns);
/* What is due of packed huge pages; returns when more will be. */
INTERNAL uint64_t pages_step_hpa(struct pages *pages, uint64_t now_ns);
/* Purges down to what may stay now, whether a deadline has passed or not; with all, everything. */
INTERNAL void pages_purge(struct pages *pages, bool all);

INTERNAL ssize_t pages_decay_ms(struct pages *pages, enum page_state state);
/* An extent at least this large is purged when it comes back, as long as decay times are not -1; 0:
 * none for its size. */
INTERNAL size_t pages_oversize(struct pages *pages);
INTERNAL void pages_set_oversize(struct pages *pages, size_t size);
INTERNAL void pages_set_decay_ms(struct pages *pages, enum page_state state, ssize_t ms);

/* Releases all address space; nothing may be active. The arena is gone for its users. */
INTERNAL void pages_destroy(struct pages *pages);

/* In the child of a fork, with all locks free: what other threads were purging is taken over. */
INTERNAL void pages_postfork_child(struct pages *pages);

#endif
