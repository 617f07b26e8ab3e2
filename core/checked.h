/* checked.h - safety:full: an object knows its exact size, and is looked at whenever it is freed,
 * resized or asked about.
 *
 * The size of a small object stands in the canary at the end of its region, that of a large one in
 * its extent. Behind the object is filling, up to the canary or the end of the extent; the usable
 * size is the size that was asked for, so that not a byte beyond it may change. Requests are served
 * by the class that has room for the canary too.
 *
 * All of it is on the slow paths: at this level threads have no cache.
 */
#ifndef CHECKED_H
#define CHECKED_H

#include "arenas.h"
#include "options.h"

ALWAYS_INLINE bool checked_is_on(void)
{
	return options.safety == SAFETY_FULL;
}

/* Bytes to ask the size classes for; above SIZE_MAX_CLASS when there are no such. */
INTERNAL size_t checked_room(size_t size);
/* What the program may use of a request. */
ALWAYS_INLINE size_t checked_usable(size_t size)
{
	return size != 0 ? size : 1;
}

/* A new object in this region (of its slab, or large), of a request of so many bytes. */
INTERNAL void checked_begin(void *region, size_t size);

/* The bytes of an object; 0: it is none (any more), which has been told unless what is NULL. */
INTERNAL size_t checked_size(struct extent *extent, const void *p, const char *what);

/* Looks at an object that is about to be freed; false: it is none, and must not be. */
INTERNAL bool checked_end(struct extent *extent, void *p);

/* Tells that an object was freed with the size of another. true_size: of the object. */
INTERNAL COLD void checked_tell_size(const void *p, const struct extent *extent, size_t true_size,
				     size_t claimed);

#endif
