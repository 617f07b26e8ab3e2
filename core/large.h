/* large.h - objects of at least four pages: each is an extent of its own.
 *
 * With the option cache_oblivious each has a pad: an extent a page larger than its class, in the
 * first page of which it starts at a multiple of a cache line, its lead. Objects that all start at
 * a page share the cache sets of its first lines, however few of them there are: walked in step,
 * they evict one another. Leads follow one another so that they spread evenly. An object that asks
 * for the alignment of a page has none; one between guards has not even a pad, since it should
 * reach them. Caches keep objects as they are, so theirs have the alignment of a cache line, and
 * perhaps more.
 *
 * An exact object (size_class.h) has an extent of as many pages as it needs, and no other mark than
 * is_exact there: what it may use is the extent without its pad. It counts in the class that would
 * have been its own, and `spared` is what all of them are smaller than their classes.
 *
 * A lead is less than a granule of the pagemap, whatever the page: the word of the extent's end
 * leads to the object.
 *
 * Counters are one set per size class and arena. There is no lock, but in manual arenas, which keep
 * a list of their objects so that arena.<i>.reset can find them. Those and exact objects are noted
 * when they come and go; for all others one look says that nothing is.
 */
#ifndef LARGE_H
#define LARGE_H

#include "page_alloc.h"

struct large_counts {
	/* Objects handed out, each to the program, and taken back. Written under the page lock. */
	uint64_t nmalloc;
	uint64_t ndalloc;
	/* Atomics of thread caches: requests that they served, and how often they gave back. What
	 * they keep they got from the program. */
	uint64_t nserved;
	uint64_t nflushes;
};

struct large {
	struct pages *pages;
	uint64_t place;  /* of the latest lead, as a share of 2^64; relaxed atomic */
	bool is_listed;  /* objects are in the list */
	bool is_noting;  /* that, or some may be exact */
	uint64_t spared; /* bytes, of exact objects; written under the page lock */
	struct lock lock;
	struct list objects; /* under lock */
	struct large_counts counts[SIZE_CLASSES];
};

/* Once, when the options and the page are known. */
INTERNAL void large_boot(void);

INTERNAL void large_init(struct large *large, struct pages *pages, bool is_listed);

/* May a thread cache keep it? One with guards shows a use after free only once it has gone. */
ALWAYS_INLINE bool large_is_cacheable(const struct extent *extent)
{
	return extent->class < size_class_ncached && extent->guards == EXTENT_NOT_GUARDED;
}

/* An object of so many usable bytes at a multiple of alignment, which counts in this size class;
 * NULL without memory. */
INTERNAL void *large_alloc(struct large *large, size_t usable, size_t alignment, bool zero,
			   unsigned class);
/* The same between pages without access; NULL: then that cannot be. */
INTERNAL void *large_alloc_guarded(struct large *large, size_t usable, size_t alignment, bool zero,
				   unsigned class);
/* The same for an object that has grown before, with room to go on. */
INTERNAL void *large_alloc_to_grow(struct large *large, size_t usable, size_t alignment, bool zero,
				   unsigned class);
INTERNAL void large_dalloc(struct large *large, struct extent *extent);

/* Makes an object one of another large size without moving it; false: nothing was changed. */
INTERNAL bool large_resize(struct large *large, struct extent *extent, size_t usable, bool zero);

/* Moves an object's contents into a larger new one without copying, and takes the old one back. The
 * new one begins as far behind its page as the old one did then; at a multiple of alignment, 0: of
 * any. false: nothing was changed. */
INTERNAL bool large_move(struct large *from_large, struct extent *from, struct large *to_large,
			 struct extent *to, size_t alignment);

/* Takes back all objects; only in arenas whose objects are listed. */
INTERNAL void large_reset(struct large *large);

/* Lifetime counters back to 0, when nothing is out. */
INTERNAL void large_forget_counts(struct large *large);

ALWAYS_INLINE void large_count(uint64_t *counter, uint64_t n)
{
	__atomic_add_fetch(counter, n, __ATOMIC_RELAXED);
}

#endif
