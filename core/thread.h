/* thread.h - the life of a thread in core: attached at its first call, detached at its end; and
 * what a program says about its thread.
 *
 * All threads can be watched (thread_watch_all()): thread_self of each points to thread_unattached
 * then, so that every call of the program takes the slow path, where thread_get() still finds the
 * thread's record.
 */
#ifndef THREAD_H
#define THREAD_H

#include "thread_event.h"
#include "thread_record.h"

/* Creates the key whose destructor detaches. Where the system has none left, threads go on without
 * caches. */
INTERNAL void thread_boot(void);

/* The record of the running thread, attached if it was not; thread_bare when it cannot have one. */
INTERNAL struct thread *thread_get(void);
/* The same, but NULL when it has none. */
INTERNAL struct thread *thread_if_attached(void);

/* Sends all threads round the fast paths, from their next call on, or lets them go again. The
 * caller holds ctl_lock. */
INTERNAL COLD void thread_watch_all(bool watch);
/* Makes this record that of the running thread again, after thread_self was another for a while. */
INTERNAL void thread_return_to(struct thread *self);

INTERNAL struct arena *thread_arena(struct thread *self);
/* Binds the thread to another arena; what is in its cache stays there. 0. */
INTERNAL int thread_set_arena(struct thread *self, struct arena *arena);

/* With percpu_arena: binds it to the arena of the processor it runs on, unless the program has
 * bound it to one of its own. */
INTERNAL COLD void thread_follow_cpu(struct thread *self);

INTERNAL bool thread_cache_enabled(const struct thread *self);
INTERNAL void thread_cache_set_enabled(struct thread *self, bool enabled);
/* The largest size that it keeps, and how many regions of some sizes. */
INTERNAL size_t thread_cache_max(const struct thread *self);
INTERNAL void thread_cache_set_max(struct thread *self, size_t size);
INTERNAL void thread_cache_flush(struct thread *self);
/* The thread says that it will wait for long: what it has at hand goes back. */
INTERNAL void thread_idle(struct thread *self);

/* Most bytes that were allocated and not freed by this thread since the last reset. */
INTERNAL uint64_t thread_peak(struct thread *self);
INTERNAL void thread_peak_reset(struct thread *self);

/* Only the forking thread is bound to its arena in the child. */
INTERNAL void thread_postfork_child(void);

#endif
