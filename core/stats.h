/* stats.h - the statistics of the whole allocator, taken at one epoch.
 *
 * Counters live with their owners (bins, large objects, pages, thread caches); stats pulls them,
 * and takes no lock for it: whoever allocates never waits for somebody who counts. What a lock
 * guards is read again when its owner changed meanwhile; if that happens again and again, each
 * value is as it was at some moment, and only such values are used as cannot contradict each other:
 * regions taken back are read before those handed out. When nothing is allocated meanwhile, all is
 * exact.
 *
 * What has not changed since an earlier visit is not read again (lock_version()), so that looking
 * at many arenas costs little when few of them are in use.
 *
 * Who keeps snapshots, and when they are refreshed, is the business of the control tree
 * (ctl_snapshot.c).
 */
#ifndef STATS_H
#define STATS_H

#include "stats_record.h"

struct arena;

struct total_stats {
#define TOTAL_COUNTER(field, type, unit, kind, help) type field;
#include "counter.def"
};

/* Checks of the program's use of memory: what was found, and what is watched. */
struct safety_stats {
#define SAFETY_FINDING(field, option, NAME, help)     uint64_t field;
#define SAFETY_COUNTER(field, type, unit, kind, help) type field;
#include "counter.def"
};

/* Adds what one cache holds; any thread's, at any time. */
INTERNAL void stats_count_cache(struct cache_counts *counts, const struct tcache *cache);
/* The same of requests that it served and has not reported. */
INTERNAL void stats_count_requests(struct cache_counts *counts, const struct tcache *cache);

/* What an update of this arena looks at is asked for from memory. */
INTERNAL void stats_prefetch_arena(const struct arena *arena, const struct stats_kept *kept);

/* Makes a kept record fit the arena, and a sum of it and others follow, unless that is NULL.
 * caches: what its caches have now; NULL: it has none. true:
 * but the sum of packed huge pages does not. */
INTERNAL bool stats_update_arena(struct arena *arena, struct stats_kept *kept,
				 const struct cache_counts *caches, struct arena_stats *sum,
				 uint64_t now_ns);

/* Adds the requests that caches have not reported, counted after the arena was looked at, to its
 * record and to the sum, unless that is NULL. */
INTERNAL void stats_update_requests(struct stats_kept *kept, const struct cache_counts *caches,
				    struct arena_stats *sum);

/* Makes a kept record of one arena alone fit it, caches included. */
INTERNAL void stats_collect_kept(struct arena *arena, struct stats_kept *kept);
/* It is of no arena any more. */
INTERNAL void stats_forget(struct stats_kept *kept);

/* Fills *to with what the arena holds now. */
INTERNAL void stats_collect_arena(struct arena *arena, struct arena_stats *to);

/* What happened to extents of the arena so far. */
INTERNAL void stats_collect_events(const struct arena *arena, struct extent_events *to);

/* Contention counters of all locks of an arena back to 0. Takes them, one at a time. Records that
 * are kept have seen nothing then. */
INTERNAL void stats_reset_mutexes(struct arena *arena);

/* realloc(pointer, 0) was called once more; how often that was. */
INTERNAL void stats_count_zero_realloc(void);
INTERNAL size_t stats_zero_reallocs(void);

/* The whole allocator, from the merged arena and the metadata that belongs to no arena. */
INTERNAL void stats_collect_total(struct total_stats *to, const struct arena_stats *merged);

INTERNAL void stats_collect_safety(struct safety_stats *to);

#endif
