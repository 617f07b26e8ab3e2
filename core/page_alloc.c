#include "page_alloc.h"

#include "dss.h"
#include "options.h"
#include "os.h"
#include "os_purge.h"
#include "page_recent.h"

#include <string.h>

/* ---- out of what is unused ---- */

/* Cuts size bytes at a multiple of alignment out of an extent that is in no set; what is left over
 * goes to the set of its state. NULL: the extent is there as a whole again. */
static struct extent *carve(struct pages *pages, struct extent *extent, size_t size,
			    size_t alignment)
{
	enum page_state state = (enum page_state)extent->state;
	size_t lead = align_up((uintptr_t)extent->address, alignment) - (uintptr_t)extent->address;

	/* No piece is in a set now, so none may look like a neighbour to merge with. */
	extent_publish(extent, pages->arena, PAGES_IN_TRANSIT);
	if (lead != 0) {
		struct extent *front = pages_split_front(pages, extent, lead, NULL);
		if (front == NULL) {
			pages_put_unused(pages, extent, state);
			return NULL;
		}
		/* Not before the rest is cut: a lead in the set would be merged with it again. */
		struct extent *wanted = extent;
		if (extent->size != size) {
			wanted = pages_split_front(pages, extent, size, NULL);
			if (wanted == NULL) {
				pages_put_unused(pages, extent, state);
				pages_put_unused(pages, front, state);
				return NULL;
			}
			extent_publish(wanted, pages->arena, PAGES_ACTIVE);
			pages_put_unused(pages, extent, state);
		} else {
			extent_publish(wanted, pages->arena, PAGES_ACTIVE);
		}
		pages_put_unused(pages, front, state);
		return wanted;
	}
	if (extent->size == size) {
		extent_publish(extent, pages->arena, PAGES_ACTIVE);
		return extent;
	}
	struct extent *wanted = pages_split_front(pages, extent, size, NULL);
	if (wanted != NULL)
		extent_publish(wanted, pages->arena, PAGES_ACTIVE);
	pages_put_unused(pages, extent, state);
	return wanted;
}

/* From one set, under the page lock. */
static struct extent *take_from(struct pages *pages, enum page_state state, size_t size,
				size_t alignment)
{
	struct extent_set *set = &pages->sets[state];
	/* A large extent full of dirty pages is not broken up for a small request: that would
	 * spread long-lived pieces over it. But what is dirty becomes such extents at once; once
	 * more is dirty than used, that would only be memory which nobody can have. */
	size_t most = SIZE_MAX;
	if (state == PAGES_DIRTY && options.lg_extent_max_active_fit < 64 &&
	    set->npages <= pages->nactive && size <= SIZE_MAX >> options.lg_extent_max_active_fit)
		most = size << options.lg_extent_max_active_fit;

	struct extent *extent = extent_set_fit(set, size, alignment, most);
	if (extent == NULL)
		return NULL;
	bool is_at_front = ((uintptr_t)extent->address & (alignment - 1)) == 0;
	if (is_at_front && extent->size > size) {
		/* The common case: the rest stays in the set, as old as it was. */
		struct extent *front = pages_split_front(pages, extent, size, set);
		if (front != NULL)
			extent_publish(front, pages->arena, PAGES_ACTIVE);
		return front;
	}
	extent_set_remove(set, extent);
	return carve(pages, extent, size, alignment);
}

/* The front of an unused extent that is much larger, under the page lock. */
static struct extent *take_front(struct pages *pages, size_t size, size_t room)
{
	struct extent *front = NULL;
	for (unsigned state = 0; front == NULL && state < PAGES_PINNED; state++) {
		struct extent_set *set = &pages->sets[state];
		struct extent *extent = extent_set_fit(set, room, os_page, SIZE_MAX);
		if (extent != NULL)
			front = pages_split_front(pages, extent, size, set);
	}
	if (front != NULL)
		extent_publish(front, pages->arena, PAGES_ACTIVE);
	return front;
}

static struct extent *take_unused(struct pages *pages, size_t size, size_t alignment)
{
	struct extent *recent = recent_take(pages, size, alignment);
	if (recent != NULL)
		return recent;
	recent_settle(pages);
	if (unlikely(pages->has_pinned)) { /* first: it costs memory anyhow */
		struct extent *pinned = take_from(pages, PAGES_PINNED, size, alignment);
		if (pinned != NULL)
			return pinned;
	}
	for (unsigned state = 0; state < PAGES_PINNED; state++) {
		struct extent *extent = take_from(pages, (enum page_state)state, size, alignment);
		if (extent != NULL)
			return extent;
	}
	return NULL;
}

