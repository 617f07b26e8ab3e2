#include "page_alloc.h"

#include "options.h"
#include "os.h"
#include "page_grow.h"
#include "page_recent.h"
#include "page_take.h"

#include <string.h>

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
	struct extent *extent = page_take(pages, size, alignment);
	if (extent == NULL) {
		lock_drop(&pages->lock);
		extent = page_grow(pages, size, alignment);
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
	struct extent *extent = page_take_front(pages, size, room);
	if (extent == NULL) {
		lock_drop(&pages->lock);
		extent = page_grow_with_room(pages, size, room);
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
