/* stats_table.h - prints a table of the statistics report (stats_columns.h): titles, and a row for
 * each size class in use, or for each lock.
 *
 * Text only: each function is silent in JSON, where the same leaves are arrays and objects.
 */
#ifndef STATS_TABLE_H
#define STATS_TABLE_H

#include "build.h"
#include "emitter.h"
#include "stats_columns.h"
#include "stats_item.h"

/* What a counter grew by per second: its value over whole seconds, the value itself in the first.
 */
INTERNAL uint64_t stats_rate(uint64_t value, uint64_t uptime_ns);

/* One row for each size class that is in use in an arena, "---" for those between them. */
INTERNAL void stats_table_print(struct emitter *e, const struct stats_table *table, size_t arena,
				uint64_t uptime_ns, bool with_mutexes);

/* Column titles, then a row for each lock whose leaves exist. prefix: of the
 * path, with at most one index. */
INTERNAL void stats_table_mutexes(struct emitter *e, const char *prefix, const stats_name *names,
				  size_t index, uint64_t uptime_ns);

#endif
