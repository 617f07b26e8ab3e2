/* stats_table.h - the tables of the statistics report: which columns, of what width, from which
 * leaves. Programs read the text by columns, so titles, order and widths are those of jemalloc 5.3.
 *
 * Text only: each function is silent in JSON, where the same leaves are arrays and objects.
 */
#ifndef STATS_TABLE_H
#define STATS_TABLE_H

#include "build.h"
#include "emitter.h"
#include "stats_item.h"

/* What a counter grew by per second: its value over whole seconds, the value itself in the first.
 */
INTERNAL uint64_t stats_rate(uint64_t value, uint64_t uptime_ns);

struct stats_table;
INTERNAL extern const struct stats_table stats_table_bins;
INTERNAL extern const struct stats_table stats_table_large;
INTERNAL extern const struct stats_table stats_table_extents;
INTERNAL extern const struct stats_table stats_table_rooms; /* packed huge pages */
INTERNAL extern const struct stats_table stats_table_batches;

/* One row for each size class that is in use in an arena, "---" for those between them. */
INTERNAL void stats_table_print(struct emitter *e, const struct stats_table *table, size_t arena,
				uint64_t uptime_ns, bool with_mutexes);

/* Column titles, then a row for each lock whose leaves exist. prefix: of the
 * path, with at most one index. */
INTERNAL void stats_table_mutexes(struct emitter *e, const char *prefix, const stats_name *names,
				  size_t index, uint64_t uptime_ns);

#endif
