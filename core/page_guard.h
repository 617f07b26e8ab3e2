/* page_guard.h - a page without access on either side of an extent.
 *
 * Who wants an extent guarded takes one that is larger by page_guard_room(), and closes it: its
 * outer pages become guards, and the extent is what lies between. Giving it back opens it again,
 * whoever does that (pages_dalloc), so guards are nobody else's business; but an extent with guards
 * does not grow, shrink or move.
 *
 * Each costs the kernel mappings, of which a process has only so many: there is a limit, beyond
 * which extents go without. Guards need the default hooks: they take the access away from pages.
 */
#ifndef PAGE_GUARD_H
#define PAGE_GUARD_H

#include "options.h"
#include "pages.h"

enum page_guard_kind { PAGE_GUARD_SMALL, PAGE_GUARD_LARGE, PAGE_GUARD_KINDS };

/* One of every so many extents, by the option; 0: none. */
ALWAYS_INLINE size_t page_guard_one_in(enum page_guard_kind kind)
{
	if (kind == PAGE_GUARD_SMALL)
		return options.san_guard_small;
	return options.safety == SAFETY_FULL ? 1 : options.san_guard_large;
}

/* Whether the next one is, where some are, and it can be. */
INTERNAL bool page_guard_is_turn(struct pages *pages, enum page_guard_kind kind);
ALWAYS_INLINE bool page_guard_is_due(struct pages *pages, enum page_guard_kind kind)
{
	return unlikely(page_guard_one_in(kind) != 0) && page_guard_is_turn(pages, kind);
}

/* Whether one more may be had. */
INTERNAL bool page_guard_may_be(struct pages *pages);

/* Bytes for the guards; an extent with an alignment above the page has only one, behind it. */
ALWAYS_INLINE size_t page_guard_room(size_t alignment)
{
	return alignment > os_page ? os_page : 2 * os_page;
}

/* Makes the outer pages of an active extent guards. false: it has none, and is of no use but to be
 * given back. */
INTERNAL bool page_guard_close(struct pages *pages, struct extent *extent, size_t alignment);
/* The extent is whole again; or, where the kernel refuses, it goes on without these pages. */
INTERNAL void page_guard_open(struct pages *pages, struct extent *extent);

/* Whether an address lies on a guard; then *extent is what it guards. No lock. */
INTERNAL bool page_guard_find(const void *address, struct extent **extent);

/* Extents with guards. */
INTERNAL size_t page_guard_count(void);

#endif
