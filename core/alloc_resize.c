#include "alloc_resize.h"

#include "checked.h"
#include "guard.h"
#include "object.h"

#include <string.h>

static bool resize_large(struct extent *extent, size_t usable, bool zero)
{
	struct arena *arena = arenas_get(extent->arena);
	size_t old_usable = extent_usable(extent);
	if (!large_resize(&arena->large, extent, usable, zero))
		return false;
	if (usable > old_usable && !zero)
		object_fill_new(ptr_add(extent_object(extent), old_usable), usable - old_usable,
				false);
	struct thread *self = thread_get();
	if (likely(thread_is_attached(self))) {
		object_count_freed(self, old_usable);
		object_count_allocated(self, usable);
	}
	return true;
}

/* Bytes that an object has come to have, and that may be anything. */
static void fill_more(char *from, const char *to, bool zero)
{
	if (from >= to)
		return;
	if (zero)
		memset(from, 0, ptr_distance(from, to));
	else
		object_fill_new(from, ptr_distance(from, to), false);
}

/* The contents of a large object to the place of a larger one, without copying; the object that
 * they are then, or NULL. */
static void *move_large(struct extent *extent, void *larger, const struct alloc_how *how)
{
	struct extent *to = pagemap_lookup(larger);
	size_t old_usable = extent_usable(extent);
	size_t usable = extent_usable(to);
	size_t moved = extent->size - extent->lead;
	if (!large_move(&arenas_get(extent->arena)->large, extent, &arenas_get(to->arena)->large,
			to, how->alignment))
		return NULL;
	/* What lay unused behind the old object came with it, and the new one may end later than
	 * that which was asked for, and is filled. */
	char *object = extent_object(to);
	fill_more(object + old_usable, object + (moved < usable ? moved : usable), how->zero);
	fill_more((char *)larger + usable, object + usable, how->zero);
	struct thread *self = thread_get();
	if (likely(thread_is_attached(self)))
		object_count_freed(self, old_usable);
	return object;
}

/* With every object checked: to a place of its own, so that nobody can go on with the old one
 * unnoticed. */
static COLD void *resize_checked(struct extent *extent, void *p, size_t size,
				 const struct alloc_how *how)
{
	size_t old_usable = checked_size(extent, p, "realloc");
	size_t usable = alloc_usable_for(size, how->alignment);
	if (old_usable == 0 || usable == 0)
		return NULL;
	void *q = alloc_request(size, how);
	if (q == NULL)
		return NULL;
	if (how->watched != NULL)
		call_hooks_moving(how->watched, p, q);
	memcpy(q, p, usable < old_usable ? usable : old_usable);
	struct alloc_how old = {.cache = how->cache, .bypass_cache = how->bypass_cache};
	alloc_free_how(p, &old);
	return q;
}

void *alloc_resize(void *p, size_t size, const struct alloc_how *how)
{
	struct extent *extent = object_extent(p, "realloc");
	if (unlikely(extent == NULL))
		return NULL;
	if (unlikely(checked_is_on()))
		return resize_checked(extent, p, size, how);
	size_t old_usable = extent_usable(extent);
	size_t usable = alloc_usable_for(size, how->alignment);
	if (unlikely(usable == 0))
		return NULL;

	bool may_stay = is_aligned(p, how->alignment) &&
			(how->arena == NULL || how->arena->index == extent->arena);
	if (usable == old_usable && may_stay) {
		if (unlikely(extent->is_guarded))
			guard_slot_of(extent)->requested = guard_slot_of(extent)->least_claim =
				size;
		return p;
	}
	if (object_is_large(extent) && usable >= size_class_large_min && may_stay &&
	    resize_large(extent, usable, how->zero))
		return p;

	struct alloc_how fresh = *how;
	fresh.zero = how->zero && usable > old_usable;
	fresh.grows = object_is_large(extent) && usable > old_usable;
	void *q = alloc_request(size, &fresh);
	if (q == NULL) /* what is large enough already need not be given up */
		return usable <= old_usable && may_stay ? p : NULL;
	/* What is watched is copied: the address that was told stays, and the old contents too. */
	if (unlikely(how->watched != NULL))
		call_hooks_moving(how->watched, p, q);
	void *moved = object_is_large(extent) && usable >= old_usable && how->watched == NULL
			      ? move_large(extent, q, how)
			      : NULL;
	if (moved != NULL)
		return moved;
	memcpy(q, p, usable < old_usable ? usable : old_usable);
	struct alloc_how old = {.cache = how->cache, .bypass_cache = how->bypass_cache};
	alloc_free_how(p, &old);
	return q;
}

void *alloc_move_small(void *p, size_t size)
{
	const struct tcache *cache = &shared_read(thread_self)->cache;
	size_t bin = pagemap_cache_bin_times(pagemap_word(p), 1);
	if (bin == CACHE_BIN_NONE || bin > size_class_nbins || !cache->is_enabled)
		return NULL;
	void *q = alloc_fast(size);
	if (q == NULL)
		return NULL;
	size_t old_usable = cache->bins[bin].usable;
	memcpy(q, p, size < old_usable ? size : old_usable);
	alloc_free(p);
	return q;
}

size_t alloc_resize_in_place(void *p, size_t size, size_t extra, size_t alignment, bool zero)
{
	struct extent *extent = object_extent(p, "xallocx");
	if (unlikely(extent == NULL))
		return 0;
	if (unlikely(checked_is_on()))
		return checked_size(extent, p, "xallocx");
	if (unlikely(extent->is_guarded))
		guard_slot_of(extent)->least_claim = 0;
	size_t old_usable = extent_usable(extent);
	if (!object_is_large(extent) || size > SIZE_MAX_CLASS || !is_aligned(p, alignment))
		return old_usable;
	if (extra > SIZE_MAX_CLASS - size)
		extra = SIZE_MAX_CLASS - size;

	size_t least = size_class_usable(size);
	size_t most = size_class_usable(size + extra);
	if (most < size_class_large_min)
		return old_usable; /* would have to become small: that is a move */
	if (least < size_class_large_min)
		least = size_class_large_min;
	if (old_usable >= least && old_usable <= most)
		return old_usable;
	if (old_usable < most) {
		if (resize_large(extent, most, zero))
			return most;
		if (old_usable < least && least != most && resize_large(extent, least, zero))
			return least;
		return old_usable;
	}
	return resize_large(extent, most, zero) ? most : old_usable;
}
