#include "page_take.h"

#include "options.h"
#include "os.h"
#include "page_recent.h"

struct extent *page_take_part(struct pages *pages, struct extent *extent, size_t size,
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
	return page_take_part(pages, extent, size, alignment);
}

struct extent *page_take_front(struct pages *pages, size_t size, size_t room)
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

struct extent *page_take(struct pages *pages, size_t size, size_t alignment)
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
