/* stats_record.h - the statistics of one arena, and of several as one: a record, and how it
 * changes.
 *
 * A record is changed by one thread at a time and may be read by others, so each of its words is
 * written as an atomic one, after all that was written before (publish()): who keeps records can
 * tell readers with a word of its own when a record was being changed (ctl_snapshot.c).
 *
 * A sum follows the records that it is of: what a record gains or loses, the sum does. Only the
 * largest of several values cannot follow when it falls; such a sum has to be made anew, from all.
 */
#ifndef STATS_RECORD_H
#define STATS_RECORD_H

#include "build.h"
#include <sys/types.h>
#include "hooks.h"
#include "lock.h"
#include "size_class.h"
#include "tcache_stack.h"

struct bin_stats {
#define BIN_COUNTER(field, type, unit, kind, help) type field;
#include "counter.def"
	struct mutex_stats mutex;
};

struct large_stats {
#define LARGE_COUNTER(field, type, unit, kind, help) type field;
#include "counter.def"
};

struct extents_stats {
#define EXTENT_COUNTER(field, type, unit, kind, help) type field;
#include "counter.def"
};

struct pinned_stats {
#define PINNED_COUNTER(field, type, unit, kind, help) type field;
#include "counter.def"
};

struct hpa_slab_stats {
#define HPA_SLAB_COUNTER(field, type, unit, kind, help) type field;
#include "counter.def"
};

struct hpa_batch_stats {
#define HPA_BATCH_COUNTER(field, type, unit, kind, help) type field;
#include "counter.def"
};

struct hpa_sec_stats {
#define HPA_SEC_COUNTER(field, type, unit, kind, help) type field;
#include "counter.def"
};

/* Packed huge pages of one arena. */
#define HPA_ROOMS_SHOWN      64
#define HPA_BATCHES_SHOWN    9   /* none .. seven huge pages, and more */
#define HPA_SLAB_PAGES_SHOWN 512 /* small pages in each */
struct hpa_stats {
#define HPA_COUNTER(field, type, unit, kind, help) type field;
#include "counter.def"
	struct hpa_sec_stats sec;
	struct hpa_slab_stats slabs; /* all */
	struct hpa_slab_stats full_slabs;
	struct hpa_slab_stats empty_slabs;
	struct hpa_slab_stats nonfull_slabs[HPA_ROOMS_SHOWN]; /* by class of the longest free run */
	struct hpa_batch_stats alloc[HPA_BATCHES_SHOWN];
};

/* Sums over the bins, respectively over the large classes, of one arena. */
struct size_group_stats {
	size_t allocated;
	uint64_t nmalloc;
	uint64_t ndalloc;
	uint64_t nrequests;
	uint64_t nfills;
	uint64_t nflushes;
};

struct arena_stats {
#define ARENA_COUNTER(field, type, unit, kind, help) type field;
#include "counter.def"
	struct extent_events events;
	ssize_t dirty_decay_ms;
	ssize_t muzzy_decay_ms;
	struct {
#define ARENA_MUTEX(name, help) struct mutex_stats name;
#include "counter.def"
	} mutexes;
	struct size_group_stats small;
	struct size_group_stats large;
	struct bin_stats bins[BINS_MAX];
	struct large_stats
		lextents[SIZE_CLASSES]; /* lextents[j] is size class size_class_nbins + j */
	struct extents_stats extents[PAGE_CLASSES_MAX];
	struct pinned_stats pinned_extents[PAGE_CLASSES_MAX]; /* not touched while there are none */
	struct hpa_stats hpa; /* last: zero and never touched without the option hpa */
};

/* What thread caches hold, and requests that they served and have not reported. */
struct cache_counts {
	uint64_t nrequests[TCACHE_CLASSES];
	size_t bytes;
	size_t stashed_bytes;
};

/* Versions of the locks, as a record was last made to fit what they guard. Zeros: nothing of it was
 * looked at. */
