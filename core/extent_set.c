#include "extent_set.h"

#include "os.h"

static struct extent *of_node(const struct heap_node *node)
{
	return container_of(node, struct extent, node);
}

static bool is_lower(const struct heap_node *a, const struct heap_node *b)
{
	return of_node(a)->address < of_node(b)->address;
}

static void file(struct extent_set *set, struct extent *extent)
{
	unsigned class = page_class_floor(extent->size);
	unsigned filed = file_class_floor(extent->size);
	heap_insert(&set->heaps[filed], &extent->node, is_lower);
	set->filled[filed / 64] |= (uint64_t)1 << (filed % 64);
	shared_add(set->counts[class], 1);
	shared_add(set->bytes[class], extent->size);
	shared_add(set->npages, extent->size >> os_lg_page);
}

static void unfile(struct extent_set *set, struct extent *extent)
{
	unsigned class = page_class_floor(extent->size);
	unsigned filed = file_class_floor(extent->size);
	heap_remove(&set->heaps[filed], &extent->node, is_lower);
	if (set->heaps[filed] == NULL)
		set->filled[filed / 64] &= ~((uint64_t)1 << (filed % 64));
	shared_sub(set->counts[class], 1);
	shared_sub(set->bytes[class], extent->size);
	shared_sub(set->npages, extent->size >> os_lg_page);
}

void extent_set_add(struct extent_set *set, struct extent *extent)
{
	file(set, extent);
	if (set->by_age.next == NULL)
		list_init(&set->by_age);
	list_push_back(&set->by_age, &extent->link);
}

void extent_set_remove(struct extent_set *set, struct extent *extent)
{
	unfile(set, extent);
	list_remove(&extent->link);
}

void extent_set_age(struct extent_set *set, struct extent *extent)
{
	list_remove(&extent->link);
	list_push_front(&set->by_age, &extent->link);
}

void extent_set_move(struct extent_set *set, struct extent *extent, void *address, size_t size)
{
	unfile(set, extent);
	extent->address = address;
	extent->size = size;
	file(set, extent);
}

/* The first filled class at or after class; FILE_CLASSES_MAX when there is none. */
static unsigned next_filled(const struct extent_set *set, unsigned class)
{
	for (unsigned i = class / 64; i < ARRAY_LEN(set->filled); i++) {
		uint64_t word = set->filled[i];
		if (i == class / 64)
			word &= ~(uint64_t)0 << (class % 64);
		if (word != 0)
			return i * 64 + bits_first_set(word);
	}
	return FILE_CLASSES_MAX;
}

static bool has_room(const struct extent *extent, size_t size, size_t alignment)
{
	uintptr_t at = align_up((uintptr_t)extent->address, alignment);
	uintptr_t end = (uintptr_t)extent_end(extent);
	return at >= (uintptr_t)extent->address && at <= end && end - at >= size;
}

/* Of so many extents of a class the smallest one with room is taken: those at low addresses, as the
 * heap has them on top. */
#define LOOKED_AT 16u

/* Among extents that are less than a class larger than the request, some of which are smaller. */
static COLD struct extent *fit_between_classes(struct extent_set *set, size_t size,
					       size_t alignment)
{
	struct heap_node *nodes[LOOKED_AT];
	unsigned count = 0;
	struct extent *best = NULL;
	unsigned class = file_class_floor(size);
	if (class == file_class_ceil(size) || set->heaps[class] == NULL)
		return NULL;
	nodes[count++] = set->heaps[class];
	for (unsigned i = 0; i < count; i++) {
		struct extent *extent = of_node(nodes[i]);
		if ((best == NULL || extent->size < best->size) &&
		    has_room(extent, size, alignment))
			best = extent;
		for (struct heap_node *node = nodes[i]->child; node != NULL && count < LOOKED_AT;
		     node = node->next)
			nodes[count++] = node;
	}
	return best;
}

struct extent *extent_set_fit(struct extent_set *set, size_t size, size_t alignment, size_t most)
{
	if (unlikely(size_class_exact_from != SIZE_CLASS_NONE)) {
		struct extent *between = fit_between_classes(set, size, alignment);
		if (between != NULL)
			return between;
	}
	unsigned class = next_filled(set, file_class_ceil(size));
	/* Of a class only the lowest extent is looked at; when it is not aligned by luck, a class
	 * that is larger by the alignment fits for certain. */
	for (; class < FILE_CLASSES_MAX; class = next_filled(set, class + 1)) {
		struct extent *extent = of_node(set->heaps[class]);
		if (extent->size > most)
			return NULL;
		if (alignment <= os_page || has_room(extent, size, alignment))
			return extent;
	}
	return NULL;
}

struct extent *extent_set_oldest(const struct extent_set *set)
{
	struct list *link = list_first(&set->by_age);
	return link != NULL ? container_of(link, struct extent, link) : NULL;
}
