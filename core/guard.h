/* guard.h - guarded objects: a sample of all allocations, placed so that a mistake faults.
 *
 * The pool is a run of slots in address space of its own, with a page that nobody may touch between
 * any two. An object lies at the very end or the very start of its slot, at random; its pages alone
 * are accessible, and only while it lives:
 *
 *     | guard | ....... object | guard | object ....... | guard | (freed)      | guard |
 *                             ^ right-aligned          left-aligned ^ no access
 *
 * So an access beyond that end, and any access after free(), stops the program at the instruction
 * that made it (trap.h turns the fault into words). At the other end, and where the size class is
 * larger than a multiple of the page, the rest of the pages holds a filling that free() checks. A
 * freed slot keeps no memory, and waits behind all that were freed before it until it is used
 * again.
 *
 * To everybody else such an object is an ordinary one of its size class and arena, whose descriptor
 * (is_guarded) the pagemap leads to: it is counted in its bin, and goes with its arena.
 *
 * Locks: the pool's, for the queue of free slots, taken with none of an arena's held. A slot that
 * is in use belongs to its object's owner. The signal handler reads slots without lock.
 */
#ifndef GUARD_H
#define GUARD_H

#include "bin.h"
#include "unwind.h"

#define GUARD_FRAMES 24 /* of a stack that is kept */

enum guard_state {
	GUARD_UNUSED,
	GUARD_LIVE,
	GUARD_FREED,
};

/* What somebody did with an object: where, and who. */
struct guard_trace {
	uint32_t thread; /* the kernel's number */
	uint32_t nframes;
	void *frames[GUARD_FRAMES];
};

struct guard_slot {
	struct extent extent; /* of the object, while it lives; the pagemap's words lead here */
	uint32_t state;       /* enum guard_state, atomic */
	bool is_spoiled;  /* shared: after a fault its page was opened, for the program to go on */
	size_t requested; /* bytes that the program asked for */
	size_t least_claim; /* least size that a sized free may name; 0 where nobody knows */
	struct guard_trace allocated;
	struct guard_trace freed;
};

/* A request that is to be guarded. */
struct guard_request {
	unsigned class;   /* small */
	size_t requested; /* bytes */
	size_t usable;    /* bytes, at most those of the class */
	size_t alignment; /* power of two, at most a page; 0: none asked for */
	uint64_t random;
};

/* Objects of at most this many bytes can be guarded; 0 before the pool was made. */
INTERNAL size_t guard_max(void);

/* A guarded object, zeroed, counted in the bin of its class and the pages, which are the arena's.
 * NULL: it cannot be had (no slot, no memory), and is not guarded then. */
INTERNAL void *guard_alloc(const struct guard_request *request, struct bin *bin,
			   struct pages *pages);

/* Frees one, by its extent, whose address is the pointer that was passed. Tells of what was written
 * round it. */
INTERNAL void guard_free(struct extent *extent, struct bin *bin, struct pages *pages);

ALWAYS_INLINE struct guard_slot *guard_slot_of(struct extent *extent)
{
	return container_of(extent, struct guard_slot, extent);
}

/* Tells that a pointer into a slot was freed or used as an object, and is none. */
INTERNAL COLD void guard_tell_foreign(const char *what, const struct extent *extent, const void *p);

/* "allocated by thread 123", and the stack. */
INTERNAL void guard_tell_trace(struct fmt *text, const char *what, const struct guard_trace *trace);

/* Takes back the objects of an arena that is being reset. */
INTERNAL void guard_reset(struct bin *bins, struct pages *pages);

/* The slot that an address which faulted has to do with, and the distance: 0 inside the object,
 * below 0 before its start, above 0 bytes from its end on. NULL: not ours. No lock: for the signal
 * handler. */
INTERNAL struct guard_slot *guard_find(const void *address, ptrdiff_t *distance);
/* Lets the program go on after a fault; false: it cannot. */
INTERNAL bool guard_open(struct guard_slot *slot, const void *address);

struct guard_stats {
	uint64_t sampled; /* objects that were guarded so far */
	uint64_t missed;  /* samples that could not be */
	size_t live;      /* slots in use */
	size_t freed;     /* slots that wait for reuse, inaccessible */
};

INTERNAL void guard_stats(struct guard_stats *to);
/* A sample was due and its object cannot be guarded. */
INTERNAL void guard_count_missed(void);

INTERNAL void guard_prefork(void);
INTERNAL void guard_postfork_parent(void);
INTERNAL void guard_postfork_child(void);

#endif
