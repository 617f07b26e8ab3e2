/* thread.h - what core keeps for each thread: its cache, its arena, its exact byte counters.
 *
 * thread_self points to the record of the running thread. A thread that has not allocated yet has
 * the static record thread_unattached, whose bins refuse everything, so that the fast paths need no
 * test for it: they miss, and the slow path attaches the thread. thread_bare is of the same kind;
 * it stands for a thread that must not have a record (any more): after its end has run our
 * destructor, and while an extent hook of the program runs. Its allocations come from the first
 * arena, go round every cache, and are not counted for any thread.
 *
 * All threads can be watched (thread_watch_all()): thread_self of each points to thread_unattached
 * then, so that every call of the program takes the slow path, where thread_get() still finds the
 * thread's record.
 *
 * A record is touched by its thread alone, but for the counts of its cache, which statistics read
 * from outside. It is memory that is never given back: so they need no lock for that.
 */
#ifndef THREAD_H
#define THREAD_H

#include "tcache.h"
#include "thread_marks.h"

struct thread {
	/* Bytes allocated and freed since the thread started; thread.allocatedp points here. */
	uint64_t allocated;
	uint64_t deallocated;
	/* When allocated reaches this, malloc takes the slow path and upkeep is due. */
	uint64_t event_at;
	uint64_t upkeep_at;    /* what is due then: upkeep, ... */
	uint64_t sample_at;    /* ... or an allocation that is to be guarded; UINT64_MAX: none */
	uint64_t random;       /* state of spread.h */
	uint64_t upkeep_bytes; /* between two steps of upkeep, and when there was one last */
	uint64_t upkeep_ns;
	struct tcache cache;
	bool wants_cache; /* what thread.tcache.enabled says */
	bool has_ticked;  /* with a free, and has not allocated since */
	uint64_t peak;    /* largest allocated - deallocated seen, relative to peak_base */
	uint64_t peak_base;
	struct thread *next_unused;
	struct thread *next_made;
	struct thread **self; /* thread_self of the thread that has the record */
	struct thread_marks marks;
};

INTERNAL extern struct thread thread_unattached;
INTERNAL extern struct thread thread_bare;
INTERNAL extern __thread struct thread *thread_self;

ALWAYS_INLINE bool thread_is_attached(const struct thread *self)
{
	return self != &thread_unattached && self != &thread_bare;
}

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
/* What thread_marks.h has for all threads has changed: each sees it at its next allocation, or the
 * next slow path of a free. The caller holds ctl_lock. */
INTERNAL COLD void thread_remind_all(void);
/* Makes this record that of the running thread again, after thread_self was another for a while. */
INTERNAL void thread_return_to(struct thread *self);

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

/* The allocation of so many bytes that is being made reaches sample_at: sets the next one. Returns
 * a random number for whoever takes the sample. */
INTERNAL uint64_t thread_sample(struct thread *self, size_t bytes);

/* What the running thread wants to be told of its own. */
INTERNAL void thread_set_own_mark(struct thread *self, const struct marks_own *own);

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

/* Calls f for every cache that is bound to an arena, explicit ones too, without a lock: caches come
 * and go meanwhile. */
INTERNAL void thread_each_cache(void (*f)(const struct tcache *, const struct arena *, void *),
				void *argument);

INTERNAL void thread_prefork(void);
INTERNAL void thread_postfork_parent(void);
/* Only the forking thread is bound to its arena in the child. */
INTERNAL void thread_postfork_child(void);

#endif
