/* page_take.h - active extents out of the unused ones of an arena.
 *
 * In this order: what has just been freed, pinned, dirty, muzzy, retained, so that memory which is
 * there is used before more is asked for. Of an extent that is larger the rest stays unused.
 *
 * Everything here is under the page lock of the arena. What is returned is published as active, and
 * not counted as that yet. NULL: there is none, or no descriptor, or the hooks do not split.
 */
#ifndef PAGE_TAKE_H
#define PAGE_TAKE_H

#include "pages.h"

INTERNAL struct extent *page_take(struct pages *pages, size_t size, size_t alignment);

/* The front of an extent with room bytes or more. */
INTERNAL struct extent *page_take_front(struct pages *pages, size_t size, size_t room);

/* Cuts size bytes at a multiple of alignment out of an extent that is in no set; what is left over
 * goes to the set of its state. NULL: the extent is there as a whole again. */
INTERNAL struct extent *page_take_part(struct pages *pages, struct extent *extent, size_t size,
				       size_t alignment);

#endif
