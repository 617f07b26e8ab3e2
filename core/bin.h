/* bin.h - all slabs of one size class in one arena, or those of one shard of them.
 *
 * Regions are handed out from the current slab until it has none left; then the fullest of the
 * slabs that have room becomes current, so that the emptier ones can run empty and give their pages
 * back. How full a slab is, is kept in BIN_BUCKETS steps. An empty slab is released, unless it is
 * the current one.
 *
 * Counters are exact: each is changed under the lock together with what it counts, as a shared
 * word, because statistics read it without. Regions in thread caches are out, from the bin's point
 * of view.
 *
 * With the option bin_shards there are several bins of a class in an arena: the first, which
 * struct arena has, and more behind it, alike in all. A slab belongs to one of them for life, and
 * its regions go back there.
 *
 * Lock: the bin's, for everything but class and more; the page lock of the arena may be taken under
 * it.
 */
#ifndef BIN_H
#define BIN_H

#include "bin_shards.h"
#include "lock.h"
#include "page_alloc.h"
#include "slab.h"

#define BIN_BUCKETS 4 /* 0: up to a quarter free … 3: more than three quarters free */

struct bin {
	struct lock lock;
	uint32_t class;
	uint32_t filled; /* bit b: bucket b has slabs */
	struct extent *current;
	struct list buckets[BIN_BUCKETS];
	struct list full;
	size_t curslabs;
	size_t nonfull; /* slabs in buckets */
	uint64_t nmalloc;
	uint64_t ndalloc;
	uint64_t nrequests;
	uint64_t nfills;
	uint64_t nflushes;
	uint64_t nslabs;
	uint64_t nreslabs;
	struct bin *more; /* of the first bin of a class: its other shards; NULL: there are none */
} __attribute__((aligned(CACHE_LINE)));

static_assert(sizeof(struct bin) == (size_t)4 * CACHE_LINE, "an arena has many of them");

/* Regions that are out. Holds the lock, or is alone. */
ALWAYS_INLINE size_t bin_curregs(const struct bin *bin)
{
	return (size_t)(bin->nmalloc - bin->ndalloc);
}

/* What follows is given the first bin of a class in an arena. */

ALWAYS_INLINE unsigned bin_nshards(const struct bin *first)
{
	return likely(first->more == NULL) ? 1 : bin_shards[first->class];
}

ALWAYS_INLINE struct bin *bin_shard(struct bin *first, unsigned i)
{
	return i == 0 ? first : &first->more[i - 1];
}

/* The shard of whoever has this turn: turns that follow each other go round all shards. */
INTERNAL COLD struct bin *bin_shard_of_turn(struct bin *first, unsigned turn);

ALWAYS_INLINE struct bin *bin_of_turn(struct bin *first, unsigned turn)
{
	return likely(first->more == NULL) ? first : bin_shard_of_turn(first, turn);
}

/* The shard that this slab belongs to. Of a pointer that was freed before, where a slab of another
 * class or none may be now, some bin of the class, which refuses it. */
ALWAYS_INLINE struct bin *bin_of_slab(struct bin *first, const struct extent *slab)
{
	struct bin *bin = likely(first->more == NULL) ? NULL : slab->bin;
	return bin != NULL && bin->class == first->class ? bin : first;
}

INTERNAL void bin_init(struct bin *bin, unsigned class);

/* Takes up to n regions, stored downwards from end[-1]; returns how many (fewer without memory).
 * nrequests: requests of the program that were served from a thread cache since its last report.
 * *grew becomes true when that took pages that were not resident. */
INTERNAL unsigned bin_fill(struct bin *bin, struct pages *pages, void **end, unsigned n,
			   uint64_t nrequests, bool *grew);
/* Requests of the program that go round all caches: n regions, stored as by bin_fill(); or one,
 * NULL without memory. */
INTERNAL unsigned bin_take_many(struct bin *bin, struct pages *pages, void **end, unsigned n);
INTERNAL void *bin_take(struct bin *bin, struct pages *pages);

/* Takes back those of the n regions that belong to this bin; moves the others to the front
 * of regions and returns how many they are. */
INTERNAL unsigned bin_flush(struct bin *bin, struct pages *pages, void **regions, unsigned n,
			    uint64_t nrequests);
/* Takes one region back that went round all caches. */
INTERNAL void bin_put(struct bin *bin, struct pages *pages, void *region);

/* Whether a region of one of its slabs is out. */
INTERNAL bool bin_is_out(struct bin *bin, const struct extent *slab, const void *region);

/* A region of this class that lies in no slab came into use, or went. */
INTERNAL void bin_count_apart(struct bin *bin, bool is_free);

/* Requests of the program that were served from a thread cache, with no region to go with them. */
INTERNAL void bin_count_requests(struct bin *bin, uint64_t n);

/* For sparse.c, under the lock: a slab more than a quarter free that this pass has not seen is
 * taken out of the lists; it hands nothing out, but takes regions back. NULL: all were seen. Then
 * it is put in again; false: it has run empty meanwhile, and is to be released without the lock. */
INTERNAL struct extent *bin_pin_sparse(struct bin *bin, uint8_t pass);
INTERNAL bool bin_unpin(struct bin *bin, struct extent *slab);
INTERNAL void bin_release(struct pages *pages, struct extent *slab);

/* Releases the current slab if it is empty: it is kept for the next fill, but not when all that is
 * unused is wanted back. */
INTERNAL void bin_trim(struct bin *bin, struct pages *pages);

/* Takes back all regions that are out, whoever has them: the arena is being reset. */
INTERNAL void bin_reset(struct bin *bin, struct pages *pages);

/* Lifetime counters back to 0, in a bin that has nothing out. */
INTERNAL void bin_forget_counts(struct bin *bin);

#endif
