/* hpa.h - huge-page aware page supply of one arena, as the option hpa asks for: extents up to
 * hpa_slab_max_alloc come out of huge pages that are packed as full as can be.
 *
 *     hpa_sec      small extent cache in front: keeps freed extents whole for the next request
 *     hpa_shard    runs of small pages out of huge ones (hpa_slab, found by hpa_map)
 *     hpa_set      which slab is the next to be cut, purged, made huge
 *     hpa_purge    purges and makes huge, when it is due
 *
 * An arena has one when the option is set, its extent hooks are the default ones, and it is not the
 * arena of huge objects; pages (page_alloc.c) asks it first. Slabs are huge pages of 2 MiB, so the
 * small page must have 4 KiB: with others packing is off, and says so.
 *
 * Locks: of the parts of the small extent cache, then the grow lock, then that of the shard.
 */
#ifndef HPA_H
#define HPA_H

#include "hpa_purge.h"
#include "hpa_sec.h"

struct hpa {
	struct hpa_shard shard;
	struct hpa_sec sec;
};

/* Works out the policy from the options; sets options.hpa back where packing cannot be, in words.
 */
INTERNAL void hpa_boot(void);

/* NULL without memory. */
INTERNAL struct hpa *hpa_create(uint32_t arena, struct base *base, struct extent_pool *pool,
				struct extent_events *events);

/* Largest extent that it serves. */
INTERNAL extern size_t hpa_max_alloc;

/* An active extent of size bytes at any page; NULL without memory. */
INTERNAL struct extent *hpa_alloc(struct hpa *hpa, size_t size);
INTERNAL void hpa_dalloc(struct hpa *hpa, struct extent *extent);
/* Takes the end of an active extent back. */
INTERNAL void hpa_shrink(struct hpa *hpa, struct extent *extent, size_t size);

/* Is this active extent of an arena one out of its huge pages? hpa may be NULL. */
INTERNAL COLD bool hpa_has(const struct extent *extent);
ALWAYS_INLINE bool hpa_owns(const struct hpa *hpa, const struct extent *extent)
{
	return unlikely(hpa != NULL) && hpa_has(extent);
}

/* What is due by the clock; returns when more will be. And everything that is unused. */
INTERNAL uint64_t hpa_step(struct hpa *hpa, uint64_t now_ns);
INTERNAL void hpa_purge(struct hpa *hpa);

ALWAYS_INLINE uint64_t hpa_due_ns(const struct hpa *hpa)
{
	return shared_load(hpa->shard.due_ns);
}

/* All lifetime counters back to 0, but those of the locks. */
INTERNAL void hpa_forget_counts(struct hpa *hpa);

/* Releases all address space; nothing may be active. As new. */
INTERNAL void hpa_destroy(struct hpa *hpa);

/* Calls f for each lock, in the order in which they are taken. */
INTERNAL COLD void hpa_each_lock(struct hpa *hpa, void (*f)(struct lock *));
INTERNAL void hpa_postfork_child(struct hpa *hpa);

#endif
