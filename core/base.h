/* base.h - metadata memory: handed out in order from blocks of address space, never given back.
 *
 * Each arena has a base of its own, so that its metadata can be counted and lies together; the
 * first arena's base also serves what belongs to no arena (thread records, the control tree's
 * snapshot). Memory comes zeroed and untouched, so a large table costs only the pages that are
 * used. Sums are shared words, for statistics. Who wants to recycle keeps a free list (extent_pool,
 * tcache). With the option metadata_thp blocks are huge pages: from the start, or once the base has
 * a good number of mebibytes.
 */
#ifndef BASE_H
#define BASE_H

#include "lock.h"

struct base {
	struct lock lock;
	char *next;       /* first free byte of the current block */
	char *end;        /* of the current block */
	bool is_huge;     /* the current block is made of huge pages */
	size_t block;     /* bytes of the next block */
	size_t allocated; /* bytes handed out */
	size_t resident;  /* bytes of pages that were handed out from, in whole or part */
	size_t mapped;    /* bytes of all blocks */
	size_t thp;       /* huge pages that were handed out from */
};

/* The base of the first arena, ready from link time on. */
INTERNAL extern struct base base_first;

INTERNAL void base_init(struct base *base);

/* Zeroed memory, at least cache-line aligned when alignment is 0; NULL without memory. Takes the
 * lock of the base. */
INTERNAL void *base_alloc(struct base *base, size_t size, size_t alignment);

#endif
