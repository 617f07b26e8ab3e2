/* bin_shards.h - how many parts the bins of each size class have.
 *
 * A part, a shard, is a bin of its own, with its lock, its slabs and its counters; threads of one
 * arena that would wait for each other at one bin fill their caches from different shards of it.
 * The price is memory: each shard has slabs that are not full.
 *
 * Set once by bin_shards_boot(), before there is an arena, and constant from then on; 0, which
 * counts as 1, before.
 */
#ifndef BIN_SHARDS_H
#define BIN_SHARDS_H

#include "size_class.h"

INTERNAL extern uint32_t bin_shards[BINS_MAX];

/* text has the syntax of the option bin_shards ("lo-hi:n|...", already validated) or is NULL. */
INTERNAL void bin_shards_boot(const char *text);

/* How many shards one arena has beyond the first of each class. */
INTERNAL unsigned bin_shards_more(void);

#endif
