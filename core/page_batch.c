#include "page_batch.h"

#include "options.h"
#include "os.h"
#include "os_batch.h"
#include "page_move.h"

void page_batch_add(struct pages *pages, struct extent *extent, struct page_batch *batch)
{
	extent_publish(extent, pages->arena, PAGES_IN_TRANSIT);
	list_push_back(&pages->transit, &extent->link);
	extent->node.next = batch->first;
	batch->first = &extent->node;
	batch->npages += pages_in(extent->size);
	shared_add(pages->in_transit, pages_in(extent->size));
}

struct extent *page_batch_take(struct pages *pages, struct page_batch *batch)
{
	struct extent *extent = container_of(batch->first, struct extent, node);
	batch->first = extent->node.next;
	list_remove(&extent->link);
	shared_sub(pages->in_transit, pages_in(extent->size));
	return extent;
}

void page_batch_take_oldest(struct pages *pages, enum page_state state, size_t limit,
			    struct page_batch *batch)
{
	struct extent_set *set = &pages->sets[state];
	while (set->npages > limit) {
		struct extent *extent = extent_set_oldest(set);
		extent_set_remove(set, extent);
		page_batch_add(pages, extent, batch);
	}
}

/* ---- giving memory back; holds no lock ---- */

static bool keeps_space(const extent_hooks_t *hooks)
{
	return options.retain && hooks_are_default(hooks);
}

/* What was to be dropped at once was, or not. */
static void note_forced(struct pages *pages, extent_hooks_t *hooks, struct extent *extent,
			enum page_state from, bool is_done)
{
	extent->zeroed = is_done;
	if (!is_done && from == PAGES_DIRTY)
		hooks_purge_lazy(hooks, extent->address, extent->size, pages->arena,
				 &pages->events);
}

/* Takes the memory behind an extent that is in no set; returns the state that it is in then, or
 * PAGES_UNUSED_STATES when the address space is gone too. */
static enum page_state give_back(struct pages *pages, struct extent *extent, enum page_state from,
				 bool to_muzzy)
{
	extent_hooks_t *hooks = __atomic_load_n(&pages->hooks, __ATOMIC_ACQUIRE);
	void *address = extent->address;
	size_t size = extent->size;

	if (from == PAGES_DIRTY && to_muzzy &&
	    hooks_purge_lazy(hooks, address, size, pages->arena, &pages->events)) {
		extent->zeroed = false;
		return PAGES_MUZZY;
	}
	if (!keeps_space(hooks)) {
		/* The address space may be somebody else's as soon as it is given up. */
		pagemap_clear_ends(extent);
		if (hooks_dalloc(hooks, address, size, extent->committed, pages->arena,
				 &pages->events)) {
			pagemap_forget(size);
			return PAGES_UNUSED_STATES;
		}
		pagemap_set_ends(extent, CACHE_BIN_NONE);
	}
	if (!extent->committed)
		return PAGES_RETAINED;
	if ((extent->seams & SEAMS_IN_CONTENTS) && keeps_space(hooks) && pages_map_again(extent)) {
		hooks_count(&pages->events.purge_forced);
		return PAGES_RETAINED;
	}
	if (hooks_decommit(hooks, address, size, pages->arena, &pages->events)) {
		extent->committed = false;
		extent->zeroed = true;
	} else {
		note_forced(pages, hooks, extent, from,
			    hooks_purge_forced(hooks, address, size, pages->arena, &pages->events));
	}
	return PAGES_RETAINED;
}

/* Extents whose contents are to be dropped by one call. */
struct gathered {
	struct os_batch ranges;
	struct extent *extents[OS_BATCH_MOST];
};

static unsigned drop_gathered(struct pages *pages, enum page_state from, struct gathered *gathered)
{
	unsigned calls = os_batch_purge(&gathered->ranges);
	for (unsigned i = 0; i < gathered->ranges.n; i++) {
		struct extent *extent = gathered->extents[i];
		note_forced(pages, &hooks_default, extent, from, gathered->ranges.purged[i]);
		if (extent->zeroed)
			hooks_count(&pages->events.purge_forced);
		extent->next_state = PAGES_RETAINED;
	}
	gathered->ranges.n = 0;
	return calls;
}

/* A batch that keeps its address space and is not to become muzzy; returns the calls. */
static COLD unsigned give_back_together(struct pages *pages, struct page_batch *batch,
					enum page_state from)
{
	struct gathered gathered;
	unsigned calls = 0;
	gathered.ranges.n = 0;
	for (struct heap_node *node = batch->first; node != NULL; node = node->next) {
		struct extent *extent = container_of(node, struct extent, node);
		if ((extent->seams & SEAMS_IN_CONTENTS) || !extent->committed) {
			extent->next_state = (uint8_t)give_back(pages, extent, from, false);
			calls++;
			continue;
		}
		gathered.extents[gathered.ranges.n] = extent;
		os_batch_add(&gathered.ranges, extent->address, extent->size);
		if (gathered.ranges.n == os_batch_limit())
			calls += drop_gathered(pages, from, &gathered);
	}
	return calls + drop_gathered(pages, from, &gathered);
}

void page_batch_purge(struct pages *pages, enum page_state from, bool to_muzzy,
		      struct page_batch *batch)
{
	size_t npages = batch->npages;
	uint64_t calls = 0;
	if (batch->first == NULL)
		return;

	lock_drop(&pages->lock);
	if (os_batch_limit() > 1 && !to_muzzy &&
	    keeps_space(__atomic_load_n(&pages->hooks, __ATOMIC_ACQUIRE))) {
		calls = give_back_together(pages, batch, from);
	} else {
		for (struct heap_node *node = batch->first; node != NULL; node = node->next) {
			struct extent *extent = container_of(node, struct extent, node);
			extent->next_state = (uint8_t)give_back(pages, extent, from, to_muzzy);
			calls++;
		}
	}
	lock_take(&pages->lock);

	while (batch->first != NULL) {
		struct extent *extent = page_batch_take(pages, batch);
		enum page_state to = (enum page_state)extent->next_state;
		if (to == PAGES_UNUSED_STATES)
			extent_pool_put(&pages->pool, extent);
		else
			pages_put_unused(pages, extent, to);
	}
	shared_add(pages->purged[from].sweeps, 1);
	shared_add(pages->purged[from].calls, calls);
	shared_add(pages->purged[from].pages, npages);
}

void page_batch_release(struct pages *pages, enum page_state from, struct page_batch *batch)
{
	for (struct heap_node *node = batch->first; node != NULL; node = node->next) {
		struct extent *extent = container_of(node, struct extent, node);
		pagemap_clear_ends(extent);
		/* What was never purged is first offered to dalloc, as during life; destroy is for
		 * what dalloc declines. */
		if (from == PAGES_RETAINED ||
		    !hooks_dalloc(pages->hooks, extent->address, extent->size, extent->committed,
				  pages->arena, &pages->events))
			hooks_destroy(pages->hooks, extent->address, extent->size,
				      extent->committed, pages->arena, &pages->events);
		pagemap_forget(extent->size);
	}
}
