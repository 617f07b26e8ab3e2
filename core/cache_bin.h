/* cache_bin.h - a stack of free regions of one size class, owned by one thread. The hot data.
 *
 *     slots:   NULL | region region region ......... | room ......... |
 *              ^ the stop   ^                  ^ top              ^ limit
 *
 * Slot 0 always holds NULL, so that popping needs no test of its own for an empty stack: it finds
 * NULL. Pushing compares with limit. A bin that must not be used (thread without a cache, class
 * that is not cached) has top right behind a stop and limit equal to top: every pop finds NULL and
 * every push is refused, and both end in the slow path, which sorts things out.
 *
 * The regions themselves are not touched.
 */
#ifndef CACHE_BIN_H
#define CACHE_BIN_H

#include "build.h"

struct cache_bin {
	void **top;         /* one behind the latest region */
	void **limit;       /* top when full */
	size_t usable;      /* bytes of a region */
	uint64_t nrequests; /* pops since they were last reported to the arena */
};

/* The latest region, NULL when there is none; cache_bin_drop() takes it off. Two steps, because the
 * caller may find that it must not have it yet. */
ALWAYS_INLINE void *cache_bin_peek(const struct cache_bin *bin)
{
	return bin->top[-1];
}

ALWAYS_INLINE void cache_bin_drop(struct cache_bin *bin)
{
	shared_store(bin->top, bin->top - 1);
	shared_store(bin->nrequests, bin->nrequests + 1);
}

/* false: full, or not in use. */
ALWAYS_INLINE bool cache_bin_push(struct cache_bin *bin, void *region)
{
	void **top = bin->top;
	if (unlikely(top >= bin->limit))
		return false;
	*top = region;
	shared_store(bin->top, top + 1);
	return true;
}

#endif
