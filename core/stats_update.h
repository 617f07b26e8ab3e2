/* stats_update.h - one arena and its record, while that is made to fit: what the parts of stats
 * have in common. Nobody else includes it.
 *
 * An update reads the counts of an arena without its locks, and writes what has changed to the
 * record and to a sum of records.
 */
#ifndef STATS_UPDATE_H
#define STATS_UPDATE_H

#include "arena.h"
#include "stats_record.h"

/* How often what a lock guards is read when its owners keep changing. */
#define READ_TRIES 4

/* Of words that are written in some order, each load comes after those before it. */
#define load_next(lvalue) __atomic_load_n(&(lvalue), __ATOMIC_ACQUIRE)

/* One arena and its record, while that is made to fit. */
struct stats_update {
	struct arena *arena;
	struct stats_seen *seen;
	struct arena_stats *to;
	struct arena_stats *sum; /* NULL: of nobody */
	uint64_t
		*unreported; /* by class: of the record's nrequests, what the arena did not count */
	const struct cache_counts *caches; /* what they hold */
	bool has_caches;                   /* when the record was made, or now */
};

/* A part of the sum. */
#define IN_SUM(update, part) ((update)->sum != NULL ? &(update)->sum->part : NULL)

/* Whether something may have changed since the record was made, according to the version of a lock,
 * or the sum of several. To be asked before it is read: what changes later is read the next time.
 */
ALWAYS_INLINE bool is_new(uint64_t *seen, uint64_t version)
{
	if (version != 0 && version == *seen)
		return false;
	*seen = version;
	return true;
}

ALWAYS_INLINE uint64_t add_version(uint64_t sum, const struct lock *lock)
{
	uint64_t version = lock_version(lock);
	return sum != 0 && version != 0 ? sum + version : 0;
}

ALWAYS_INLINE void update_mutex(const struct lock *lock, struct mutex_stats *to,
				struct mutex_stats *sum)
{
	struct mutex_stats fresh;
	lock_stats(lock, &fresh);
	stats_replace_mutex(to, sum, &fresh);
}

/* Bins; and large objects, when their counts may have changed (stats_objects.c). */
INTERNAL void stats_update_bins(const struct stats_update *u);
INTERNAL void stats_update_large(const struct stats_update *u);

/* Adds requests that caches have not reported, counted after the arena was looked at. */
INTERNAL void stats_update_unreported(struct arena_stats *to, uint64_t *unreported,
				      const uint64_t *nrequests, struct arena_stats *sum);

/* Packed huge pages (stats_packed.c): the version of their locks, and what they hold. */
INTERNAL uint64_t stats_hpa_version(const struct hpa *hpa);
INTERNAL void stats_update_hpa(const struct stats_update *u, const struct hpa *hpa);

/* What happened to extents of the arena so far. */
INTERNAL void stats_read_events(const struct arena *arena, struct extent_events *to);

/* What stands in no array of size classes (stats_pages.c). What changes without a lock, each time;
 * extents by class and the mutex of the pages, when their version is new; all counts, when any of
 * what they are made of is. */
INTERNAL void stats_update_always(const struct stats_update *u, uint64_t now_ns);
INTERNAL void stats_update_pages(const struct stats_update *u);
INTERNAL void stats_update_counts(const struct stats_update *u, uint64_t now_ns);

#endif
