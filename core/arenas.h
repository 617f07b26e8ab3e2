/* arenas.h - index -> arena, and which arena serves a thread.
 *
 * Indices 0 .. arenas_auto()-1 are automatic arenas, started when a thread needs them. With the
 * option oversize_threshold the next one is automatic too: no thread is bound to it by itself, huge
 * objects of all automatic arenas live there. The ones behind are manual. The index of a destroyed
 * arena is used again, the latest first. The table is written under the arenas lock and read
 * without: an arena, once there, stays valid memory for ever.
 *
 * Over how many of the automatic ones threads are spread, arena_spread.h says.
 */
#ifndef ARENAS_H
#define ARENAS_H

#include "arena.h"

/* Limits of MALLOCX_ARENA(): the largest index is 4094. */
#define ARENAS_MAX 4095u

/* Counts; narenas of the options becomes its final number. */
INTERNAL void arenas_boot(void);
/* false: no memory. */
INTERNAL bool arenas_start_first(void);

/* NULL when there is none at this index. */
INTERNAL struct arena *arenas_get(unsigned index);
/* Starts an automatic arena that was not needed so far. NULL: no such index, or no memory. */
INTERNAL struct arena *arenas_get_or_start(unsigned index);

INTERNAL unsigned arenas_count(void);         /* indices handed out so far; automatic slots count */
INTERNAL unsigned arenas_auto(void);          /* those that threads are spread over */
INTERNAL bool arenas_is_auto(unsigned index); /* one of them, or the one of huge objects */
INTERNAL bool arenas_was_destroyed(void);     /* any, ever */

/* The automatic arena that a new thread should use: with the fewest threads, an unstarted one
 * rather than a shared one. The caller is counted in arena->nthreads. Never NULL. */
INTERNAL struct arena *arenas_choose(void);

/* Where an object of this size goes when a thread of this arena asks for it. */
INTERNAL struct arena *arenas_for_size(struct arena *arena, size_t size);

/* 0; EAGAIN: no index left, or no memory. hooks NULL: the default ones. creator: who asks, noted
 * before the caller took a lock; NULL: nobody. */
INTERNAL int arenas_create(extent_hooks_t *hooks, const struct creator *creator, unsigned *index);
/* 0; EFAULT: not a manual arena, or (destroy) threads are bound to it. */
INTERNAL int arenas_reset(unsigned index);
INTERNAL int arenas_destroy(unsigned index);

/* Purges what is due in all arenas, and brings the time at which something will be due again
 * forward.
 */
INTERNAL void arenas_decay(uint64_t now_ns);

/* The arena that an address was allocated from; NULL when it is not ours. */
INTERNAL struct arena *arenas_of(const void *address);

/* For arenas to come. Setting: 0, or EFAULT when out of range. */
INTERNAL ssize_t arenas_default_decay_ms(enum page_state state);
INTERNAL int arenas_set_default_decay_ms(enum page_state state, ssize_t ms);

/* Fork: takes every lock of every arena, and drops it in the parent; in the child all are free. */
INTERNAL void arenas_prefork(void);
INTERNAL void arenas_postfork_parent(void);
INTERNAL void arenas_postfork_child(void);
/* In the child: no thread is bound to any arena. */
INTERNAL void arenas_forget_threads(void);

#endif
