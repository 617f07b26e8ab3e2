/* thread_marks.h - functions of the program that are called when a thread has allocated or freed so
 * many bytes.
 *
 * There are those for all threads (experimental.hooks.thread_event), a few slots that are filled
 * and never emptied, and one of each thread's own (experimental.thread.activity_callback). What a
 * thread allocates is looked at by the byte. What it frees is looked at on the slow paths alone, so
 * a call for that is late by what fits into the thread's cache.
 *
 * Marks belong to their thread; freed_at alone is also lowered by others, to remind it. Functions
 * are called without any lock, may allocate, and are not called for what they allocate themselves.
 */
#ifndef THREAD_MARKS_H
#define THREAD_MARKS_H

#include "build.h"

#define MARKS_PROGRAM 4                   /* functions for all threads */
#define MARKS_SHARED  (MARKS_PROGRAM + 1) /* and one of core's own */

/* The layouts are those of mallctl(). */
struct marks_shared {
	void (*call)(bool is_alloc, uint64_t allocated, uint64_t deallocated);
	uint64_t interval;
	bool is_alloc_only;
};

struct marks_own {
	void (*call)(void *argument, uint64_t allocated, uint64_t deallocated);
	void *argument;
};

struct thread_marks {
	uint64_t allocated_at; /* the next call is due when so much was allocated, ... */
	uint64_t freed_at;     /* ... or so much freed; UINT64_MAX: none is */
	uint32_t seen;         /* functions for all threads that the thread knows of */
	bool is_calling;
	struct marks_own own;
	struct {
		uint64_t allocated;
		uint64_t freed;
	} next[MARKS_SHARED + 1]; /* the last is for its own */
};

/* A thread begins, or takes note of what was added: its next marks are set. */
INTERNAL void marks_update(struct thread_marks *marks, uint64_t allocated, uint64_t freed);

/* Calls what is due, and sets the next marks. */
INTERNAL COLD void marks_reached(struct thread_marks *marks, uint64_t allocated, uint64_t freed);

/* Adds one for all threads; the same again counts once. 0; EINVAL: no function, no interval, or all
 * slots are used. The caller holds ctl_lock, and reminds all threads. */
INTERNAL int marks_add(const struct marks_shared *shared);

/* The one of core: called with the bytes that a thread allocated since its last call, a multiple of
 * the interval, as `allocated`. At start, while there is one thread. */
INTERNAL void marks_add_own(void (*call)(bool is_alloc, uint64_t bytes, uint64_t deallocated),
			    uint64_t interval);

/* A thread's own; a NULL function ends it. */
INTERNAL void marks_set_own(struct thread_marks *marks, const struct marks_own *own,
			    uint64_t allocated, uint64_t freed);

#endif
