/* alloc_resize.h - an object gets another size: in place where it can, by moving its pages where it
 * is large, and by copying otherwise. Failure leaves the object as it was.
 */
#ifndef ALLOC_RESIZE_H
#define ALLOC_RESIZE_H

#include "alloc.h"

/* A small object of another class, as malloc(), memcpy() and free() would make it. NULL: it is not
 * as simple as that, and nothing has happened. */
INTERNAL void *alloc_move_small(void *p, size_t size);
/* how decides about the new place when the object moves. NULL: the old object is untouched. */
INTERNAL void *alloc_resize(void *p, size_t size, const struct alloc_how *how);
/* In place: usable size at least size and at most that of size + extra, if it can be; returns the
 * usable size that results. */
INTERNAL size_t alloc_resize_in_place(void *p, size_t size, size_t extra, size_t alignment,
				      bool zero);

#endif
