/* hpa_set.h - the slabs of one shard, filed by what may be done with them.
 *
 *   to allocate    by the page class of their longest free run; in a class the fullest comes first,
 *                  of equally full ones that at the lowest address. A request takes the fullest
 * slab that has room, whatever its class, so that the emptier ones can run empty. to purge those
 * with dirty pages, the emptiest first to make huge   those that are full enough, by how long they
 * have been
 *
 * What "full enough" means, and when too much is dirty, are the policy's numbers, handed over once.
 * A slab is taken out before it changes and put back after; one that somebody works on without the
 * lock is busy: it is counted, but in none of the orders. Everything is under the lock of the
 * shard; the clock is read only when a slab changes its order.
 */
#ifndef HPA_SET_H
#define HPA_SET_H

#include "hpa_slab.h"

#include <assert.h>

#define HPA_ROOMS         64 /* page classes up to a huge page are 32; the report has rows for 64 */
#define HPA_PURGE_BUCKETS 33 /* none active; then by sixteens of active pages */

struct hpa_policy {
	unsigned hugify_least; /* active pages from which on a slab is to be huge; 0: none is */
	unsigned purge_least;  /* dirty pages from which on a slab is worth purging */
	uint32_t dirty_mult;   /* dirty pages that may stay for each active one, 16.16 */
	uint64_t hugify_delay_ns;
	uint64_t purge_delay_ns; /* a slab is purged no sooner after it could be */
	uint64_t purge_interval_ns;
	size_t purge_most;       /* slabs purged in one pass */
	size_t start_huge_least; /* active pages of the shard from which on slabs start huge */
	bool starts_huge;        /* slabs are huge when they start, by the system's own policy */
	bool advises_always;     /* it is asked for all the same */
	bool collapses;          /* who makes a slab huge waits until it is */
	bool keeps_space;        /* empty slabs stay as address space */
};

#define HPA_DIRTY_UNLIMITED UINT32_MAX

/* What there is, by whether the slab is huge. */
struct hpa_counts {
	size_t npageslabs[2];
	size_t nactive[2];
	size_t ndirty[2];
};

struct hpa_set {
	const struct hpa_policy *policy;
	uint64_t filled; /* rooms that have slabs */
	struct heap_node *rooms[HPA_ROOMS];
	uint64_t purgeable; /* purge buckets that have slabs */
	struct list purge[HPA_PURGE_BUCKETS];
	struct list to_hugify; /* the longest waiting first */
	struct list all;
	size_t nslabs;
	size_t nactive;
	size_t ndirty;
	uint64_t over_since_ns; /* since when too much is dirty; UINT64_MAX: it is not */
	struct hpa_counts full;
	struct hpa_counts empty;
	struct hpa_counts nonfull[HPA_ROOMS];
};

INTERNAL void hpa_set_init(struct hpa_set *set, const struct hpa_policy *policy);

/* A slab that is new, and one that goes for good. */
INTERNAL void hpa_set_add(struct hpa_set *set, struct hpa_slab *slab);
INTERNAL void hpa_set_remove(struct hpa_set *set, struct hpa_slab *slab);

/* Round every change of a slab. */
INTERNAL void hpa_set_take_out(struct hpa_set *set, struct hpa_slab *slab);
INTERNAL void hpa_set_put_back(struct hpa_set *set, struct hpa_slab *slab);

/* Somebody begins to work on a slab without the lock, or has finished. */
INTERNAL void hpa_set_begin_work(struct hpa_set *set, struct hpa_slab *slab);
INTERNAL void hpa_set_end_work(struct hpa_set *set, struct hpa_slab *slab);

/* The fullest slab with a free run of so many pages; NULL: none has. */
INTERNAL struct hpa_slab *hpa_set_fit(const struct hpa_set *set, unsigned npages);

/* Dirty pages that are too many. */
INTERNAL size_t hpa_set_excess(const struct hpa_set *set);
/* The emptiest slab that has been purgeable for long enough; NULL: none. Without a delay any that
 * has dirty pages enough: UINT64_MAX as now. */
INTERNAL struct hpa_slab *hpa_set_to_purge(const struct hpa_set *set, uint64_t now_ns);
/* The slab that has waited longest to become huge, if that is long enough. */
INTERNAL struct hpa_slab *hpa_set_to_hugify(const struct hpa_set *set, uint64_t now_ns);

/* When one of the two will have something; UINT64_MAX: never, as things are. */
INTERNAL uint64_t hpa_set_due(const struct hpa_set *set);

#endif
