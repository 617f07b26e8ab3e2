/* guard.h - guarded objects: a sample of all allocations, placed so that a mistake faults.
 *
 * Each has a slot of its own in the pool (guard_pool.h), with a page that nobody may touch before
 * and behind it. It lies at the very end or the very start of its slot, at random; its pages alone
 * are accessible, and only while it lives:
 *
 *     | guard | ....... object | guard | object ....... | guard | (freed)      | guard |
 *                             ^ right-aligned          left-aligned ^ no access
 *
 * So an access beyond that end, and any access after free(), stops the program at the instruction
 * that made it (trap.h turns the fault into words). At the other end, and where the size class is
 * larger than a multiple of the page, the rest of the pages holds a filling that free() checks.
 *
 * To everybody else such an object is an ordinary one of its size class and arena, whose descriptor
 * (is_guarded) the pagemap leads to: it is counted in its bin, and goes with its arena.
 *
 * No lock: a slot that is in use belongs to its object's owner.
 */
#ifndef GUARD_H
#define GUARD_H

#include "bin.h"
#include "fmt.h"
#include "guard_pool.h"

/* A request that is to be guarded. */
struct guard_request {
	unsigned class;   /* small */
	size_t requested; /* bytes */
	size_t usable;    /* bytes, at most those of the class */
	size_t alignment; /* power of two, at most a page; 0: none asked for */
	uint64_t random;
};

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

#endif
