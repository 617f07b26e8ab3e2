#include "extent_pool.h"

void extent_pool_init(struct extent_pool *pool, struct base *base)
{
	lock_init(&pool->lock, RANK_POOL);
	pool->base = base;
	list_init(&pool->unused);
	pool->count = 0;
	pool->made = 0;
}

struct extent *extent_pool_take(struct extent_pool *pool)
{
	lock_take(&pool->lock);
	struct list *link = list_first(&pool->unused);
	if (link != NULL) {
		list_remove(link);
		shared_sub(pool->count, 1);
	}
	lock_drop(&pool->lock);
	if (link != NULL)
		return container_of(link, struct extent, link);
	struct extent *extent = base_alloc(pool->base, sizeof(struct extent), EXTENT_ALIGNMENT);
	if (extent != NULL)
		__atomic_add_fetch(&pool->made, 1, __ATOMIC_RELAXED);
	return extent;
}

void extent_pool_put(struct extent_pool *pool, struct extent *extent)
{
	/* Neither mergeable nor free to free, should a stale pointer still lead here. */
	extent_publish(extent, UINT32_MAX, PAGES_IN_TRANSIT);
	lock_take(&pool->lock);
	list_push_front(&pool->unused, &extent->link);
	shared_add(pool->count, 1);
	lock_drop(&pool->lock);
}
