/* stats_hpa.h - the part of the statistics report about packed huge pages (option hpa) of one
 * arena.
 *
 * It is always there, for programs that expect its keys or lines; what newer versions than 5.3.0
 * tell is in text only with the option.
 */
#ifndef STATS_HPA_H
#define STATS_HPA_H

#include "build.h"
#include "emitter.h"

INTERNAL void stats_hpa(struct emitter *e, size_t arena, uint64_t uptime_ns);

#endif
