/* hpa_sec.h - small extent cache: freed extents of a shard, kept whole for whoever wants the same
 * size next, in several parts with a lock of their own.
 *
 * A thread always comes to the same part. There extents wait by page class, the latest on top; when
 * they are too many bytes, the oldest of one class after the other go back to the shard. For the
 * shard their pages are active; for everybody else they are dirty. Only sizes that are page classes
 * are kept.
 *
 * Locks: one for each part; that of the shard may be taken under it.
 */
#ifndef HPA_SEC_H
#define HPA_SEC_H

#include "hpa_shard.h"

#define HPA_SEC_CLASSES 32 /* page classes up to a huge page */

struct hpa_sec_counts {
	size_t hits;
	size_t misses;
	size_t kept;      /* came back and found room */
	size_t flushes;   /* came back and made the part too large */
	size_t overfills; /* times that what was taken ahead made it too large */
};

struct hpa_sec_part {
	struct lock lock;
	size_t bytes;
	uint8_t next_flushed; /* class */
	struct hpa_sec_counts counts;
	struct list classes[HPA_SEC_CLASSES]; /* through link */
} __attribute__((aligned(CACHE_LINE)));

struct hpa_sec_limits {
	size_t nparts; /* 0: nothing is kept */
	size_t max_alloc;
	size_t max_bytes;
	size_t bytes_after_flush;
	size_t fill_extra;
};

struct hpa_sec {
	/* set once */
	struct hpa_shard *shard;
	const struct hpa_sec_limits *limits;
	struct hpa_sec_part *parts;
};

/* false without memory. */
INTERNAL bool hpa_sec_init(struct hpa_sec *sec, struct hpa_shard *shard,
			   const struct hpa_sec_limits *limits);

/* As of the shard: an active extent, NULL without memory; and one that comes back. */
INTERNAL struct extent *hpa_sec_alloc(struct hpa_sec *sec, size_t size);
INTERNAL void hpa_sec_dalloc(struct hpa_sec *sec, struct extent *extent);

/* Everything that is kept goes back to the shard. */
INTERNAL void hpa_sec_flush(struct hpa_sec *sec);

#endif
