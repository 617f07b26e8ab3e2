#include "pages.h"

#include "dss.h"
#include "options.h"
#include "os.h"

#include <string.h>

/* The first step by which address space grows; later ones are a page class larger each. */
#define GROW_FIRST ((size_t)2 << 20)

void pages_start_growing(struct pages *pages)
{
	pages->grow_next = page_class_ceil(GROW_FIRST);
	pages->grow_limit = size_class_npages - 1;
	pages->grows_exactly = false;
}

void pages_init(struct pages *pages, uint32_t arena, struct base *base, extent_hooks_t *hooks,
		ssize_t dirty_decay_ms, ssize_t muzzy_decay_ms)
{
	pages->arena = arena;
	extent_pool_init(&pages->pool, base);
	lock_init(&pages->grow_lock, RANK_GROW);
	lock_init(&pages->lock, RANK_PAGES);
	pages->hooks = hooks;
	pages_start_growing(pages);
	pages->dss = dss_default();
	pages->oversize = options.oversize_threshold;
	list_init(&pages->transit);
	list_init(&pages->recent_by_age);
	uint64_t now = os_now_at_start_ns();
	decay_set(&pages->decay[PAGES_DIRTY], dirty_decay_ms, now);
	decay_set(&pages->decay[PAGES_MUZZY], muzzy_decay_ms, now);
	pages->due_ns = UINT64_MAX;
	pages->hpa_expected_ns = UINT64_MAX;
}

void pages_pack(struct pages *pages)
{
	if (pages->hpa == NULL)
		pages->hpa =
			hpa_create(pages->arena, pages->pool.base, &pages->pool, &pages->events);
	if (pages->hpa != NULL)
		shared_store(pages->packs_up_to, hpa_max_alloc);
}

void pages_count_apart(struct pages *pages, size_t npages, bool is_free)
{
	lock_take(&pages->lock);
	shared_add(pages->nactive, is_free ? -npages : npages);
	lock_drop(&pages->lock);
}

void pages_count(struct pages *pages, uint64_t *count)
{
	lock_take(&pages->lock);
	pages_count_locked(count);
	lock_drop(&pages->lock);
}

struct extent *pages_split_front(struct pages *pages, struct extent *extent, size_t size,
				 struct extent_set *set)
{
	struct extent *front = extent_pool_take(&pages->pool);
	if (front == NULL)
		return NULL;
	if (!hooks_split(pages->hooks, extent->address, extent->size, size, extent->committed,
			 pages->arena, &pages->events)) {
		extent_pool_put(&pages->pool, front);
		return NULL;
	}
	extent_clear(front);
	front->address = extent->address;
	front->size = size;
	front->is_head = extent->is_head;
	front->zeroed = extent->zeroed;
	front->seams = extent->seams;
	front->is_pinned = extent->is_pinned;
	front->committed = extent->committed;
	extent_publish(front, pages->arena, (enum page_state)extent->state);
	extent->is_head = false;
	if (set != NULL) {
		extent_set_move(set, extent, ptr_add(extent->address, size), extent->size - size);
	} else {
		extent->address = ptr_add(extent->address, size);
		extent->size -= size;
	}
	pagemap_set_ends(front, CACHE_BIN_NONE);
	pagemap_set_ends(extent, CACHE_BIN_NONE);
	return front;
}

/* Is next, the extent behind extent, one with it? */
static bool are_mergeable(struct pages *pages, const struct extent *extent,
			  const struct extent *next)
{
	return !next->is_head && next->address == extent_end(extent) &&
	       next->committed == extent->committed &&
	       hooks_merge(pages->hooks, extent->address, extent->size, next->address, next->size,
			   extent->committed, pages->arena, &pages->events);
}

void pages_put_unused(struct pages *pages, struct extent *extent, enum page_state state)
{
	struct extent_set *set = &pages->sets[state];
	bool is_in_set = false;

	extent_publish(extent, pages->arena, state);
	struct extent *before =
		extent->is_head ? NULL : pagemap_neighbour((char *)extent->address - 1);
	if (before != NULL && extent_is_mergeable(before, pages->arena, state) &&
	    are_mergeable(pages, before, extent)) {
		bool zeroed = before->zeroed && extent->zeroed;
		uint8_t seams = before->seams | extent->seams;
		if (before->size >= extent->size) {
			extent_set_move(set, before, before->address, before->size + extent->size);
			extent_pool_put(&pages->pool, extent);
			extent = before;
			is_in_set = true;
		} else {
			extent_set_remove(set, before);
			extent->address = before->address;
			extent->size += before->size;
			extent->is_head = before->is_head;
			extent_pool_put(&pages->pool, before);
		}
		extent->zeroed = zeroed;
		extent->seams = seams;
	}
	struct extent *after = pagemap_neighbour(extent_end(extent));
	if (after != NULL && extent_is_mergeable(after, pages->arena, state) &&
	    are_mergeable(pages, extent, after)) {
		bool zeroed = after->zeroed && extent->zeroed;
		uint8_t seams = after->seams | extent->seams;
		size_t size = extent->size + after->size;
		if (after->size > extent->size) {
			if (is_in_set)
				extent_set_remove(set, extent);
			after->is_head = extent->is_head;
			extent_set_move(set, after, extent->address, size);
			extent_pool_put(&pages->pool, extent);
			extent = after;
			is_in_set = true;
		} else {
			extent_set_remove(set, after);
			if (is_in_set)
				extent_set_move(set, extent, extent->address, size);
			else
				extent->size = size;
			extent_pool_put(&pages->pool, after);
		}
		extent->zeroed = zeroed;
		extent->seams = seams;
	}
	pagemap_set_ends(extent, CACHE_BIN_NONE);
	if (!is_in_set)
		extent_set_add(set, extent);
	if (extent_is_mendable(extent) && state == PAGES_RETAINED)
		extent_set_age(set, extent);
}

extent_hooks_t *pages_set_hooks(struct pages *pages, extent_hooks_t *hooks)
{
	lock_take(&pages->grow_lock); /* nobody maps with the old ones meanwhile */
	lock_take(&pages->lock);
	extent_hooks_t *old = pages->hooks;
	__atomic_store_n(&pages->hooks, hooks, __ATOMIC_RELEASE);
	pages->grows_exactly = false;
	if (!hooks_are_default(hooks))
		shared_store(pages->packs_up_to, 0);
	lock_drop(&pages->lock);
	lock_drop(&pages->grow_lock);
	return old;
}

void pages_forget_counts(struct pages *pages)
{
	lock_take(&pages->lock);
	for (unsigned i = 0; i < PAGES_RETAINED; i++) {
		shared_store(pages->purged[i].sweeps, 0);
		shared_store(pages->purged[i].calls, 0);
		shared_store(pages->purged[i].pages, 0);
	}
	memset(&pages->events, 0, sizeof(pages->events));
	lock_drop(&pages->lock);
}
