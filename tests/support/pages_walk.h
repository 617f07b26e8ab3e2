/* pages_walk.h - checks all that must hold of the pages of one arena while nobody works on it.
 *
 * Each set: its two orders hold the same extents, sums and bitmap agree with them. Each range that
 * the arena's source knows: it is one extent, by both its ends in the pagemap, in the state of the
 * set that it is in, freed a moment ago or active; nothing lies between the ranges. All ranges
 * together: the pages of the sets, the recent and the active ones, as counted.
 */
#ifndef TESTS_SUPPORT_PAGES_WALK_H
#define TESTS_SUPPORT_PAGES_WALK_H

#include "page_alloc.h"
#include "tracked_source.h"

void pages_walk(struct pages *pages, const struct tracked_source *source);

#endif
