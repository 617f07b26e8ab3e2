/* guard_pool.h - the slots that guarded objects (guard.h) live in: address space of their own, and
 * which of them is the next.
 *
 * The pool is a run of slots with a page that nobody may touch between any two, made at the first
 * object. A slot keeps no memory while it is free, and waits behind all that were freed before it
 * until it is used again, so that an access after free() goes on to fault for as long as can be. An
 * address that faults leads back to the slot it has to do with.
 *
 * Locks: the pool's, for the queue of free slots, taken with none of an arena's held. A slot that
 * is in use belongs to its object's owner. The signal handler reads slots without lock.
 */
#ifndef GUARD_POOL_H
#define GUARD_POOL_H

#include "extent.h"

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

/* A slot for an object, without access; NULL: there is none, or no address space. */
INTERNAL struct guard_slot *guard_pool_take(void);
/* It is free: the last in the queue. */
INTERNAL void guard_pool_put(struct guard_slot *slot);

INTERNAL char *guard_pool_start(const struct guard_slot *slot);
/* What fits a slot; also before the pool was made. */
INTERNAL size_t guard_pool_slot_bytes(void);
/* All slots, one after the other, from the one behind NULL; NULL behind the last. */
INTERNAL struct guard_slot *guard_pool_next(const struct guard_slot *slot);

/* The slot that an address which faulted has to do with, and the distance: 0 inside the object,
 * below 0 before its start, above 0 bytes from its end on. NULL: not ours. No lock: for the signal
 * handler. */
INTERNAL struct guard_slot *guard_pool_find(const void *address, ptrdiff_t *distance);
/* Lets the program go on after a fault; false: it cannot. Until the slot is used again, and closed
 * for that. */
INTERNAL bool guard_pool_open(struct guard_slot *slot, const void *address);
INTERNAL void guard_pool_close(struct guard_slot *slot);

struct guard_stats {
	uint64_t sampled; /* objects that were guarded so far */
	uint64_t missed;  /* samples that could not be */
	size_t live;      /* slots in use */
	size_t freed;     /* slots that wait for reuse, inaccessible */
};

INTERNAL void guard_pool_stats(struct guard_stats *to);
/* A sample was due and its object cannot be guarded. */
INTERNAL void guard_pool_count_missed(void);

INTERNAL void guard_pool_prefork(void);
INTERNAL void guard_pool_postfork_parent(void);
INTERNAL void guard_pool_postfork_child(void);

#endif
