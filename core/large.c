#include "large.h"

#include "fault.h"
#include "options.h"
#include "page_guard.h"
#include "page_move.h"

#include <string.h>

void large_boot(void)
{
	size_class_large_pad = options.cache_oblivious ? os_page : 0;
	size_class_exact_from =
		options.disable_large_size_classes ? size_class_first_sparse() : SIZE_CLASS_NONE;
}

void large_init(struct large *large, struct pages *pages, bool is_listed)
{
	large->pages = pages;
	large->is_listed = is_listed;
	large->is_noting = is_listed || size_class_exact_from != SIZE_CLASS_NONE;
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
	return extent->size - extent_usable(extent);
}

/* ---- exact objects ---- */

/* Statistics take the objects of a class for as large as it is; this is what they do not have. It
 * is added when they are counted as handed out already, and taken away while they still are. */
static void count_spared(struct large *large, const struct extent *extent, bool is_leaving)
{
	size_t spared = size_class_sizes[extent->class] - extent_usable(extent);
	lock_take(&large->pages->lock);
	shared_add(large->spared, is_leaving ? -spared : spared);
	lock_drop(&large->pages->lock);
}

static COLD void become_exact(struct large *large, struct extent *extent)
{
	extent->is_exact = true;
	count_spared(large, extent, false);
}

static COLD void become_any(struct large *large, struct extent *extent)
{
	count_spared(large, extent, true);
	extent->is_exact = false;
}

/* ---- in and out ---- */

/* The bin to which free() sends an object at once. */
static unsigned cache_bin_of(const struct extent *extent)
{
	return large_is_cacheable(extent) ? extent->class + 1u : CACHE_BIN_NONE;
}

static COLD void note_really(struct large *large, struct extent *extent)
{
	if (extent->class >= size_class_exact_from)
		become_exact(large, extent);
	if (!large->is_listed)
		return;
	lock_take(&large->lock);
	list_push_back(&large->objects, &extent->link);
	lock_drop(&large->lock);
}

static COLD void forget_really(struct large *large, struct extent *extent)
{
	if (extent->is_exact)
		become_any(large, extent);
	if (!large->is_listed)
		return;
	lock_take(&large->lock);
	list_remove(&extent->link);
	lock_drop(&large->lock);
}

/* An object that there is from now on, and one that will not be there: most arenas note neither. */
ALWAYS_INLINE void note(struct large *large, struct extent *extent)
{
	if (unlikely(large->is_noting))
		note_really(large, extent);
}

ALWAYS_INLINE void forget(struct large *large, struct extent *extent)
{
	if (unlikely(large->is_noting))
		forget_really(large, extent);
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

static void *begin(struct large *large, struct extent *extent, unsigned class, uint16_t lead)
{
	if (extent == NULL)
		return NULL;
	extent->class = (uint8_t) class;
	extent->is_slab = false;
	extent->lead = lead;
	if (cache_bin_of(extent) != CACHE_BIN_NONE)
		pagemap_set_ends(extent, cache_bin_of(extent));
	note(large, extent);
	return extent_object(extent);
}

void *large_alloc_guarded(struct large *large, size_t usable, size_t alignment, bool zero,
			  unsigned class)
{
	struct extent *extent = NULL;
	if (page_guard_may_be(large->pages))
		extent = alloc_between_guards(large->pages, usable, alignment, zero,
					      &large->counts[class].nmalloc);
	return begin(large, extent, class, 0);
}

enum growing { DOES_NOT_GROW, MAY_GROW };

ALWAYS_INLINE void *alloc_unguarded(struct large *large, size_t usable, size_t alignment, bool zero,
				    unsigned class, enum growing growing)
{
	size_t size = usable + size_class_large_pad;
	uint64_t *count = &large->counts[class].nmalloc;
	uint16_t lead = next_lead(large, alignment);
	struct extent *extent =
		growing == MAY_GROW
			? pages_alloc_to_grow(large->pages, size, zero, count)
			: pages_alloc_counted(large->pages, size, alignment, zero, count);
	return begin(large, extent, class, lead);
}

/* Where some are guarded. */
static COLD void *alloc_perhaps_guarded(struct large *large, size_t usable, size_t alignment,
					bool zero, unsigned class, enum growing growing)
{
	void *object = NULL;
	if (page_guard_is_due(large->pages, PAGE_GUARD_LARGE))
		object = large_alloc_guarded(large, usable, alignment, zero, class);
	return object != NULL ? object
			      : alloc_unguarded(large, usable, alignment, zero, class, growing);
}

void *large_alloc(struct large *large, size_t usable, size_t alignment, bool zero, unsigned class)
{
	if (unlikely(page_guard_one_in(PAGE_GUARD_LARGE) != 0))
		return alloc_perhaps_guarded(large, usable, alignment, zero, class, DOES_NOT_GROW);
	return alloc_unguarded(large, usable, alignment, zero, class, DOES_NOT_GROW);
}

void *large_alloc_to_grow(struct large *large, size_t usable, size_t alignment, bool zero,
			  unsigned class)
{
	if (unlikely(page_guard_one_in(PAGE_GUARD_LARGE) != 0))
		return alloc_perhaps_guarded(large, usable, alignment, zero, class, MAY_GROW);
	return alloc_unguarded(large, usable, alignment, zero, class, MAY_GROW);
}

void large_dalloc(struct large *large, struct extent *extent)
{
	forget(large, extent);
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
	forget(from_large, from);
	if (!pages_move(from_large->pages, from, to_large->pages, to)) {
		note(from_large, from);
		return false;
	}
	to->lead = lead;
	pages_count(from_large->pages, &from_large->counts[class].ndalloc);
	return true;
}

bool large_resize(struct large *large, struct extent *extent, size_t usable, bool zero)
{
	unsigned class = size_class_of(usable);
	size_t size = usable + pad_of(extent);
	char *old_end = ptr_add(extent_object(extent), extent_usable(extent));
	size_t unused = ptr_distance(old_end, extent_end(extent));
	fault_assert(class >= size_class_nbins);
	if (extent->guards != EXTENT_NOT_GUARDED)
		return false;
	/* Before it changes: what it does not have of its class is what it has then. */
	bool was_exact = extent->is_exact;
	if (was_exact)
		become_any(large, extent);
	bool grows = size > extent->size;
	bool is_done = true;
	if (grows)
		is_done = pages_expand(large->pages, extent, size, zero);
	else if (size < extent->size)
		is_done = pages_shrink(large->pages, extent, size);
	if (is_done) {
		if (grows && zero)
			memset(old_end, 0, unused);
		pages_count(large->pages, &large->counts[extent->class].ndalloc);
		pages_count(large->pages, &large->counts[class].nmalloc);
		extent->class = (uint8_t) class;
		pagemap_set_ends(extent, cache_bin_of(extent));
	}
	if (is_done ? class >= size_class_exact_from : was_exact)
		become_exact(large, extent);
	return is_done;
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
		if (extent->is_exact)
			become_any(large, extent);
		pages_dalloc_counted(large->pages, extent, &large->counts[extent->class].ndalloc);
	}
}

void large_forget_counts(struct large *large)
{
	memset(large->counts, 0, sizeof(large->counts));
}
