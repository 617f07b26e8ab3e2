/* page_move.h - contents of large extents go elsewhere by page tables, without being copied.
 *
 * The price is that the kernel has more mappings than before, of which a process may have only some
 * ten thousands: what is moved stays a mapping of its own, and so may become what lies between two
 * of these. So unused space that this may be true of (the seams of an extent) is mapped anew: moved
 * contents when they are purged, and all that is retained after each MOVES_UNTIL_MENDED moves and
 * whenever everything is purged. The number of mappings is bounded by that of extents in use.
 */
#ifndef PAGE_MOVE_H
#define PAGE_MOVE_H

#include "pages.h"

#define MOVES_UNTIL_MENDED 64

/* Moves the contents of one active extent to the start of another one without copying; the old one
 * is taken back. false: that does not pay or cannot be done, and nothing was changed. */
INTERNAL bool pages_move(struct pages *from_pages, struct extent *from, struct pages *to_pages,
			 struct extent *to);

/* Drops what is behind an extent that nobody else sees, and makes one mapping of it; it is zeroed
 * then. false: the system cannot. */
INTERNAL bool pages_map_again(struct extent *extent);

/* Has pages_mend() anything to do? Holds the page lock. */
INTERNAL bool pages_need_mending(const struct pages *pages);
/* Makes one mapping of each retained extent with seams. Takes the grow lock. */
INTERNAL void pages_mend(struct pages *pages);

#endif
