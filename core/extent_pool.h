/* extent_pool.h - recycled extent descriptors of one arena. */
#ifndef EXTENT_POOL_H
#define EXTENT_POOL_H

#include "base.h"
#include "extent.h"
#include "lock.h"

struct extent_pool {
	struct lock lock;
	struct base *base;
	struct list unused; /* through link */
	size_t count;       /* in unused */
	size_t made;        /* ever; relaxed atomic */
};

INTERNAL void extent_pool_init(struct extent_pool *pool, struct base *base);
/* A descriptor with undefined contents; NULL without memory. */
INTERNAL struct extent *extent_pool_take(struct extent_pool *pool);
INTERNAL void extent_pool_put(struct extent_pool *pool, struct extent *extent);

#endif
