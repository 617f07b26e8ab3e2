#include "large.h"

#include "fault.h"
#include "options.h"
#include "page_guard.h"
#include "page_move.h"

#include <string.h>

void large_boot(void)
{
	size_class_large_pad = options.cache_oblivious ? os_page : 0;
}

void large_init(struct large *large, struct pages *pages, bool is_listed)
{
	large->pages = pages;
	large->is_listed = is_listed;
	lock_init(&large->lock, RANK_LARGE);
	list_init(&large->objects);
}

/* ---- where an object starts ---- */

/* Of 2^64. Steps of this size round a circle fall into the widest gap that is left, and so do those
 * that remain when only each second or third of them is looked at. */
#define GOLDEN_SECTION 0x9e3779b97f4a7c15u

static uint16_t next_lead(struct large *large, size_t alignment)
{
	const size_t granule = (size_t)1 << PAGEMAP_LG_GRANULE;
	if (likely(size_class_large_pad == 0) || alignment >= granule)
		return 0;
	uint64_t place = __atomic_add_fetch(&large->place, GOLDEN_SECTION, __ATOMIC_RELAXED);
	size_t lead = (size_t)(place >> (64 - PAGEMAP_LG_GRANULE));
	return (uint16_t)align_down(lead, alignment > CACHE_LINE ? alignment : CACHE_LINE);
}

/* What an extent has beside its object: the pad, or nothing. */
static size_t pad_of(const struct extent *extent)
{
	return extent->size - size_class_sizes[extent->class];
}

/* ---- in and out ---- */

/* The bin to which free() sends an object at once. */
static unsigned cache_bin_of(const struct extent *extent)
{
	return large_is_cacheable(extent) ? extent->class + 1u : CACHE_BIN_NONE;
}

static void enlist(struct large *large, struct extent *extent)
{
	if (!large->is_listed)
		return;
	lock_take(&large->lock);
	list_push_back(&large->objects, &extent->link);
	lock_drop(&large->lock);
}

static void unlist(struct large *large, struct extent *extent)
{
	if (!large->is_listed)
		return;
	lock_take(&large->lock);
	list_remove(&extent->link);
	lock_drop(&large->lock);
}

/* With guards round it; NULL: then without. */
static COLD struct extent *alloc_between_guards(struct pages *pages, size_t size, size_t alignment,
						bool zero, uint64_t *count)
{
	struct extent *extent =
		pages_alloc_apart(pages, size + page_guard_room(alignment), alignment, zero);
	if (extent == NULL)
		return NULL;
	if (!page_guard_close(pages, extent, alignment)) {
		pages_dalloc(pages, extent);
		return NULL;
	}
	pages_count(pages, count);
	return extent;
}

/* Bytes of an extent without guards. */
static size_t room_of(unsigned class)
{
	return size_class_sizes[class] + size_class_large_pad;
}

static void *begin(struct large *large, struct extent *extent, unsigned class, uint16_t lead)
{
	if (extent == NULL)
		return NULL;
	extent->class = (uint8_t) class;
	extent->is_slab = false;
	extent->lead = lead;
	if (cache_bin_of(extent) != CACHE_BIN_NONE)
		pagemap_set_ends(extent, cache_bin_of(extent));
	enlist(large, extent);
	return extent_object(extent);
}

void *large_alloc_guarded(struct large *large, unsigned class, size_t alignment, bool zero)
{
	struct extent *extent = NULL;
	if (page_guard_may_be(large->pages))
		extent = alloc_between_guards(large->pages, size_class_sizes[class], alignment,
					      zero, &large->counts[class].nmalloc);
	return begin(large, extent, class, 0);
}

/* Guarded where one is due; else NULL. */
static void *alloc_if_guarded(struct large *large, unsigned class, size_t alignment, bool zero)
{
	return unlikely(page_guard_is_due(large->pages, PAGE_GUARD_LARGE))
		       ? large_alloc_guarded(large, class, alignment, zero)
		       : NULL;
}

void *large_alloc(struct large *large, unsigned class, size_t alignment, bool zero)
{
	void *object = alloc_if_guarded(large, class, alignment, zero);
	if (likely(object == NULL))
		object = begin(large,
			       pages_alloc_counted(large->pages, room_of(class), alignment, zero,
						   &large->counts[class].nmalloc),
			       class, next_lead(large, alignment));
	return object;
}

void *large_alloc_to_grow(struct large *large, unsigned class, size_t alignment, bool zero)
{
	void *object = alloc_if_guarded(large, class, alignment, zero);
	if (likely(object == NULL))
		object = begin(large,
			       pages_alloc_to_grow(large->pages, room_of(class), zero,
						   &large->counts[class].nmalloc),
			       class, next_lead(large, alignment));
	return object;
}

void large_dalloc(struct large *large, struct extent *extent)
{
	unlist(large, extent);
	pages_dalloc_counted(large->pages, extent, &large->counts[extent->class].ndalloc);
}

bool large_move(struct large *from_large, struct extent *from, struct large *to_large,
		struct extent *to, size_t alignment)
{
	unsigned class = from->class;
	uint16_t lead = from->lead;
	if (from->guards != EXTENT_NOT_GUARDED || lead > pad_of(to) ||
	    !is_aligned(ptr_add(to->address, lead), alignment))
		return false;
	/* The descriptor goes with the old place, so it leaves the list first. */
	unlist(from_large, from);
	if (!pages_move(from_large->pages, from, to_large->pages, to)) {
		enlist(from_large, from);
		return false;
	}
	to->lead = lead;
	pages_count(from_large->pages, &from_large->counts[class].ndalloc);
	return true;
}

bool large_resize(struct large *large, struct extent *extent, unsigned class, bool zero)
{
	size_t size = size_class_sizes[class] + pad_of(extent);
	char *old_end = ptr_add(extent_object(extent), size_class_sizes[extent->class]);
	size_t unused = ptr_distance(old_end, extent_end(extent));
	fault_assert(class >= size_class_nbins);
	if (extent->guards != EXTENT_NOT_GUARDED)
		return false;
	if (size > extent->size) {
		if (!pages_expand(large->pages, extent, size, zero))
			return false;
		if (zero)
			memset(old_end, 0, unused);
	} else if (size < extent->size) {
		if (!pages_shrink(large->pages, extent, size))
			return false;
	}
	pages_count(large->pages, &large->counts[extent->class].ndalloc);
	pages_count(large->pages, &large->counts[class].nmalloc);
	extent->class = (uint8_t) class;
	pagemap_set_ends(extent, cache_bin_of(extent));
	return true;
}

void large_reset(struct large *large)
{
	fault_assert(large->is_listed);
	for (;;) {
		lock_take(&large->lock);
		struct list *link = list_first(&large->objects);
		if (link != NULL)
			list_remove(link);
		lock_drop(&large->lock);
		if (link == NULL)
			return;
		struct extent *extent = container_of(link, struct extent, link);
		pages_dalloc_counted(large->pages, extent, &large->counts[extent->class].ndalloc);
	}
}

void large_forget_counts(struct large *large)
{
	memset(large->counts, 0, sizeof(large->counts));
}
