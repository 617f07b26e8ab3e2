/* percpu.h - an arena for each processor: which one a thread uses where it runs just now.
 *
 * With the option percpu_arena, arena i is that of processor i (percpu), or of the two processors i
 * and i + n/2 of n (phycpu: the two threads of a core, as Linux mostly numbers them). Arenas are
 * started when a thread comes to run there, so that a process that is bound to a few processors has
 * a few. A thread notices on its slow paths that it was moved. Processors that are plugged in later
 * than boot share the arenas that there are.
 */
#ifndef PERCPU_H
#define PERCPU_H

#include "options.h"

ALWAYS_INLINE bool percpu_is_on(void)
{
	return options.percpu_arena != PERCPU_DISABLED;
}

/* Arenas that are needed, 0 when the option is off; or cannot be: then it is off, and that is told.
 */
INTERNAL unsigned percpu_boot(void);

/* Index of the arena for the running thread. */
INTERNAL unsigned percpu_index(void);

/* What percpu_index() makes of a processor's number. */
INTERNAL unsigned percpu_index_of(unsigned cpu);

#endif
