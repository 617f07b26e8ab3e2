/* test_large.c - objects of whole pages: what they get, growing and shrinking in place, moving,
 * the list of a manual arena's, counts. */
#include "large.h"

#include <string.h>
#include "expect.h"
#include "os.h"
#include "random.h"
#include "suite.h"

enum { ARENA = 79, OBJECTS = 40 };

static struct pages pages;
static struct base base;
static struct large large;

static void set_up(bool is_listed)
{
	base_init(&base);
	pages_init(&pages, ARENA, &base, &hooks_default, -1, -1);
	large_init(&large, &pages, is_listed);
}

static unsigned class_of(size_t size)
{
	return size_class_of(size);
}

static void expect_out(size_t bytes)
{
	size_t sum = 0;

	for (unsigned class = 0; class < SIZE_CLASSES; class ++) {
		expect(large.counts[class].nmalloc >= large.counts[class].ndalloc,
		       "class %u: freed more often than allocated", class);
		sum += (large.counts[class].nmalloc - large.counts[class].ndalloc) *
		       size_class_sizes[class];
	}
	expect(sum == bytes, "%zu bytes out by the counts, not %zu", sum, bytes);
	expect(pages.nactive << os_lg_page == bytes, "%zu active pages for %zu bytes",
	       pages.nactive, bytes);
}

START_TEST(scripts)
{
	struct random random;
	unsigned char *objects[OBJECTS] = {NULL};
	size_t bytes = 0;

	random_init(&random, test_seed());
	set_up(_i == 1);
	for (int round = 0; round < 4000; round++) {
		unsigned i = (unsigned)random_below(&random, OBJECTS);
		size_t size = size_class_large_min + random_size(&random, 3 << 20);
		unsigned class = class_of(size);
		bool zero = random_below(&random, 2) == 0;

		size = size_class_sizes[class];
		if (objects[i] == NULL) {
			size_t alignment = os_page << random_below(&random, 6);
			unsigned char *p = large_alloc(&large, class, alignment, zero);
			const struct extent *extent = pagemap_lookup(p);

			expect(p != NULL && (uintptr_t)p % alignment == 0, "%p", (void *)p);
			expect(extent->size == size && extent->class == class && !extent->is_slab,
			       "an extent of %zu bytes, class %u", extent->size, extent->class);
			expect(pagemap_cache_bin_times(pagemap_word(p), 1) ==
				       (class < size_class_ncached ? class + 1 : CACHE_BIN_NONE),
			       "freed to the wrong cache bin");
			for (size_t at = 0; zero && at < size; at += 512)
				expect(p[at] == 0, "not zero at %zu", at);
			memset(p, (int)i, size);
			objects[i] = p;
			bytes += size;
		} else if (random_below(&random, 2) == 0) {
			struct extent *extent = pagemap_lookup(objects[i]);
			size_t old = extent->size, least = old < size ? old : size;
			bool done = large_resize(&large, extent, class, zero);
			size_t now = done ? size : old;

			expect(extent->size == now && size_class_sizes[extent->class] == now,
			       "%zu bytes after a resize from %zu to %zu", extent->size, old, size);
			expect(objects[i][0] == (unsigned char)i &&
				       objects[i][least - 1] == (unsigned char)i,
			       "contents are lost");
			for (size_t at = old; zero && at < now; at += 512)
				expect(objects[i][at] == 0, "not zero at %zu", at);
			memset(objects[i], (int)i, now);
			bytes += now - old;
		} else {
			struct extent *extent = pagemap_lookup(objects[i]);

			expect(objects[i][extent->size - 1] == (unsigned char)i, "contents");
			bytes -= extent->size;
			large_dalloc(&large, extent);
			objects[i] = NULL;
		}
		if (round % 64 == 0)
			expect_out(bytes);
	}
	if (_i == 1)
		large_reset(&large);
	else
		for (unsigned i = 0; i < OBJECTS; i++)
			if (objects[i] != NULL)
				large_dalloc(&large, pagemap_lookup(objects[i]));
	expect_out(0);
	large_forget_counts(&large);
	expect(large.counts[class_of(16384)].nmalloc == 0, "counts survive");
	pages_destroy(&pages);
}
END_TEST

START_TEST(growing_in_place)
{
	struct extent *extent;
	char *p, *wall;

	set_up(false);
	p = large_alloc(&large, class_of(1 << 20), 0, false);
	extent = pagemap_lookup(p);
	memset(p, 1, 1 << 20);
	/* The rest of the step lies behind it. */
	expect(large_resize(&large, extent, class_of(5 << 18), true), "no room behind");
	expect(p[(1 << 20) - 1] == 1 && p[1 << 20] == 0, "contents");
	wall = large_alloc(&large, class_of(16384), 0, false);
	expect(wall == p + (5 << 18), "the wall is elsewhere");
	expect(!large_resize(&large, extent, class_of(3 << 19), false), "grew through a neighbour");
	expect(extent->size == 5 << 18, "a failed resize changed something");
	expect(large_resize(&large, extent, class_of(16384), false), "cannot shrink");
	expect(pages.sets[PAGES_DIRTY].npages << os_lg_page == (5 << 18) - 16384, "%zu pages dirty",
	       pages.sets[PAGES_DIRTY].npages);
	expect(large_resize(&large, extent, class_of(1 << 20), true), "cannot take it back");
	for (size_t at = 16384; at < 1 << 20; at += 4096)
		expect(p[at] == 0, "dirty pages taken for zero");
	expect_out((1 << 20) + 16384);
}
END_TEST

START_TEST(moving)
{
	size_t from_size = 2 << 20, to_size = 4 << 20;
	unsigned from_class = class_of(from_size), to_class = class_of(to_size);
	unsigned char *from, *to, *small;

	set_up(true);
	from = large_alloc(&large, from_class, 0, false);
	to = large_alloc(&large, to_class, 0, true);
	small = large_alloc(&large, class_of(16384), 0, false);
	for (size_t at = 0; at < from_size; at += os_page)
		from[at] = (unsigned char)(at / os_page);
	expect(!large_move(&large, pagemap_lookup(small), &large, pagemap_lookup(to)),
	       "little is copied");
	expect(!large_move(&large, pagemap_lookup(to), &large, pagemap_lookup(from)),
	       "moved to a smaller place");
	expect(large_move(&large, pagemap_lookup(from), &large, pagemap_lookup(to)), "not moved");
	for (size_t at = 0; at < to_size; at += os_page)
		expect(to[at] == (at < from_size ? (unsigned char)(at / os_page) : 0), "page %zu",
		       at / os_page);
	expect_out(to_size + 16384);
	/* The old place is retained, and zero when it is used again. */
	expect(pages.sets[PAGES_RETAINED].npages << os_lg_page >= from_size, "not retained");
	from = large_alloc(&large, from_class, 0, true);
	for (size_t at = 0; at < from_size; at += os_page)
		expect(from[at] == 0, "page %zu is not zero", at / os_page);
	large_reset(&large);
	expect_out(0);
}
END_TEST

int main(void)
{
	const TTest *const once[] = {growing_in_place, moving, NULL};
	const TTest *const each[] = {scripts, NULL};

	return suite_run("large", once) | suite_run_rows("large, plain and listed", each, 2);
}
