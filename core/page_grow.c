#include "page_grow.h"

#include "dss.h"
#include "options.h"
#include "os.h"
#include "os_purge.h"
#include "page_take.h"

/* Address space from the hooks, whose flags it may have; where those are ours, also from the data
 * segment. */
static void *map(struct pages *pages, size_t size, size_t alignment, bool *zeroed, bool *committed)
{
	extent_hooks_t *hooks = __atomic_load_n(&pages->hooks, __ATOMIC_ACQUIRE);
	uint8_t dss = hooks_are_default(hooks) ? __atomic_load_n(&pages->dss, __ATOMIC_RELAXED)
					       : DSS_DISABLED;
	void *segment = dss == DSS_PRIMARY ? dss_alloc(size, alignment) : NULL;
	void *address = segment;
	if (segment == NULL)
		address = hooks_alloc(hooks, NULL, size, alignment, zeroed, committed, pages->arena,
				      &pages->events);
	if (address == NULL && dss == DSS_SECONDARY)
		address = segment = dss_alloc(size, alignment);
	if (segment != NULL) {
		*zeroed = *committed = true;
		hooks_count(&pages->events.alloc);
	}
	if (unlikely(pages->wants_huge) && address != NULL && hooks_are_default(hooks))
		os_advise_huge(address, size, true);
	return address;
}

/* Asks for address space; the result is an extent in no set. Holds the grow lock. */
static struct extent *map_new(struct pages *pages, size_t size, size_t alignment, bool commit)
{
	struct extent *extent = extent_pool_take(&pages->pool);
	if (extent == NULL)
		return NULL;
	bool zeroed = false;
	bool committed = commit;
	char *result = map(pages, size, alignment, &zeroed, &committed);
	if (result == NULL)
		goto no_memory;
	uintptr_t flags = (uintptr_t)result & EXTENT_ALLOC_FLAG_MASK;
	char *address = result - flags;
	if (!pagemap_ensure(address, size)) {
		extent_hooks_t *hooks = __atomic_load_n(&pages->hooks, __ATOMIC_ACQUIRE);
		if (!hooks_dalloc(hooks, address, size, committed, pages->arena, &pages->events)) {
			lock_take(&pages->lock);
			shared_add(pages->abandoned, size);
			lock_drop(&pages->lock);
		}
		goto no_memory;
	}
	extent_clear(extent);
	extent->address = address;
	extent->size = size;
	extent->is_head = true;
	extent->zeroed = zeroed;
	extent->committed = committed;
	extent->is_pinned = (flags & EXTENT_ALLOC_FLAG_PINNED) != 0 && committed;
	return extent;

no_memory:
	extent_pool_put(&pages->pool, extent);
	return NULL;
}

/* A step of address space, of which size bytes are needed now. Holds the grow lock. */
static struct extent *map_step(struct pages *pages, size_t size, size_t alignment)
{
	size_t room = size + alignment - os_page;
	if (room < size || pages->grows_exactly)
		return NULL;
	unsigned next = pages->grow_next < pages->grow_limit ? pages->grow_next : pages->grow_limit;
	unsigned needed = page_class_ceil(room);
	unsigned step = next > needed ? next : needed;
	if (step >= size_class_npages)
		return NULL;
	struct extent *fresh = map_new(pages, page_class_size(step), os_page, false);
	if (fresh != NULL && step < pages->grow_limit && step >= pages->grow_next)
		pages->grow_next = step + 1;
	return fresh;
}

/* Cuts size bytes out of what was just mapped. Holds the grow lock; takes the page lock and returns
 * with it, also when it fails. */
static struct extent *carve_fresh(struct pages *pages, struct extent *fresh, size_t size,
				  size_t alignment)
{
	lock_take(&pages->lock);
	if (unlikely(fresh->is_pinned))
		shared_store(pages->has_pinned, true);
	extent_publish(fresh, pages->arena, fresh->is_pinned ? PAGES_PINNED : PAGES_RETAINED);
	pagemap_set_ends(fresh, CACHE_BIN_NONE);
	return page_take_part(pages, fresh, size, alignment);
}

struct extent *page_grow(struct pages *pages, size_t size, size_t alignment)
{
	lock_take(&pages->grow_lock);

	/* Somebody else may have grown the arena while we waited. */
	lock_take(&pages->lock);
	struct extent *extent = page_take(pages, size, alignment);
	if (extent != NULL)
		goto out;
	lock_drop(&pages->lock);

	struct extent *fresh = options.retain ? map_step(pages, size, alignment) : NULL;
	if (fresh != NULL) {
		extent = carve_fresh(pages, fresh, size, alignment);
		if (extent != NULL)
			goto out;
		lock_drop(&pages->lock);
		/* Hooks that do not split: a step would be of no use the next time either. */
		pages->grows_exactly = true;
	}
	fresh = map_new(pages, size, alignment, true);
	if (fresh != NULL)
		extent = carve_fresh(pages, fresh, size, alignment);
	else
		lock_take(&pages->lock);
out:
	lock_drop(&pages->grow_lock);
	return extent;
}

struct extent *page_grow_with_room(struct pages *pages, size_t size, size_t room)
{
	struct extent *extent = NULL;
	lock_take(&pages->grow_lock);
	struct extent *fresh = map_step(pages, room, os_page);
	if (fresh != NULL)
		extent = carve_fresh(pages, fresh, size, os_page);
	else
		lock_take(&pages->lock);
	lock_drop(&pages->grow_lock);
	return extent;
}
