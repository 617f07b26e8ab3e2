/* purger.h - who gives unused memory back, and when: by the clock, whatever the program does.
 *
 * Three ways, from the least to the most:
 * - Threads of the program do it on their slow paths: purger_tick() there costs a load and, while
 *   something is unused, a look at the coarse clock.
 * - In a process with several threads that all wait, the watcher does it (watcher.h).
 * - With background_thread:true, threads of ours do all of it (purger_team.h), and those of the
 *   program are spared it.
 *
 * In the child of a fork there are no threads of ours, and background_thread reads false.
 */
#ifndef PURGER_H
#define PURGER_H

#include "arenas.h"

struct mutex_stats;

struct purger_stats {
	size_t threads;
	uint64_t runs;
	uint64_t interval_ns; /* mean time between two runs of a thread */
};

/* From here on there may be threads of ours: the C library is up. And no more new ones: the process
 * is about to end. */
INTERNAL void purger_begin(void);
INTERNAL void purger_end(void);

INTERNAL uint64_t purger_look(void);

/* On slow paths, without locks: of a free and the allocation that follows it by one. Returns the
 * time if something is unused, otherwise 0. */
ALWAYS_INLINE uint64_t purger_tick(void)
{
	return shared_load(pages_due_ns) != UINT64_MAX ? purger_look() : 0;
}

/* background_thread, and how many at most. Setting: 0; EAGAIN when the system gave no thread;
 * EINVAL for a bound of 0, or above the option's. */
INTERNAL bool purger_enabled(void);
INTERNAL int purger_set_enabled(bool enabled);
INTERNAL size_t purger_max(void);
INTERNAL int purger_set_max(size_t max);

INTERNAL void purger_stats(struct purger_stats *to);
/* The lock of these modules; and of the locks of the threads the largest of each count. */
INTERNAL void purger_lock_stats(struct mutex_stats *to, struct mutex_stats *most);
INTERNAL void purger_reset_lock_stats(void);

INTERNAL void purger_prefork(void);
INTERNAL void purger_postfork_parent(void);
INTERNAL void purger_postfork_child(void);

#endif
