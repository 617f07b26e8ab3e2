#include "page_recent.h"

static struct extent *extent_of_node(struct heap_node *node)
{
	return container_of(node, struct extent, node);
}

static struct recent_stack *stack_of(struct pages *pages, size_t npages)
{
	const uint64_t golden_section = 0x9e3779b97f4a7c15;
	return &pages->recent[npages * golden_section >> (64 - RECENT_LG_STACKS)];
}

static void empty(struct recent_stack *stack)
{
	stack->top = NULL;
	shared_store(stack->depth, 0);
}

static void settle(struct pages *pages, struct extent *extent)
{
	list_remove(&extent->link);
	pages_put_unused(pages, extent, PAGES_DIRTY);
}

/* Makes a stack one of another size; false: of this size there is none. */
static COLD bool restart(struct pages *pages, struct recent_stack *stack, size_t npages)
{
	struct heap_node *node = stack->top, *oldest = NULL;
	shared_sub(pages->nrecent, (size_t)stack->npages * stack->depth);
	empty(stack);
	while (node != NULL) { /* turned round: the oldest goes first, as decay wants them */
		struct heap_node *older = node->next;
		node->next = oldest;
		oldest = node;
		node = older;
	}
	while (oldest != NULL) {
		struct extent *extent = extent_of_node(oldest);
		oldest = oldest->next; /* which is the set's as soon as it is in there */
		settle(pages, extent);
	}
	shared_store(stack->npages, npages <= UINT32_MAX ? (uint32_t)npages : 0);
	return npages <= UINT32_MAX;
}

void recent_put(struct pages *pages, struct extent *extent)
{
	size_t npages = pages_in(extent->size);
	struct recent_stack *stack = stack_of(pages, npages);
	if (unlikely(stack->npages != npages) && !restart(pages, stack, npages)) {
		pages_put_unused(pages, extent, PAGES_DIRTY);
		return;
	}
	extent_publish(extent, pages->arena, PAGES_IN_TRANSIT);
	if (pagemap_cache_bin_times(pagemap_word(extent->address), 1) != CACHE_BIN_NONE)
		pagemap_set_ends(extent, CACHE_BIN_NONE);
	extent->node.next = stack->top;
	stack->top = &extent->node;
	shared_add(stack->depth, 1);
	list_push_back(&pages->recent_by_age, &extent->link);
	shared_add(pages->nrecent, npages);
}

struct extent *recent_take(struct pages *pages, size_t size, size_t alignment)
{
	size_t npages = pages_in(size);
	struct recent_stack *stack = stack_of(pages, npages);
	if (stack->npages != npages || stack->top == NULL)
		return NULL;
	struct extent *extent = extent_of_node(stack->top);
	if (((uintptr_t)extent->address & (alignment - 1)) != 0)
		return NULL;
	stack->top = extent->node.next;
	shared_sub(stack->depth, 1);
	list_remove(&extent->link);
	shared_sub(pages->nrecent, npages);
	extent_publish(extent, pages->arena, PAGES_ACTIVE);
	return extent;
}

void recent_settle(struct pages *pages)
{
	if (pages->nrecent == 0)
		return;
	for (unsigned i = 0; i < ARRAY_LEN(pages->recent); i++)
		if (pages->recent[i].top != NULL)
			empty(&pages->recent[i]);
	shared_store(pages->nrecent, 0);
	while (!list_is_empty(&pages->recent_by_age)) {
		struct list *link = list_first(&pages->recent_by_age);
		settle(pages, container_of(link, struct extent, link));
	}
}

void recent_count(const struct pages *pages, size_t *counts, size_t *bytes)
{
	if (shared_load(pages->nrecent) == 0)
		return;
	for (unsigned i = 0; i < ARRAY_LEN(pages->recent); i++) {
		const struct recent_stack *stack = &pages->recent[i];
		/* In order: the lock's version is read after them. */
		size_t depth = __atomic_load_n(&stack->depth, __ATOMIC_ACQUIRE);
		size_t npages = __atomic_load_n(&stack->npages, __ATOMIC_ACQUIRE);
		if (depth == 0 || npages == 0)
			continue;
		size_t size = npages << os_lg_page;
		unsigned class = page_class_floor(size);
		counts[class] += depth;
		bytes[class] += depth * size;
	}
}
