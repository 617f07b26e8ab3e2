/* arena_spread.h - how many of the automatic arenas the threads of a process are spread over.
 *
 * As many as it has processors for, or, where many processors come with a quota of their time
 * (cgroup.h), as many as it has time for; all of them when the option narenas was given.
 */
#ifndef ARENA_SPREAD_H
#define ARENA_SPREAD_H

#include "build.h"

/* How many arenas the threads of so many processors are given. */
INTERNAL unsigned arena_spread_for(uint32_t cpus);

/* Over all of these, until the quota is known, and for ever when their number was given. */
INTERNAL void arena_spread_boot(unsigned most, bool is_given);

/* Over how many. Once is_shared (the first arena has a thread, so this is a second one) the quota
 * is looked at. Called without locks: opening a file may run code of the program, which allocates.
 */
INTERNAL unsigned arena_spread(bool is_shared);

INTERNAL void arena_spread_postfork_child(void);

#endif
