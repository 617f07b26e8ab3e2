/* stats.h - the statistics of the whole allocator as one value, taken at one epoch.
 *
 * Counters live with their owners (bins, large objects, pages, thread caches); stats pulls them:
 * stats_collect_arena() walks one arena, taking its locks one after the other, so the values of
 * different bins are not from the same instant, but each row is consistent in itself.
 *
 * Who keeps snapshots, and when they are refreshed, is the business of the control tree (ctl.c).
 */
#ifndef STATS_H
#define STATS_H

#include "build.h"
#include <sys/types.h>
#include "hooks.h"
#include "lock.h"
#include "size_class.h"

struct arena;

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
	struct hpa_stats hpa; /* last: zero and never touched without the option hpa */
};

struct total_stats {
#define TOTAL_COUNTER(field, type, unit, kind, help) type field;
#include "counter.def"
	uint64_t zero_reallocs;
};

/* Checks of the program's use of memory: what was found, and what is watched. */
struct safety_stats {
#define SAFETY_FINDING(field, option, NAME, help)     uint64_t field;
#define SAFETY_COUNTER(field, type, unit, kind, help) type field;
#include "counter.def"
};

/* An empty record, of one that was zero once. */
INTERNAL void stats_clear(struct arena_stats *record);

/* Fills *to with what the arena holds now. Locks: bins, large, pages and base of the arena, one at
 * a time; none may be held by the caller. */
INTERNAL void stats_collect_arena(struct arena *arena, struct arena_stats *to);

/* What happened to extents of the arena so far. No lock. */
INTERNAL void stats_collect_events(const struct arena *arena, struct extent_events *to);

/* Contention counters of all locks of an arena back to 0. */
INTERNAL void stats_reset_mutexes(struct arena *arena);

/* Adds what one arena holds to a sum (the merged arena); decay times become -1. */
INTERNAL void stats_merge_arena(struct arena_stats *sum, const struct arena_stats *arena);

/* What a destroyed arena leaves behind: only its lifetime counters. */
INTERNAL void stats_merge_destroyed(struct arena_stats *sum, const struct arena_stats *arena);

/* realloc(pointer, 0) was called once more. */
INTERNAL void stats_count_zero_realloc(void);

/* The whole allocator, from the merged arena and the metadata that belongs to no arena. */
INTERNAL void stats_collect_total(struct total_stats *to, const struct arena_stats *merged);

INTERNAL void stats_collect_safety(struct safety_stats *to);

#endif