struct stats_seen {
	uint64_t bins[BINS_MAX]; /* of several shards the sum */
	uint64_t pages;
	uint64_t grow;
	uint64_t pool;
	uint64_t base;
	uint64_t large;
	uint64_t threads;
	uint64_t hpa;
	bool has_caches; /* some were bound */
};

/* A record of one arena that is kept: what changed there since is all that is looked at. Requests
 * are counted by caches, which report them now and then. Reports that come while a record is made
 * are rather missed than counted twice, and no count of the record goes down for it: it never says
 * more than there were, and when nothing goes on exactly that. */
struct stats_kept {
	struct stats_seen seen;
	struct arena_stats record;
	uint64_t unreported[TCACHE_CLASSES]; /* of its nrequests, what the arena did not count */
};

#define publish(lvalue, value) __atomic_store_n(&(lvalue), (value), __ATOMIC_RELEASE)

/* What a value becomes, and the sum of it and others, which may be NULL. */
#define REPLACE_COUNTER(to, sum, fresh, field)                                                     \
	do {                                                                                       \
		if ((fresh)->field != (to)->field) {                                               \
			if ((sum) != NULL)                                                         \
				publish((sum)->field,                                              \
					(sum)->field + (fresh)->field - (to)->field);              \
			publish((to)->field, (fresh)->field);                                      \
		}                                                                                  \
	} while (0)
#define REPLACE_GAUGE(to, sum, fresh, field) REPLACE_COUNTER(to, sum, fresh, field)
#define REPLACE_MAX(to, sum, fresh, field)                                                         \
	do {                                                                                       \
		if ((fresh)->field != (to)->field) {                                               \
			if ((sum) != NULL && (fresh)->field > (sum)->field)                        \
				publish((sum)->field, (fresh)->field);                             \
			publish((to)->field, (fresh)->field);                                      \
		}                                                                                  \
	} while (0)

/* Writes words of a record, whatever they are: a multiple of 8 bytes. */
INTERNAL void stats_publish_words(void *to, const void *from, size_t size);

/* An empty record, of one that was zero once. */
INTERNAL void stats_clear(struct arena_stats *record);

/* Parts of a record get new values. The sum may be NULL, and so may those of the parts. */
INTERNAL void stats_replace_mutex(struct mutex_stats *to, struct mutex_stats *sum,
				  const struct mutex_stats *fresh);
INTERNAL void stats_replace_bin(struct bin_stats *to, struct bin_stats *sum,
				const struct bin_stats *fresh);
INTERNAL void stats_replace_large(struct large_stats *to, struct large_stats *sum,
				  const struct large_stats *fresh);
INTERNAL void stats_replace_extents(struct extents_stats *to, struct extents_stats *sum,
				    const struct extents_stats *fresh);
INTERNAL void stats_replace_pinned(struct pinned_stats *to, struct pinned_stats *sum,
				   const struct pinned_stats *fresh);
INTERNAL void stats_replace_group(struct size_group_stats *to, struct size_group_stats *sum,
				  const struct size_group_stats *fresh);
INTERNAL void stats_replace_events(struct extent_events *to, struct extent_events *sum,
				   const struct extent_events *fresh);
INTERNAL void stats_replace_decay_ms(struct arena_stats *to, ssize_t dirty_ms, ssize_t muzzy_ms);

INTERNAL void stats_merge_mutex(struct mutex_stats *to, const struct mutex_stats *from);
INTERNAL void stats_merge_slabs(struct hpa_slab_stats *to, const struct hpa_slab_stats *from);

/* The sum of packed huge pages does not follow: it is made anew. */
INTERNAL void stats_clear_hpa(struct hpa_stats *sum);
INTERNAL void stats_merge_hpa(struct hpa_stats *sum, const struct hpa_stats *arena);

/* Adds what one arena holds to a sum (the merged arena); decay times become -1. */
INTERNAL void stats_merge_arena(struct arena_stats *sum, const struct arena_stats *arena);

/* What a destroyed arena leaves behind: only its lifetime counters. */
INTERNAL void stats_merge_destroyed(struct arena_stats *sum, const struct arena_stats *arena);

#endif
