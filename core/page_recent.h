/* page_recent.h - extents freed a moment ago, kept whole for whoever wants the same size next.
 *
 * A program that drops a buffer or runs a slab empty mostly wants one of the same size soon. Making
 * the extent one with its neighbours and cutting it out again would be work for nothing, so it
 * first waits here, on the stack of its size. There are some stacks, each for one size at a time;
 * two sizes that a program takes in turn seldom want the same. Extents that are not wanted go into
 * the set of dirty extents: all of them as soon as anybody looks at that set as a whole (a request
 * that finds no extent of its size, decay, purging, growth in place), those of a stack when another
 * size wants it.
 *
 * Their pages are dirty ones. For their neighbours they are in transit. Everything here is under
 * the page lock of the arena, but for recent_count().
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

/* Adds the extents that wait to counts of extents by page class, and to their bytes. Without lock:
 * right if the lock had the same version before and after. */
INTERNAL void recent_count(const struct pages *pages, size_t *counts, size_t *bytes);

#endif
