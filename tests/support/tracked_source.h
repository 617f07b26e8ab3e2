/* tracked_source.h - extent hooks that watch the allocator: which extents exist at this moment, as
 * it was told and as it then split and joined them. Every call must fit: an extent is given up,
 * split or merged as exactly the range it is, purged and committed inside it, all in whole pages.
 *
 * One source serves one arena; its calls may come from any thread.
 */
#ifndef TESTS_SUPPORT_TRACKED_SOURCE_H
#define TESTS_SUPPORT_TRACKED_SOURCE_H

#include "interval_set.h"
#include <moonheap/hooks.h>
#include <pthread.h>

enum source_policy {
	SOURCE_FORWARD,    /* to the default hooks: ranges that those decline to give up stay */
	SOURCE_RELEASE,    /* memory of its own, all of it given up when asked */
	SOURCE_PIN,        /* the same, but every other piece is said never to be purged */
	SOURCE_KEEP,       /* memory of its own, given up only by destroy */
	SOURCE_DECLINE_ALL /* nothing but alloc and destroy ever succeeds: no split, no merge */
};

struct source_calls {
	unsigned long alloc, dalloc, destroy, commit, decommit, purge_lazy, purge_forced, split,
		merge;
};

struct tracked_source {
	extent_hooks_t hooks; /* first: the hooks find the source by their first argument */
	enum source_policy policy;
	extent_hooks_t *fallback; /* the default table, for SOURCE_FORWARD */
	pthread_mutex_t mutex;
	struct interval_set extents; /* under mutex, as the calls */
	struct source_calls calls;
	struct source_calls done; /* those that were not declined */
	long allocations_left;    /* alloc fails once this is 0; negative: never */
	bool allocate_inside;     /* every hook allocates and frees something itself */
};

void tracked_source_init(struct tracked_source *source, enum source_policy policy);
void tracked_source_fini(struct tracked_source *source);

/* True when the range lies within memory that the source gave out and did not get back. */
bool tracked_source_covers(struct tracked_source *source, const void *ptr, size_t size);
/* Bytes given out at this moment. */
size_t tracked_source_bytes(struct tracked_source *source);

#endif
