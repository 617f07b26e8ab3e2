/* page_recent.h - extents freed a moment ago, kept whole for whoever wants the same size next.
 *
 * A program that drops a buffer or runs a slab empty mostly wants one of the same size soon. Making
 * the extent one with its neighbours and cutting it out again would be work for nothing, so it
 * first waits here, by size, the latest on top. Those that are not wanted go into the set of dirty
 * extents (recent_settle()) as soon as anybody looks at that set as a whole: a request that finds
 * no extent of its size, decay, purging, growth in place.
 *
 * Their pages are dirty ones, and the set of dirty extents counts each by its class. For their
 * neighbours they are in transit. Everything here is under the page lock of the arena.
 */
#ifndef PAGE_RECENT_H
#define PAGE_RECENT_H

#include "pages.h"

/* Keeps a freed extent. */
INTERNAL void recent_put(struct pages *pages, struct extent *extent);

/* The latest extent of exactly this size, at a multiple of alignment; NULL: there is none. */
INTERNAL struct extent *recent_take(struct pages *pages, size_t size, size_t alignment);

/* All of them into the set of dirty extents, the oldest first. */
INTERNAL void recent_settle(struct pages *pages);

#endif
