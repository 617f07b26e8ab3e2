/* thread_event.h - what comes round in a thread by bytes: upkeep of its cache, what the program
 * wants to be told (thread_marks.h), allocations that are to be guarded.
 *
 * One number of the record, event_at, is the next of them all: the fast path of malloc() compares
 * with nothing else. It is set anew whenever one of them moves. Events of a thread belong to that
 * thread; others lower event_at to remind it, without a lock.
 */
#ifndef THREAD_EVENT_H
#define THREAD_EVENT_H

#include "thread_record.h"

/* A thread begins; its counts, its random state and its marks are set. */
INTERNAL void thread_event_begin(struct thread *self);

/* Sets event_at to what is due first. */
INTERNAL void thread_event_set(struct thread *self);

/* On slow paths: what the thread has now may be the most that it ever had. */
ALWAYS_INLINE void thread_note_peak(struct thread *self)
{
	uint64_t live = self->allocated - self->deallocated - self->peak_base;
	if ((int64_t)live > (int64_t)self->peak)
		self->peak = live;
}

/* What is due by bytes allocated: upkeep of the cache, now and then; what the program wants to be
 * told. No lock is held. */
INTERNAL void thread_event(struct thread *self);
/* On slow paths of free(): the same by bytes freed. */
ALWAYS_INLINE void thread_note_freed(struct thread *self)
{
	if (unlikely(self->deallocated >= shared_read(self->marks.freed_at)))
		marks_reached(&self->marks, self->allocated, self->deallocated);
}

/* On slow paths of free(): at that time, which is not 0, something is unused and will have to go by
 * the clock. The next step of upkeep is brought near, once in a tick: it is a look at the clock
 * too, and if the thread now finds all it wants in its cache, the only one. */
INTERNAL void thread_bring_upkeep_near(struct thread *self, uint64_t now_ns);
ALWAYS_INLINE void thread_note_unused(struct thread *self, uint64_t now_ns)
{
	if (unlikely(now_ns != self->near_ns))
		thread_bring_upkeep_near(self, now_ns);
}

/* The allocation of so many bytes that is being made reaches sample_at: sets the next one. Returns
 * a random number for whoever takes the sample. */
INTERNAL uint64_t thread_sample(struct thread *self, size_t bytes);

/* What the running thread wants to be told of its own. */
INTERNAL void thread_set_own_mark(struct thread *self, const struct marks_own *own);

/* What thread_marks.h has for all threads has changed: each sees it at its next allocation, or the
 * next slow path of a free. The caller holds ctl_lock. */
INTERNAL COLD void thread_remind_all(void);

#endif
