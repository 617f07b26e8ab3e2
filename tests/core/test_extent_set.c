/* test_extent_set.c - which extent fits, which is the oldest, and sums, against a plain list. */
#include "extent_set.h"

#include <string.h>
#include "expect.h"
#include "os.h"
#include "random.h"
#include "suite.h"

enum { EXTENTS = 300 };

static struct extent_set set;
static struct extent extents[EXTENTS];
static struct extent *by_age[EXTENTS];
static unsigned count;

static void add(struct extent *extent)
{
	extent_set_add(&set, extent);
	by_age[count++] = extent;
}

static void forget(struct extent *extent)
{
	unsigned at = 0;

	while (by_age[at] != extent)
		at++;
	count--;
	memmove(by_age + at, by_age + at + 1, (count - at) * sizeof *by_age);
}

static void expect_same(void)
{
	size_t counts[PAGE_CLASSES_MAX] = {0}, bytes[PAGE_CLASSES_MAX] = {0}, npages = 0;
	size_t filed[FILE_CLASSES_MAX] = {0};
	unsigned i = 0;

	/* A set that never had any is all zero. */
	for (struct list *link = set.by_age.next; link != NULL && link != &set.by_age;
	     link = link->next) {
		struct extent *extent = container_of(link, struct extent, link);
		unsigned class = page_class_floor(extent->size);

		expect(i < count && extent == by_age[i], "extent %u by age", i);
		counts[class]++;
		bytes[class] += extent->size;
		filed[file_class_floor(extent->size)]++;
		npages += extent->size / os_page;
		i++;
	}
	expect(i == count, "%u extents, not %u", i, count);
	expect(set.npages == npages, "%zu pages, not %zu", set.npages, npages);
	expect(memcmp(set.counts, counts, sizeof counts) == 0, "counts by class");
	expect(memcmp(set.bytes, bytes, sizeof bytes) == 0, "bytes by class");
	for (unsigned class = 0; class < FILE_CLASSES_MAX; class ++)
		expect(((set.filled[class / 64] >> (class % 64) & 1) != 0) == (filed[class] > 0),
		       "bit of class %u", class);
	expect(extent_set_oldest(&set) == (count > 0 ? by_age[0] : NULL), "the oldest");
}

/* What the rules of extent_set_fit() promise, found the long way. */
static void expect_fit(size_t size, size_t alignment, size_t most)
{
	struct extent *found = extent_set_fit(&set, size, alignment, most);
	struct extent *best = NULL; /* without alignment and limit: the rule in full */
	bool certain = false;       /* some extent fits wherever it lies, and the limit allows it */

	for (unsigned i = 0; i < count; i++) {
		struct extent *extent = by_age[i];
		unsigned class = file_class_floor(extent->size);

		if (class < file_class_ceil(size))
			continue;
		if (best == NULL || class < file_class_floor(best->size) ||
		    (class == file_class_floor(best->size) && extent->address < best->address))
			best = extent;
		certain |= file_class_floor(extent->size) >=
			   file_class_ceil(size + alignment - os_page);
	}
	if (found != NULL) {
		size_t lead =
			align_up((uintptr_t)found->address, alignment) - (uintptr_t)found->address;

		expect(found->size >= size + lead, "%zu at %zu does not fit into %zu", size,
		       alignment, found->size);
		expect(found->size <= most, "%zu is more than %zu", found->size, most);
	}
	if (alignment == os_page)
		expect(found == (best != NULL && best->size <= most ? best : NULL),
		       "not the lowest of the smallest class for %zu", size);
	else
		expect(found != NULL || !certain || most != SIZE_MAX, "%zu at %zu is not found",
		       size, alignment);
}

