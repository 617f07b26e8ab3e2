/* purger.h - the background thread that purges by the clock, when background_thread is on: threads
 * of the program are then spared it, and a program that sleeps gives its unused pages back too.
 *
 * One thread looks after all arenas: purging is rare, and what it costs is in the kernel. It sleeps
 * until the next deadline, without end when nothing is unused. In the child of a fork it does not
 * exist and background_thread reads false.
 */
#ifndef PURGER_H
#define PURGER_H

#include "build.h"

struct mutex_stats;

struct purger_stats {
	size_t threads;
	uint64_t runs;
	uint64_t interval_ns; /* mean time between two runs */
};

INTERNAL bool purger_enabled(void);
/* Starts or stops the thread. 0; EAGAIN: the system did not give a thread. */
INTERNAL int purger_set_enabled(bool enabled);
/* Upper bound of threads that may be started: the option, and its present value. EINVAL when max is
 * 0 or above the compiled limit. */
INTERNAL size_t purger_max(void);
INTERNAL int purger_set_max(size_t max);

INTERNAL void purger_stats(struct purger_stats *to);
INTERNAL void purger_lock_stats(struct mutex_stats *to);
INTERNAL void purger_reset_lock_stats(void);

INTERNAL void purger_prefork(void);
INTERNAL void purger_postfork_parent(void);
INTERNAL void purger_postfork_child(void);

#endif
