/* stats_newer.h - what the statistics report has beyond that of jemalloc 5.3.0: what versions after
 * it show, and what Moonheap has of its own.
 *
 * Programs read 5.3.0's report by lines, columns and the order of keys. So all of this comes behind
 * what that report has: lines at the end of an arena's part and of the whole, keys at the end of
 * their object. Keys of newer versions have those versions' names and places; all others stand
 * under "moonheap".
 */
#ifndef STATS_NEWER_H
#define STATS_NEWER_H

#include "build.h"
#include "emitter.h"

/* At the end of the options, of the constants, of the totals (JSON only), and of one arena. */
INTERNAL void stats_newer_options(struct emitter *e);
INTERNAL void stats_newer_constants(struct emitter *e);
INTERNAL void stats_newer_totals(struct emitter *e);
INTERNAL void stats_newer_arena(struct emitter *e, size_t arena);

/* At the end of the whole. is_refreshed: the figures are of this moment. */
INTERNAL void stats_newer_own(struct emitter *e, bool is_refreshed);

#endif
