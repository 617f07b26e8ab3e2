/* quarantine.h - freed objects that are held back for a while, and looked at before they are used
 * again.
 *
 * A thread holds what it freed in the order in which it did, up to safety_quarantine_bytes; who
 * comes in pushes the oldest out. What is held is filled with 0x5b, and when it goes must still be:
 * else somebody wrote to it after it was freed. Large objects are held without memory and access
 * (extent.is_held), so that any access to them is a fault; they cost nothing but address space.
 *
 * With safety:full everything is held, and filled whole. With lg_san_uaf_align:n it is the objects
 * of small classes whose address is a multiple of 2^n, of which the first, the middle and the last
 * word are filled. To the statistics held objects are still out, as those in caches are.
 *
 * A quarantine is touched by its thread alone; statistics read bytes.
 */
#ifndef QUARANTINE_H
#define QUARANTINE_H

#include "arenas.h"
#include "options.h"

struct quarantine {
	void **ring; /* NULL: nothing was ever held */
	uint32_t first;
	uint32_t length;
	size_t bytes; /* of memory that is held; shared */
};

/* Whether this object is to be held when it is freed. */
INTERNAL bool quarantine_wants(const struct extent *extent, const void *p);

/* Holds it; false: it cannot be. May give older ones back. */
INTERNAL bool quarantine_put(struct quarantine *quarantine, struct extent *extent, void *p);

/* Gives everything back. */
INTERNAL void quarantine_flush(struct quarantine *quarantine);

/* An empty one; and the end of one, which gives everything back. */
INTERNAL void quarantine_init(struct quarantine *quarantine);
INTERNAL void quarantine_fini(struct quarantine *quarantine);

/* Whether frees have to come by here at all. */
ALWAYS_INLINE bool quarantine_is_on(void)
{
	return options.safety == SAFETY_FULL || options.lg_san_uaf_align >= 0;
}

/* Fork: the memory of rings. */
INTERNAL void quarantine_prefork(void);
INTERNAL void quarantine_postfork_parent(void);
INTERNAL void quarantine_postfork_child(void);

#endif
