/* stats_leaf.h - one leaf of the control tree as the statistics report reads it: resolved once,
 * read for many indices.
 *
 * Reads go the way of mallctlbymib(), one leaf at a time, so that the report holds no lock while it
 * writes; only that who asks has indices that resolve. A leaf that this build does not have is
 * absent, which is no error: it reads as 0.
 */
#ifndef STATS_LEAF_H
#define STATS_LEAF_H

#include "build.h"
#include "ctl_row.h"

/* Indices that stand for several arenas. */
#define STATS_ARENAS_ALL       4096
#define STATS_ARENAS_DESTROYED 4097

struct stats_leaf {
	enum moonheap_ctl_type type;
	bool is_there;
	uint8_t indices; /* in the path */
	const struct ctl_row *row;
	struct ctl_call call;
};

/* Resolves prefix + name, a path such as "stats.arenas.<arena>.bins.<bin>.nmalloc"; false: absent.
 */
INTERNAL bool stats_leaf_find(struct stats_leaf *leaf, const char *prefix, const char *name);

/* The index that stands for the n-th one of the path in reads from now on. */
INTERNAL void stats_leaf_index(struct stats_leaf *leaf, unsigned n, size_t index);

/* false: absent, or what an index names is not there any more. */
INTERNAL bool stats_leaf_read(const struct stats_leaf *leaf, union ctl_value *value);

/* A value of an unsigned type as a number; 0 where it cannot be read. */
INTERNAL uint64_t stats_leaf_number(const struct stats_leaf *leaf);

/* For leaves that are read once: path with at most one index. */
INTERNAL bool stats_read(const char *path, size_t index, enum moonheap_ctl_type *type,
			 union ctl_value *value);
INTERNAL uint64_t stats_read_number(const char *path, size_t index);

#endif
