/* page_batch.h - unused extents on their way from one state to the next: their memory is given back
 * while nobody holds the page lock.
 *
 * Extents of a batch are a chain through node.next. Each is also in the arena's list of all that
 * are on their way, by link, so that a forked child finds those of other threads.
 */
#ifndef PAGE_BATCH_H
#define PAGE_BATCH_H

#include "pages.h"

struct page_batch {
	struct heap_node *first;
	size_t npages;
};

/* Holding the page lock: an extent that is in no set goes in, and the latest of a batch comes out.
 */
INTERNAL void page_batch_add(struct pages *pages, struct extent *extent, struct page_batch *batch);
INTERNAL struct extent *page_batch_take(struct pages *pages, struct page_batch *batch);

/* Moves the oldest extents of a set into a batch until at most limit pages are left. Holds the page
 * lock. */
INTERNAL void page_batch_take_oldest(struct pages *pages, enum page_state state, size_t limit,
				     struct page_batch *batch);

/* Purges a batch that came from a state: each extent is in the set of its new state then. Enters
 * and leaves with the page lock held, and drops it in between. */
INTERNAL void page_batch_purge(struct pages *pages, enum page_state from, bool to_muzzy,
			       struct page_batch *batch);

/* Gives up the address space of a batch, which stays one. Holds no lock. */
INTERNAL void page_batch_release(struct pages *pages, enum page_state from,
				 struct page_batch *batch);

#endif