/* ---- out of new address space ---- */

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
	return carve(pages, fresh, size, alignment);
}

/* Returns with the page lock held, also when it fails. */
static struct extent *grow(struct pages *pages, size_t size, size_t alignment)
{
	lock_take(&pages->grow_lock);

	/* Somebody else may have grown the arena while we waited. */
	lock_take(&pages->lock);
	struct extent *extent = take_unused(pages, size, alignment);
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

/* ---- zeroed memory ---- */

/* From calloc_madvise_threshold on, pages that are to be zero are given back to the system and come
 * zeroed when they are touched: much of what is asked for in such pieces is never touched, and then
 * clearing it would cost time and make it resident. What is touched costs three times as much that
 * way, so smaller pieces are cleared, and so is what the program's hooks pinned, whoever's hooks
 * the arena has now. */
static void clear(struct pages *pages, const struct extent *extent, void *address, size_t size)
{
	extent_hooks_t *hooks = __atomic_load_n(&pages->hooks, __ATOMIC_ACQUIRE);
	if (size < options.calloc_madvise_threshold || extent->is_pinned ||
	    !hooks_are_default(hooks) ||
	    !hooks_purge_forced(hooks, address, size, pages->arena, &pages->events))
		memset(address, 0, size);
}

/* ---- for the rest of core ---- */

/* Of hooks that reserve without committing. false: the extent is unused again. */
static COLD bool commit(struct pages *pages, struct extent *extent, size_t size, uint64_t *count)
{
	extent_hooks_t *hooks = __atomic_load_n(&pages->hooks, __ATOMIC_ACQUIRE);
	if (!hooks_commit(hooks, extent->address, size, pages->arena, &pages->events)) {
		lock_take(&pages->lock);
		shared_sub(pages->nactive, pages_in(size));
		pages_put_unused(pages, extent, PAGES_RETAINED);
		lock_drop(&pages->lock);
		return false;
	}
	extent->committed = true;
	extent->zeroed = true;
	if (count != NULL)
		pages_count(pages, count);
	return true;
}

/* Makes what was cut out usable. Enters with the page lock held, and drops it. */
ALWAYS_INLINE struct extent *hand_out(struct pages *pages, struct extent *extent, size_t size,
				      bool zero, uint64_t *count)
{
	if (unlikely(extent == NULL)) {
		lock_drop(&pages->lock);
		return NULL;
	}
	shared_add(pages->nactive, pages_in(size));
	if (count != NULL && extent->committed)
		pages_count_locked(count);
	lock_drop(&pages->lock);
	if (unlikely(!extent->committed) && !commit(pages, extent, size, count))
		return NULL;
	if (zero && !extent->zeroed) {
		clear(pages, extent, extent->address, size);
		extent->zeroed = true;
	}
	return extent; /* whose words say so since it was cut */
}

/* Out of huge pages; NULL: not, and then perhaps otherwise. */
static COLD struct extent *alloc_packed(struct pages *pages, size_t size, bool zero,
					uint64_t *count)
{
	struct extent *extent = hpa_alloc(pages->hpa, size);
	if (extent == NULL)
		return NULL;
	if (count != NULL)
		pages_count(pages, count);
	pages_heed_hpa(pages);
	if (zero && !extent->zeroed) {
		memset(extent->address, 0, size);
		extent->zeroed = true;
	}
	return extent;
}

static inline struct extent *alloc_single(struct pages *pages, size_t size, size_t alignment,
					  bool zero, uint64_t *count)
{
	if (alignment < os_page)
		alignment = os_page;

	lock_take(&pages->lock);
	struct extent *extent = take_unused(pages, size, alignment);
	if (extent == NULL) {
		lock_drop(&pages->lock);
		extent = grow(pages, size, alignment);
	}
	return hand_out(pages, extent, size, zero, count);
}

struct extent *pages_alloc_counted(struct pages *pages, size_t size, size_t alignment, bool zero,
				   uint64_t *count)
{
	if (unlikely(size <= shared_load(pages->packs_up_to)) && alignment <= os_page) {
		struct extent *packed = alloc_packed(pages, size, zero, count);
		if (packed != NULL)
			return packed;
	}
	return alloc_single(pages, size, alignment, zero, count);
}

COLD struct extent *pages_alloc_apart(struct pages *pages, size_t size, size_t alignment, bool zero)
{
	return alloc_single(pages, size, alignment, zero, NULL);
}

/* What grew once grows again: so many times its size are free behind it, as far as that is not too
 * much even as mere address space. */
#define ROOM_TIMES ((size_t)8)
#define ROOM_MOST  ((size_t)128 << 20)

struct extent *pages_alloc_to_grow(struct pages *pages, size_t size, bool zero, uint64_t *count)
{
	size_t behind = size < ROOM_MOST / (ROOM_TIMES - 1) ? size * (ROOM_TIMES - 1) : ROOM_MOST;
	size_t room = size + behind;
	if (room < size || !options.retain || size <= shared_load(pages->packs_up_to) ||
	    !hooks_are_default(__atomic_load_n(&pages->hooks, __ATOMIC_ACQUIRE)))
		return pages_alloc_counted(pages, size, os_page, zero, count);

