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
 * extent. Because addresses end below bit 48, the word shifted by less than 56 gives that number
 * times a power of two: where the bin is in its array. A slab has its word in all its granules
 * (regions start anywhere in it), any other extent only in its first and last, which is where
 * freeing and coalescing look. Word 0: not ours.
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

/* A leaf is found by its distance from `none`, an empty one that is never written, so that 0 stands
 * for "no leaf yet" and a lookup has no case of its own for it. */
struct pagemap {
	uintptr_t distance[PAGEMAP_LEAVES];
	uint64_t none[PAGEMAP_LEAF_WORDS];
};

INTERNAL extern struct pagemap pagemap;

/* Makes sure that words for this range, which is new, exist; false without memory. And: so much of
 * what there was is gone, its words are 0. */
INTERNAL bool pagemap_ensure(const void *address, size_t size);
INTERNAL void pagemap_forget(size_t size);
/* Bytes of address space that there are now. */
INTERNAL size_t pagemap_known(void);

struct pagemap_stats {
	size_t mapped;   /* bytes of leaves */
	size_t resident; /* of those: words for the most address space that there ever was */
	size_t thp;      /* leaves that are huge pages */
};
INTERNAL void pagemap_stats(struct pagemap_stats *stats);

/* Where the word of an address is in the leaf at this distance. */
ALWAYS_INLINE uint64_t *pagemap_word_in(uintptr_t distance, const void *p)
{
	uintptr_t moved = (uintptr_t)&pagemap + distance;
	__asm__("" : "+r"(moved)); /* this sum first: the rest is then one address of the machine */
	return &((struct pagemap *)moved)
			->none[((uintptr_t)p >> PAGEMAP_LG_GRANULE) & (PAGEMAP_LEAF_WORDS - 1)];
}

/* For free(): ordinary loads, which become part of the arithmetic around them. */
ALWAYS_INLINE uint64_t pagemap_word(const void *p)
{
	uintptr_t top = (uintptr_t)p >> PAGEMAP_LG_LEAF;
	if (unlikely(top >= PAGEMAP_LEAVES))
		return 0;
	return shared_read(*pagemap_word_in(shared_read(pagemap.distance[top]), p));
}

/* The number of the cache bin, times size, a power of two up to 256. */
ALWAYS_INLINE size_t pagemap_cache_bin_times(uint64_t word, size_t size)
{
	return word / (((uint64_t)1 << PAGEMAP_CACHE_SHIFT) / size);
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
	uintptr_t top = (uintptr_t)p >> PAGEMAP_LG_LEAF;
	if (unlikely(top >= PAGEMAP_LEAVES))
		return NULL;
	/* These pair with the releases of pagemap_ensure() and set_word(). */
	uintptr_t distance = __atomic_load_n(&pagemap.distance[top], __ATOMIC_ACQUIRE);
	return pagemap_extent(__atomic_load_n(pagemap_word_in(distance, p), __ATOMIC_ACQUIRE));
}

/* Words of the first and last granule. The range was ensured. */
INTERNAL void pagemap_set_ends(struct extent *extent, unsigned cache_bin);
/* Words of all granules: a slab. */
INTERNAL void pagemap_set_all(struct extent *extent, unsigned cache_bin);
/* Words of the granules between the ends become 0: a slab that goes. */
INTERNAL void pagemap_clear_inside(const struct extent *extent);
/* All words of the ends become 0: the address space goes. */
INTERNAL void pagemap_clear_ends(const struct extent *extent);
/* The same where they still lead to this extent: its place may be somebody else's already. */
INTERNAL void pagemap_clear_own_ends(const struct extent *extent);

#endif
