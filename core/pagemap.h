/* pagemap.h - address -> extent, read without locks.
 *
 * Two levels: a table in .bss with an entry per GiB, and leaves with a word per 4 KiB granule,
 * mapped when the first extent of their GiB appears and never given back. Both are touched only
 * where there is something. The granule does not depend on the page size: a larger page has several
 * words.
 *
 *     63      56 55                    6 5    0
 *     | cache   | address of the extent | zero |
 *     |  bin    |                       |      |
 *
 * cache bin is the number of the thread cache's bin that takes this pointer back when it is freed,
 * so that free() needs the word alone; CACHE_BIN_NONE sends it to the slow path, which asks the
 * extent. A slab has its word in all its granules (regions start anywhere in it), any other extent
 * only in its first and last, which is where freeing and coalescing look. Word 0: not ours.
 *
 * Words are written by the owner of the extent (active) or under the page lock of its arena
 * (unused). Whoever frees an object reads its word relaxed: who passes a pointer on to another
 * thread has synchronised with it anyway. Who looks for a neighbour has not (pagemap_neighbour()).
 */
#ifndef PAGEMAP_H
#define PAGEMAP_H

#include "build.h"
#include "extent.h"

#define PAGEMAP_LG_GRANULE PAGE_LG_MIN
#define PAGEMAP_LG_LEAF    30 /* address bits that one leaf covers */
#define PAGEMAP_LEAVES     ((size_t)1 << (LG_VADDR - PAGEMAP_LG_LEAF))
#define PAGEMAP_LEAF_WORDS ((size_t)1 << (PAGEMAP_LG_LEAF - PAGEMAP_LG_GRANULE))

#define PAGEMAP_CACHE_SHIFT 56
#define PAGEMAP_EXTENT_MASK (((uint64_t)1 << PAGEMAP_CACHE_SHIFT) - 1)
#define CACHE_BIN_NONE      0u

INTERNAL extern uint64_t *pagemap_leaves[PAGEMAP_LEAVES];

/* Makes sure that words for this range exist; false without memory. */
INTERNAL bool pagemap_ensure(const void *address, size_t size);

struct pagemap_stats {
	size_t mapped;   /* bytes of leaves */
	size_t resident; /* an upper bound of those that were touched */
	size_t thp;      /* leaves that are huge pages */
};
INTERNAL void pagemap_stats(struct pagemap_stats *stats);

/* With the memory order of the caller. */
ALWAYS_INLINE uint64_t pagemap_load(const void *p, int order)
{
	uintptr_t a = (uintptr_t)p;
	uintptr_t top = a >> PAGEMAP_LG_LEAF;
	if (unlikely(top >= PAGEMAP_LEAVES))
		return 0;
	uint64_t *leaf = __atomic_load_n(&pagemap_leaves[top], order);
	if (unlikely(leaf == NULL))
		return 0;
	uint64_t *word = &leaf[(a >> PAGEMAP_LG_GRANULE) & (PAGEMAP_LEAF_WORDS - 1)];
	return __atomic_load_n(word, order);
}

ALWAYS_INLINE uint64_t pagemap_word(const void *p)
{
	return pagemap_load(p, __ATOMIC_RELAXED);
}

ALWAYS_INLINE size_t pagemap_cache_bin(uint64_t word)
{
	return word >> PAGEMAP_CACHE_SHIFT;
}

ALWAYS_INLINE struct extent *pagemap_extent(uint64_t word)
{
	return (struct extent *)(uintptr_t)(word & PAGEMAP_EXTENT_MASK);
}

/* The extent that an address belongs to (for an unused or large one: whose first or last granule it
 * is in); NULL when it is not ours. */
ALWAYS_INLINE struct extent *pagemap_lookup(const void *p)
{
	return pagemap_extent(pagemap_word(p));
}

/* The same for an address next to an extent, which may be another arena's: the descriptor is seen
 * as it was when its word was set, or later. */
ALWAYS_INLINE struct extent *pagemap_neighbour(const void *p)
{
	return pagemap_extent(pagemap_load(p, __ATOMIC_ACQUIRE)); /* pairs with set_word() */
}

/* Words of the first and last granule. The range was ensured. */
INTERNAL void pagemap_set_ends(struct extent *extent, unsigned cache_bin);
/* Words of all granules: a slab. */
INTERNAL void pagemap_set_all(struct extent *extent, unsigned cache_bin);
/* Words of the granules between the ends become 0: a slab that goes. */
INTERNAL void pagemap_clear_inside(const struct extent *extent);
/* All words of the ends become 0: the address space goes. */
INTERNAL void pagemap_clear_ends(const struct extent *extent);

#endif