START_TEST(against_a_list)
{
	struct random random;
	bool inside[EXTENTS] = {false};

	random_init(&random, test_seed());
	size_class_large_pad = _i == 1 ? os_page : 0;
	for (int round = 0; round < 20000; round++) {
		unsigned i = (unsigned)random_below(&random, EXTENTS);
		struct extent *extent = &extents[i];
		void *address = (void *)(((size_t)i << 32) + random_below(&random, 4096) * os_page);
		size_t size = align_up(random_size(&random, 1 << 30) + 1, os_page);

		if (!inside[i]) {
			extent->address = address;
			extent->size = size;
			add(extent);
			inside[i] = true;
		} else if (round % 3 == 0) {
			extent_set_move(&set, extent, address, size);
		} else if (round % 8 == 1) {
			extent_set_age(&set, extent);
			forget(extent);
			memmove(by_age + 1, by_age, count++ * sizeof *by_age);
			by_age[0] = extent;
		} else {
			extent_set_remove(&set, extent);
			forget(extent);
			inside[i] = false;
		}
		expect_fit(align_up(random_size(&random, 1 << 30) + 1, os_page), os_page, SIZE_MAX);
		size = align_up(random_size(&random, 1 << 24) + 1, os_page);
		expect_fit(size, os_page, size << random_below(&random, 7));
		expect_fit(size, os_page << random_below(&random, 12), SIZE_MAX);
		if (round % 16 == 0)
			expect_same();
	}
}
END_TEST

START_TEST(lowest_address_first)
{
	for (unsigned i = 0; i < 5; i++) {
		static const size_t places[] = {7, 3, 9, 1, 5};

		extents[i].address = (void *)(places[i] << 30);
		extents[i].size = 4 * os_page;
		add(&extents[i]);
	}
	for (size_t place = 1; place <= 9; place += 2) {
		struct extent *found = extent_set_fit(&set, 3 * os_page, os_page, SIZE_MAX);

		expect(found != NULL && found->address == (void *)(place << 30), "place %zu",
		       place);
		extent_set_remove(&set, found);
		forget(found);
	}
	expect(extent_set_fit(&set, os_page, os_page, SIZE_MAX) == NULL, "an empty set fits");
	expect(extent_set_oldest(&set) == NULL, "an empty set has an oldest");
	expect_same();
}
END_TEST

START_TEST(aligned_by_luck)
{
	size_t big = (size_t)1 << 21;

	extents[0].address = (void *)(4 * big + os_page);
	extents[0].size = big;
	add(&extents[0]);
	expect(extent_set_fit(&set, big, big, SIZE_MAX) == NULL, "does not fit, is not aligned");
	expect(extent_set_fit(&set, big / 2, big / 2, SIZE_MAX) == &extents[0], "half of it fits");
	extent_set_move(&set, &extents[0], (void *)(4 * big), big);
	expect(extent_set_fit(&set, big, big, SIZE_MAX) == &extents[0], "is aligned and fits");
	/* At the very end of the address space nothing wraps. */
	extent_set_move(&set, &extents[0], (void *)align_down(UINTPTR_MAX - big, big), big);
	expect(extent_set_fit(&set, os_page, (size_t)1 << 62, SIZE_MAX) == NULL, "wrapped");
}
END_TEST

START_TEST(not_larger_than)
{
	extents[0].address = (void *)((size_t)1 << 30);
	extents[0].size = 64 * os_page;
	add(&extents[0]);
	expect(extent_set_fit(&set, os_page, os_page, 63 * os_page) == NULL, "64 > 63");
	expect(extent_set_fit(&set, os_page, os_page, 64 * os_page) == &extents[0], "64 <= 64");
}
END_TEST

/* With a pad, what one large object leaves is what the next one of its class needs, and up to nine
 * pages all sizes still have a class of their own. */
START_TEST(padded_ones_fit)
{
	size_class_large_pad = os_page;
	for (unsigned class = 0; class < 60; class ++) {
		size_t size = page_class_size(class) + os_page;

		extents[0].address = (void *)((size_t)1 << 30);
		extents[0].size = size;
		add(&extents[0]);
		expect(extent_set_fit(&set, size, os_page, SIZE_MAX) == &extents[0],
		       "%zu bytes do not fit into as many", size);
		expect(extent_set_fit(&set, size + os_page, os_page, SIZE_MAX) == NULL,
		       "they fit into less");
		expect_same();
		expect(file_class_ceil(size) == file_class_floor(size), "filed with smaller ones");
		extent_set_remove(&set, &extents[0]);
		forget(&extents[0]);
	}
	for (unsigned npages = 1; npages <= 9; npages++)
		expect(file_class_floor(npages * os_page) == npages - 1, "%u pages", npages);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {lowest_address_first, aligned_by_luck, not_larger_than,
				      padded_ones_fit, NULL};
	const TTest *const each[] = {against_a_list, NULL};

	return suite_run("extent_set", cases) |
	       suite_run_rows("extent_set, without and with pad", each, 2);
}
