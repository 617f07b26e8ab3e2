/* page_grow.h - new address space for an arena: from its hooks, or the data segment.
 *
 * It is asked for in steps that become larger, so that an arena has few mappings; of a step, what
 * was not asked for is retained. Where that cannot be had (without retain, hooks that do not split,
 * no memory for a step), it is exactly what was asked for.
 *
 * One thread at a time grows an arena: under the grow lock, which is taken here. Both functions
 * enter without a lock and return with the page lock held, also when they fail; what they return is
 * active, and not counted as that yet.
 */
#ifndef PAGE_GROW_H
#define PAGE_GROW_H

#include "pages.h"

INTERNAL struct extent *page_grow(struct pages *pages, size_t size, size_t alignment);

/* The front of a step with room bytes or more. */
INTERNAL struct extent *page_grow_with_room(struct pages *pages, size_t size, size_t room);

#endif
