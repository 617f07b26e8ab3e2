#include "page_recent.h"

static struct extent *extent_of_node(struct heap_node *node)
{
	return container_of(node, struct extent, node);
}

/* The stack that extents of this size are on, beside those of a few others: cheaper than one of its
 * own, and two sizes that a program takes in turn are seldom on one. */
static struct heap_node **stack_of(struct pages *pages, size_t size)
{
	const uint64_t golden_section = 0x9e3779b97f4a7c15;
	return &pages->recent[pages_in(size) * golden_section >> (64 - RECENT_LG_STACKS)];
}

void recent_put(struct pages *pages, struct extent *extent)
{
	struct heap_node **stack = stack_of(pages, extent->size);
	extent_publish(extent, pages->arena, PAGES_IN_TRANSIT);
	if (pagemap_cache_bin_times(pagemap_word(extent->address), 1) != CACHE_BIN_NONE)
		pagemap_set_ends(extent, CACHE_BIN_NONE);
	extent->node.next = *stack;
	*stack = &extent->node;
	list_push_back(&pages->recent_by_age, &extent->link);
	shared_add(pages->nrecent, pages_in(extent->size));
	extent->class = (uint8_t)page_class_floor(extent->size);
	extent_set_count(&pages->sets[PAGES_DIRTY], extent->class, extent->size);
}

struct extent *recent_take(struct pages *pages, size_t size, size_t alignment)
{
	struct heap_node **stack = stack_of(pages, size);
	if (*stack == NULL)
		return NULL;
	struct extent *extent = extent_of_node(*stack);
	if (extent->size != size || ((uintptr_t)extent->address & (alignment - 1)) != 0)
		return NULL;
	*stack = extent->node.next;
	list_remove(&extent->link);
	shared_sub(pages->nrecent, pages_in(size));
	extent_set_uncount(&pages->sets[PAGES_DIRTY], extent->class, size);
	extent_publish(extent, pages->arena, PAGES_ACTIVE);
	return extent;
}

void recent_settle(struct pages *pages)
{
	if (pages->nrecent == 0)
		return;
	for (unsigned i = 0; i < ARRAY_LEN(pages->recent); i++)
		pages->recent[i] = NULL;
	shared_store(pages->nrecent, 0);
	while (!list_is_empty(&pages->recent_by_age)) {
		struct list *link = list_first(&pages->recent_by_age);
		struct extent *extent = container_of(link, struct extent, link);
		list_remove(link);
		extent_set_uncount(&pages->sets[PAGES_DIRTY], extent->class, extent->size);
		pages_put_unused(pages, extent, PAGES_DIRTY);
	}
}
