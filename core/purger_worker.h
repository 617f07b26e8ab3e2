/* purger_worker.h - one purging thread: what it does, how it sleeps and is woken.
 *
 * It looks after every stride-th arena from the first one on, sleeps until enough of their pages
 * are due to be worth a run, and is woken when more became unused than it expected (page_due.h).
 * While nothing is unused it sleeps without end, or asks whether it may end. It allocates nothing.
 *
 * Those that background_thread asks for are purger_team.c's; watcher.c has one for when nobody
 * does.
 */
#ifndef PURGER_WORKER_H
#define PURGER_WORKER_H

#include "lock.h"

#include <pthread.h>

struct purger_worker {
	/* set before the start */
	unsigned first;
	unsigned stride;
	uint64_t least_sleep_ns; /* between two runs; deadlines closer together are met in one */
	size_t stack_bytes;      /* 0: as the system likes */
	/* In the new thread, before all else. NULL: nothing to do */
	void (*at_start)(const struct purger_worker *);
	bool (*after_run)(void); /* false: to be called again soon. NULL: nothing more to do */
	/* Nothing is unused, and nobody woke the worker since the ticket was this; true: it may
	 * end, and is nobody's from then on. NULL: it is stopped and joined by its owner. */
	bool (*may_end)(uint32_t ticket);

	bool is_running; /* its owner's: there is a thread. Written under the purger lock */
	pthread_t thread;
	uint32_t is_wanted; /* relaxed; the thread ends when it is 0 */
	uint32_t ticket;    /* changes when the thread shall look again; it sleeps on it */
	bool is_awake;      /* about to look again anyhow */

	struct lock lock; /* of what statistics read */
	uint64_t started_ns;
	uint64_t runs;
};

/* Under it threads are made and stopped. It comes before all locks of allocation: making a thread
 * allocates. */
INTERNAL extern struct lock purger_lock;

/* 0, or what pthread_create() says; EAGAIN from a thread that the C library does not know. */
INTERNAL int purger_worker_start(struct purger_worker *worker);
/* Asks the thread to end, soon. */
INTERNAL void purger_worker_stop(struct purger_worker *worker);
/* Makes it look at its arenas, but no sooner after the last time than least_sleep_ns. */
INTERNAL void purger_worker_wake(struct purger_worker *worker);

#endif
