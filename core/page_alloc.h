/* page_alloc.h - hands extents of an arena out, and resizes them where they are.
 *
 * Where an extent comes from, in this order: dirty, muzzy, retained, new address space. With the
 * option retain, address space is taken in steps that grow, and never given back while the arena
 * lives; the part of a step that is not needed waits as retained.
 *
 * With the option hpa small extents come out of packed huge pages instead (hpa.h), and in the order
 * above only when these have no memory.
 *
 * count: one of the caller's that goes up with the success (pages.h), or NULL.
 */
#ifndef PAGE_ALLOC_H
#define PAGE_ALLOC_H

#include "page_purge.h"

/* An active extent of size bytes (page multiple) at a multiple of alignment. Its memory is
 * committed, zeroed says whether it is zero; when zero is true it is. It is in the pagemap with
 * both ends and no cache bin. NULL without memory. */
INTERNAL struct extent *pages_alloc_counted(struct pages *pages, size_t size, size_t alignment,
					    bool zero, uint64_t *count);
ALWAYS_INLINE struct extent *pages_alloc(struct pages *pages, size_t size, size_t alignment,
					 bool zero)
{
	return pages_alloc_counted(pages, size, alignment, zero, NULL);
}

/* The same, but never out of packed huge pages: for who changes what stands behind the memory. */
INTERNAL struct extent *pages_alloc_apart(struct pages *pages, size_t size, size_t alignment,
					  bool zero);

/* The same for contents that are to grow further: with room behind them for pages_expand(), where
 * that costs address space alone. */
INTERNAL struct extent *pages_alloc_to_grow(struct pages *pages, size_t size, bool zero,
					    uint64_t *count);

/* In place. Grows an extent by what lies unused behind it (false: nothing was changed; with zero,
 * the new part is zero), or gives its end back (false: the hooks would not split it). */
INTERNAL bool pages_expand(struct pages *pages, struct extent *extent, size_t size, bool zero);
INTERNAL bool pages_shrink(struct pages *pages, struct extent *extent, size_t size);

#endif
