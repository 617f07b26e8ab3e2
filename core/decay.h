/* decay.h - how many unused pages may stay at a given time. Pure: time is an argument.
 *
 * Pages that became unused just now may all stay; as time goes on fewer of them may, along a smooth
 * curve that reaches none after the decay time. Time is cut into DECAY_STEPS steps. backlog[]
 * holds, oldest first, how many pages became unused in each of the last steps, and
 *
 *     limit = sum over k of backlog[k] * S((k + 1) / DECAY_STEPS),  S(x) = 6x^5 - 15x^4 + 10x^3
 *
 * so the youngest count in full. A step ends at a deadline with some jitter, so that many arenas do
 * not purge at the same instant. The owner (pages.h) locks.
 */
#ifndef DECAY_H
#define DECAY_H

#include "build.h"

#include <sys/types.h>

#define DECAY_STEPS 200

struct decay {
	ssize_t ms; /* decay time; 0: nothing may stay, -1: everything may */
	uint64_t step_ns;
	uint64_t epoch_ns;    /* start of the present step */
	uint64_t deadline_ns; /* end of it, with jitter */
	uint64_t random;      /* state of the jitter */
	size_t unpurged;      /* unused pages at the start of the present step */
	size_t backlog[DECAY_STEPS];
};

/* Starts over with this decay time: what is unused now counts as young. */
INTERNAL void decay_set(struct decay *decay, ssize_t ms, uint64_t now_ns);

ALWAYS_INLINE bool decay_is_due(const struct decay *decay, uint64_t now_ns)
{
	return decay->ms > 0 && now_ns >= decay->deadline_ns;
}

/* Moves on to now, when npages are unused; returns how many of them may stay. */
INTERNAL size_t decay_advance(struct decay *decay, uint64_t now_ns, size_t npages);

/* When, if nothing else becomes unused, at least must_go of npages unused pages will have to go, or
 * all if they are fewer. UINT64_MAX: never. */
INTERNAL uint64_t decay_time_of(const struct decay *decay, size_t npages, size_t must_go);

/* How many pages became unused within the decay time, those of the present step included, when
 * npages are unused; whether or not they were reused since. */
INTERNAL size_t decay_backlog(const struct decay *decay, size_t npages);

/* Says how many pages are left after what decay_advance() asked for was purged. */
INTERNAL void decay_purged_to(struct decay *decay, size_t npages);

#endif
