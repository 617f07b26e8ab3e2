/* hpa_walk.h - checks all that must hold of the packed huge pages of one arena.
 *
 * Each slab: its bitmaps agree with their counts and the longest run, the map leads to it, it is in
 * the orders where it belongs and in no other. All together: the sums and the counts of the report.
 */
#ifndef TESTS_SUPPORT_HPA_WALK_H
#define TESTS_SUPPORT_HPA_WALK_H

#include "hpa_shard.h"

/* Of one slab, whoever has it. */
void hpa_walk_slab(const struct hpa_slab *slab);

/* Of a set of slabs; the caller has its lock or is alone. */
void hpa_walk_set(const struct hpa_set *set);

/* Of a shard, with its lock free; returns the pages that are active. */
size_t hpa_walk(struct hpa_shard *shard);

#endif
