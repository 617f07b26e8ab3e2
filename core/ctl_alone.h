/* ctl_alone.h - the statistics of one arena, looked at apart from all others.
 *
 * A script that watches one arena need not have all of them refreshed. Nothing changes for readers
 * of the last epoch; the arena that was looked at last is kept, for the next caller who is content
 * with its age. Under ctl_lock, which the caller holds.
 */
#ifndef CTL_ALONE_H
#define CTL_ALONE_H

#include "stats.h"

/* At most max_age_ns old at the time called_ns: of the last epoch if that is young enough, else
 * looked at now. *taken_ns: when; *is_of_epoch: which of the two. NULL: there is no such arena.
 * Good as long as ctl_lock is held. */
INTERNAL const struct arena_stats *ctl_alone_arena(size_t index, uint64_t called_ns,
						   uint64_t max_age_ns, uint64_t *taken_ns,
						   bool *is_of_epoch);

#endif
