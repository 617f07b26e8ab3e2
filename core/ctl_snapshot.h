/* ctl_snapshot.h - the statistics as they were at the last epoch.
 *
 * Owns one record per arena, the sum over all arenas, the sum over the destroyed ones, and the
 * totals. Writing "epoch" refreshes all of them; until then every reader sees the same values.
 * Records are metadata memory, made when an arena is first seen, kept for the arena that gets the
 * index next, and never given back.
 *
 * A refresh keeps what it finds unchanged (stats.h), and the sums follow what it changes. They are
 * made anew only after an arena was destroyed or the counters of locks were reset.
 *
 * Lock: ctl_lock guards all records, and serialises what makes and unmakes arenas against the
 * refresh. No allocation ever takes it, nor does a refresh take any lock of an arena. A single
 * number is read without it (ctl_snapshot_read()); a reader that meets a refresh takes it, and so
 * waits for the values that it wants anyhow. Which arenas have a record is published in atomics, so
 * that resolving a name takes no lock.
 */
#ifndef CTL_SNAPSHOT_H
#define CTL_SNAPSHOT_H

#include "build.h"
#include "moonheap/moonheap.h"
#include "lock.h"
#include "purger.h"
#include "stats.h"

/* What is not of one arena. */
struct ctl_totals {
	struct total_stats stats;
	struct safety_stats safety;
	struct purger_stats background;
	struct {
		struct mutex_stats background_thread;
		struct mutex_stats max_per_bg_thd;
		struct mutex_stats ctl;
	} mutexes;
};

INTERNAL extern struct lock ctl_lock;

/* Refreshes everything and counts the epoch. 0, or EAGAIN without memory for the record of an arena
 * that is new, and inside an extent hook; then nothing has changed. Takes ctl_lock. */
INTERNAL int ctl_snapshot_refresh(void);
/* The same, unless the last refresh began at most max_age_ns before this call: readers that come
 * together share one. */
INTERNAL int ctl_snapshot_refresh_if_older(uint64_t max_age_ns);

/* Number of refreshes. The first access to the tree makes the first one. */
INTERNAL uint64_t ctl_snapshot_epoch(void);
/* Time since the last refresh; since boot, as good as for ever, when there was none. */
INTERNAL uint64_t ctl_snapshot_age_ns(void);
/* When the last refresh began, by the monotonic clock; 0: there was none. */
INTERNAL uint64_t ctl_snapshot_taken_ns(void);

/* The record behind an index, aggregates included; NULL: there is none. It stays a record; what it
 * says is the caller's who holds ctl_lock. */
INTERNAL const struct arena_stats *ctl_snapshot_arena(size_t index);
INTERNAL const struct ctl_totals *ctl_snapshot_totals(void);

/* Whether what was taken then is at most max_age_ns old to a caller who came at called_ns; what was
 * taken while the caller waited is as good as new. 0: it never was taken. */
INTERNAL bool ctl_snapshot_is_young(uint64_t taken_ns, uint64_t called_ns, uint64_t max_age_ns);

/* Reads one number of 4 or 8 bytes, out of the record behind an index, or the totals. Without
 * ctl_lock, unless it meets a refresh. 0, or ENOENT: there is no such record. */
INTERNAL int ctl_snapshot_read_arena(size_t index, size_t offset, size_t size, void *to);
INTERNAL int ctl_snapshot_read_total(size_t offset, size_t size, void *to);

/* Whether there is a record behind an index. No lock. */
INTERNAL bool ctl_snapshot_has(size_t index);

/* Destroys an arena and keeps what it counted. 0, or EFAULT when it cannot be destroyed; then
 * nothing has changed. Takes ctl_lock. */
INTERNAL int ctl_snapshot_destroy(size_t index);

/* Sets the contention counters of all locks back to zero. Takes ctl_lock. */
INTERNAL void ctl_snapshot_reset_mutexes(void);

/* Fork: ctl_lock is the first of all locks to be taken. */
INTERNAL void ctl_prefork(void);
INTERNAL void ctl_postfork_parent(void);
INTERNAL void ctl_postfork_child(void);

#endif
