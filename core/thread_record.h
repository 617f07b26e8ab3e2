/* thread_record.h - what core keeps for each thread: its cache, its arena, its exact byte counters.
 *
 * thread_self points to the record of the running thread. A thread that has not allocated yet has
 * the static record thread_unattached, whose bins refuse everything, so that the fast paths need no
 * test for it: they miss, and the slow path attaches the thread. thread_bare is of the same kind;
 * it stands for a thread that must not have a record (any more): after its end has run our
 * destructor, and while an extent hook of the program runs. Its allocations come from the first
 * arena, go round every cache, and are not counted for any thread.
 *
 * A record is touched by its thread alone, but for the counts of its cache, which statistics read
 * from outside. It is memory that is never given back: so they need no lock for that.
 */
#ifndef THREAD_RECORD_H
#define THREAD_RECORD_H

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
	uint64_t near_ns; /* when the next step was last brought near (thread_note_unused()) */
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

/* A record that no thread has, zero when it is new; NULL: no memory. And back. */
INTERNAL struct thread *thread_record_take(void);
INTERNAL void thread_record_put(struct thread *record);

/* Calls f for every thread that has a record; none of them ends meanwhile. */
INTERNAL void thread_record_each(void (*f)(struct thread *));

/* Calls f for every cache that is bound to an arena, explicit ones too, without a lock: caches come
 * and go meanwhile. */
INTERNAL void thread_each_cache(void (*f)(const struct tcache *, const struct arena *, void *),
				void *argument);

INTERNAL void thread_records_prefork(void);
INTERNAL void thread_records_postfork_parent(void);
/* No other record than the forking thread's, which may be NULL, is bound to an arena any more. */
INTERNAL void thread_records_postfork_child(const struct thread *self);

#endif