	lock_take(&pages->lock);
	recent_settle(pages);
	struct extent *extent = take_front(pages, size, room);
	if (extent == NULL) {
		lock_drop(&pages->lock);
		lock_take(&pages->grow_lock);
		struct extent *fresh = map_step(pages, room, os_page);
		if (fresh != NULL)
			extent = carve_fresh(pages, fresh, size, os_page);
		else
			lock_take(&pages->lock);
		lock_drop(&pages->grow_lock);
	}
	if (extent != NULL)
		return hand_out(pages, extent, size, zero, count);
	lock_drop(&pages->lock);
	return pages_alloc_counted(pages, size, os_page, zero, count);
}

bool pages_expand(struct pages *pages, struct extent *extent, size_t size, bool zero)
{
	size_t more = size - extent->size;
	if (hpa_owns(pages->hpa, extent))
		return false;

	lock_take(&pages->lock);
	recent_settle(pages); /* the neighbour may be among them */
	struct extent *next = pagemap_neighbour(extent_end(extent));
	for (unsigned state = 0; next != NULL && state < PAGES_UNUSED_STATES; state++) {
		struct extent_set *set = &pages->sets[state];
		if (!extent_is_mergeable(next, pages->arena, (enum page_state)state))
			continue;
		if (next->size < more || next->is_head || next->address != extent_end(extent) ||
		    !next->committed || next->is_pinned != extent->is_pinned)
			break;
		struct extent *part = next;
		if (next->size == more)
			extent_set_remove(set, next);
		else
			part = pages_split_front(pages, next, more, set);
		if (part == NULL)
			break;
		if (!hooks_merge(pages->hooks, extent->address, extent->size, part->address, more,
				 true, pages->arena, &pages->events)) {
			pages_put_unused(pages, part, (enum page_state)state);
			break;
		}
		bool zeroed = part->zeroed;
		void *address = part->address;
		extent->size = size;
		extent->zeroed = extent->zeroed && zeroed;
		extent->seams |= part->seams;
		shared_add(pages->nactive, pages_in(more));
		extent_pool_put(&pages->pool, part);
		lock_drop(&pages->lock);
		if (zero && !zeroed)
			clear(pages, extent, address, more);
		pagemap_set_ends(extent, CACHE_BIN_NONE);
		return true;
	}
	lock_drop(&pages->lock);
	return false;
}

bool pages_shrink(struct pages *pages, struct extent *extent, size_t size)
{
	if (hpa_owns(pages->hpa, extent)) {
		hpa_shrink(pages->hpa, extent, size);
		pages_heed_hpa(pages);
		return true;
	}
	lock_take(&pages->lock);
	/* pages_split_front() keeps the descriptor with the rest; here the front is what stays. */
	struct extent *front = pages_split_front(pages, extent, size, NULL);
	if (front == NULL) {
		lock_drop(&pages->lock);
		return false;
	}
	void *rest_address = extent->address;
	size_t rest_size = extent->size;
	extent->address = front->address;
	extent->size = size;
	extent->is_head = front->is_head;
	front->address = rest_address;
	front->size = rest_size;
	front->is_head = false;
	front->zeroed = false;
	pagemap_set_ends(extent, CACHE_BIN_NONE);
	pagemap_set_ends(front, CACHE_BIN_NONE);
	extent_publish(front, pages->arena, PAGES_ACTIVE);
	lock_drop(&pages->lock);
	pages_dalloc(pages, front);
	return true;
}
