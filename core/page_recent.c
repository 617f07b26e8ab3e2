#include "page_recent.h"

static struct extent *extent_of_node(struct heap_node *node)
{
	return container_of(node, struct extent, node);
}

/* The stack of extents of this size, NULL when it is not kept. Almost every size that is freed is
 * that of a file class. */
ALWAYS_INLINE struct heap_node **stack_of(struct pages *pages, size_t size)
{
	unsigned class = file_class_exact(size);
	return class < RECENT_CLASSES ? &pages->recent[class] : NULL;
}

bool recent_put(struct pages *pages, struct extent *extent)
{
	struct heap_node **stack = stack_of(pages, extent->size);
	if (stack == NULL)
		return false;
	extent_publish(extent, pages->arena, PAGES_IN_TRANSIT);
	if (pagemap_cache_bin_times(pagemap_word(extent->address), 1) != CACHE_BIN_NONE)
		pagemap_set_ends(extent, CACHE_BIN_NONE);
	extent->node.next = *stack;
	*stack = &extent->node;
	list_push_back(&pages->recent_by_age, &extent->link);
	pages->nrecent += pages_in(extent->size);
	return true;
}

struct extent *recent_take(struct pages *pages, size_t size, size_t alignment)
{
	if (pages->nrecent == 0)
		return NULL;
	struct heap_node **stack = stack_of(pages, size);
	if (stack == NULL || *stack == NULL)
		return NULL;
	struct extent *extent = extent_of_node(*stack);
	if (((uintptr_t)extent->address & (alignment - 1)) != 0)
		return NULL;
	*stack = extent->node.next;
	list_remove(&extent->link);
	pages->nrecent -= pages_in(size);
	extent_publish(extent, pages->arena, PAGES_ACTIVE);
	return extent;
}

void recent_settle(struct pages *pages)
{
	if (pages->nrecent == 0)
		return;
	for (unsigned i = 0; i < RECENT_CLASSES; i++)
		pages->recent[i] = NULL;
	pages->nrecent = 0;
	while (!list_is_empty(&pages->recent_by_age)) {
		struct list *link = list_first(&pages->recent_by_age);
		list_remove(link);
		pages_put_unused(pages, container_of(link, struct extent, link), PAGES_DIRTY);
	}
}
