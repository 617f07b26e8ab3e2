/* hpa_shard.h - the huge pages of one arena: hands runs of small pages out of them as extents, and
 * takes them back.
 *
 * A page of a shard is in an active extent, or free: free pages have no descriptor and no word in
 * the pagemap, so nothing outside takes them for neighbours. Extents of a shard do not grow or
 * move.
 *
 * Address space comes in steps of whole huge pages, more at each step; what no slab needed yet is
 * `fresh`. It is given back by hpa_purge.c (without the option retain), and when the arena goes.
 *
 * Locks: the shard's, for what stands below it in the struct; the grow lock, taken first, lets one
 * thread at a time ask the system for address space. Counts are shared words, which statistics read
 * without a lock.
 */
#ifndef HPA_SHARD_H
#define HPA_SHARD_H

#include "extent_pool.h"
#include "hooks.h"
#include "hpa_set.h"

/* Calls of hpa_shard_alloc() by the slabs that their extents came from: none, one .. seven, more.
 * "Per slab" is an average within each call, summed over them. */
#define HPA_BATCHES 9
struct hpa_batches {
	uint64_t least; /* extents asked for; 0: no call yet */
	uint64_t most;
	uint64_t extents; /* that they got */
	uint64_t slabs;
	uint64_t pages_per_slab;
	uint64_t extents_per_slab;
	uint64_t ns_per_slab; /* atomic: added to after the lock was dropped */
};

struct hpa_shard {
	/* set once */
	uint32_t arena;
	const struct hpa_policy *policy;
	struct base *base;
	struct extent_pool *pool;
	struct extent_events *events; /* of the arena: address space of huge pages, and purging */

	struct lock grow_lock;
	char *fresh;
	char *fresh_end;
	size_t step; /* huge pages of the next step */

	struct lock lock;
	struct hpa_set set;
	struct list unused; /* descriptors, through link */
	size_t nbusy;       /* slabs that somebody works on */
	uint64_t npurge_passes;
	uint64_t npurges;
	uint64_t nhugifies;
	uint64_t nhugify_failures;
	uint64_t ndehugifies;
	struct hpa_batches batches[HPA_BATCHES];
	uint64_t ntimed; /* calls whose time is in there; written as that is */

	/* Written under the lock, read without. */
	uint64_t due_ns; /* when hpa_purge_step() has something to do */
	size_t nfresh;   /* bytes of fresh */
};

INTERNAL void hpa_shard_init(struct hpa_shard *shard, uint32_t arena, struct base *base,
			     struct extent_pool *pool, const struct hpa_policy *policy,
			     struct extent_events *events);

/* Up to n active extents of size bytes, a multiple of the page and at most a huge page, through
 * link at the end of a list. They are in the pagemap with both ends and no cache bin, and zeroed
 * says whether they are. Returns how many there are: fewer without memory. */
INTERNAL unsigned hpa_shard_alloc(struct hpa_shard *shard, size_t size, unsigned n,
				  struct list *extents);
/* Takes all extents of a list back. Their granules between the ends must not be in the pagemap. */
INTERNAL void hpa_shard_dalloc(struct hpa_shard *shard, struct list *extents);
/* Takes the end of an active extent back. */
INTERNAL void hpa_shard_shrink(struct hpa_shard *shard, struct extent *extent, size_t size);

/* After work on slabs: says when there is more to do. Holds the lock. */
INTERNAL void hpa_shard_note_due(struct hpa_shard *shard);

/* An empty slab that is in no set goes, with its address space. Holds no lock; returns with the
 * lock. */
INTERNAL void hpa_shard_release(struct hpa_shard *shard, struct hpa_slab *slab);

/* Releases all address space; nothing may be active. The shard is as new. */
INTERNAL void hpa_shard_destroy(struct hpa_shard *shard);

#endif
