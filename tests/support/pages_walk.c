#include "pages_walk.h"
#include "expect.h"
#include "os.h"
#include "page_recent.h"
#include <string.h>

static size_t count_heap(const struct heap_node *node)
{
	size_t count = 1;
	const struct extent *extent = container_of(node, struct extent, node);

	for (const struct heap_node *child = node->child; child != NULL; child = child->next) {
		expect(extent->address < container_of(child, struct extent, node)->address,
		       "a heap of extents is not ordered");
		count += count_heap(child);
	}
	return count;
}

static void walk_set(const struct pages *pages, unsigned state)
{
	const struct extent_set *set = &pages->sets[state];
	size_t counts[PAGE_CLASSES_MAX] = {0}, bytes[PAGE_CLASSES_MAX] = {0}, npages = 0;
	size_t filed[FILE_CLASSES_MAX] = {0};

	/* A set that never had any is all zero. */
	for (const struct list *link = set->by_age.next; link != NULL && link != &set->by_age;
	     link = link->next) {
		const struct extent *extent = container_of(link, struct extent, link);
		unsigned class = page_class_floor(extent->size);

		expect(extent->state == state && extent->arena == pages->arena,
		       "an extent of arena %u in state %u is in set %u of arena %u", extent->arena,
		       extent->state, state, pages->arena);
		counts[class]++;
		bytes[class] += extent->size;
		filed[file_class_floor(extent->size)]++;
		npages += extent->size / os_page;
	}
	expect(npages == set->npages, "set %u: %zu pages, counted as %zu", state, npages,
	       set->npages);
	expect(memcmp(counts, set->counts, sizeof counts) == 0, "set %u: counts", state);
	expect(memcmp(bytes, set->bytes, sizeof bytes) == 0, "set %u: bytes", state);
	for (unsigned class = 0; class < FILE_CLASSES_MAX; class ++) {
		const struct heap_node *root = set->heaps[class];

		expect((root != NULL ? count_heap(root) : 0) == filed[class],
		       "set %u: the heap of class %u and the list by age differ", state, class);
		expect((set->filled[class / 64] >> (class % 64) & 1) == (filed[class] > 0),
		       "set %u: the bit of class %u", state, class);
	}
}

static void walk_recent(const struct pages *pages)
{
	size_t counts[PAGE_CLASSES_MAX] = {0}, bytes[PAGE_CLASSES_MAX] = {0};
	size_t counted[PAGE_CLASSES_MAX] = {0}, counted_bytes[PAGE_CLASSES_MAX] = {0};
	size_t by_size = 0, by_age = 0;

	for (unsigned i = 0; i < ARRAY_LEN(pages->recent); i++) {
		const struct recent_stack *stack = &pages->recent[i];
		unsigned depth = 0;

		for (const struct heap_node *node = stack->top; node != NULL; node = node->next) {
			size_t size = container_of(node, struct extent, node)->size;

			expect(size == stack->npages * os_page, "%zu bytes on a stack of %u pages",
			       size, stack->npages);
			by_size += size / os_page;
			depth++;
		}
		expect(depth == stack->depth, "%u on a stack, counted as %u", depth, stack->depth);
	}
	list_for_each(link, &pages->recent_by_age)
	{
		const struct extent *extent = container_of(link, struct extent, link);

		expect(extent->state == PAGES_IN_TRANSIT && extent->arena == pages->arena,
		       "a recent extent of arena %u is in state %u", extent->arena, extent->state);
		by_age += extent->size / os_page;
		counts[page_class_floor(extent->size)]++;
		bytes[page_class_floor(extent->size)] += extent->size;
	}
	expect(by_size == pages->nrecent && by_age == pages->nrecent,
	       "%zu recent pages by size, %zu by age, counted as %zu", by_size, by_age,
	       pages->nrecent);
	recent_count(pages, counted, counted_bytes);
	expect(memcmp(counts, counted, sizeof counts) == 0, "recent: counts");
	expect(memcmp(bytes, counted_bytes, sizeof bytes) == 0, "recent: bytes");
}

void pages_walk(struct pages *pages, const struct tracked_source *source)
{
	size_t sums[PAGES_IN_TRANSIT + 1] = {0};

	lock_take(&pages->lock);
	for (unsigned state = 0; state < PAGES_UNUSED_STATES; state++)
		walk_set(pages, state);
	walk_recent(pages);
	for (size_t i = 0; i < source->extents.count; i++) {
		const struct interval *range = &source->extents.intervals[i];
		size_t size = range->end - range->start;
		const struct extent *first = pagemap_lookup((void *)range->start);
		const struct extent *last = pagemap_lookup((void *)(range->end - 1));

		expect(first != NULL && first == last, "%p, %zu bytes, is not one extent",
		       (void *)range->start, size);
		expect((uintptr_t)first->address == range->start && first->size == size,
		       "%p, %zu bytes, is known as %p, %zu bytes", (void *)range->start, size,
		       first->address, first->size);
		expect(first->arena == pages->arena && first->state <= PAGES_IN_TRANSIT,
		       "%p is in state %u of arena %u", first->address, first->state, first->arena);
		sums[first->state] += size / os_page;
	}
	for (unsigned state = 0; state < PAGES_UNUSED_STATES; state++)
		expect(sums[state] == pages->sets[state].npages,
		       "%zu pages in state %u, in its set %zu", sums[state], state,
		       pages->sets[state].npages);
	expect(sums[PAGES_ACTIVE] == pages->nactive, "%zu active pages, counted as %zu",
	       sums[PAGES_ACTIVE], pages->nactive);
	expect(sums[PAGES_IN_TRANSIT] == pages->nrecent, "%zu pages in transit, %zu are recent",
	       sums[PAGES_IN_TRANSIT], pages->nrecent);
	expect(pages->in_transit == 0 && list_is_empty(&pages->transit), "%zu pages are in transit",
	       pages->in_transit);
	lock_drop(&pages->lock);
}
