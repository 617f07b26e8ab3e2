/* test_large.c - objects of whole pages: what they get, where in their first page they start,
 * growing and shrinking in place, moving, the list of a manual arena's, counts. */
#include "large.h"

#include <string.h>
#include "expect.h"
#include "options.h"
#include "os.h"
#include "random.h"
#include "large_class.h"
#include "suite.h"

enum { ARENA = 79, OBJECTS = 40 };

static struct pages pages;
static struct base base;
static struct large large;

static void set_up(bool is_listed)
{
	large_boot();
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
	size_t sum = 0, count = 0;

	for (unsigned class = 0; class < SIZE_CLASSES; class ++) {
		expect(large.counts[class].nmalloc >= large.counts[class].ndalloc,
		       "class %u: freed more often than allocated", class);
		count += large.counts[class].nmalloc - large.counts[class].ndalloc;
		sum += (large.counts[class].nmalloc - large.counts[class].ndalloc) *
		       size_class_sizes[class];
	}
	expect(sum >= large.spared && large.spared % os_page == 0, "%zu spared of %zu",
	       (size_t)large.spared, sum);
	sum -= large.spared;
	expect(sum == bytes, "%zu bytes out by the counts, not %zu", sum, bytes);
	expect(pages.nactive << os_lg_page == bytes + count * size_class_large_pad,
	       "%zu active pages for %zu bytes in %zu objects", pages.nactive, bytes, count);
}

/* The bit of each line of a page that an object starts at. */
static uint64_t line_of(const void *object)
{
	return (uint64_t)1 << ((uintptr_t)object / CACHE_LINE % 64);
}

START_TEST(scripts)
{
	struct random random;
	unsigned char *objects[OBJECTS] = {NULL};
	size_t bytes = 0;

	random_init(&random, test_seed());
	options.cache_oblivious = _i % 4 >= 2;
	options.disable_large_size_classes = _i >= 4;
	set_up(_i % 2 == 1);
	for (int round = 0; round < 4000; round++) {
		unsigned i = (unsigned)random_below(&random, OBJECTS);
		size_t size = size_class_large_min + random_size(&random, 3 << 20);
		unsigned class = class_of(size);
		bool zero = random_below(&random, 2) == 0;

		size = size_class_usable(size);
		if (objects[i] == NULL) {
			size_t alignment = (size_t)1 << random_below(&random, 18);
			unsigned char *p = large_alloc(&large, size, alignment, zero, class);
			const struct extent *extent = pagemap_lookup(p);

			expect(p != NULL && (uintptr_t)p % alignment == 0, "%p", (void *)p);
			expect((uintptr_t)p % CACHE_LINE == 0 && extent_object(extent) == p, "%p",
			       (void *)p);
			expect(extent->lead == 0 || (_i % 4 >= 2 && alignment < os_page),
			       "begins at byte %u of its page", extent->lead);
			expect(extent->size == size + size_class_large_pad &&
				       extent->class == class && !extent->is_slab,
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
			size_t old = extent_usable(extent), least = old < size ? old : size;
			bool done = large_resize(&large, extent, size, zero);
			size_t now = done ? size : old;

			expect(extent->size == now + size_class_large_pad &&
				       extent_usable(extent) == now &&
				       extent->class == class_of(now) &&
				       extent->is_exact == (_i >= 4 && now > 8 * os_page),
			       "%zu bytes after a resize from %zu to %zu", extent->size, old, size);
			expect(objects[i][0] == (unsigned char)i &&
				       objects[i][least - 1] == (unsigned char)i,
			       "contents are lost");
			for (size_t at = old; zero && at < now; at += 64)
				expect(objects[i][at] == 0, "not zero at %zu", at);
			memset(objects[i], (int)i, now);
			bytes += now - old;
		} else {
			struct extent *extent = pagemap_lookup(objects[i]);

			size = extent_usable(extent);
			expect(objects[i][0] == (unsigned char)i &&
				       objects[i][size - 1] == (unsigned char)i,
			       "contents");
			bytes -= size;
			large_dalloc(&large, extent);
			objects[i] = NULL;
		}
		if (round % 64 == 0)
			expect_out(bytes);
	}
	if (_i % 2 == 1)
		large_reset(&large);
	else
		for (unsigned i = 0; i < OBJECTS; i++)
			if (objects[i] != NULL)
				large_dalloc(&large, pagemap_lookup(objects[i]));
	expect_out(0);
	expect(large.spared == 0, "%zu bytes spared by nothing", (size_t)large.spared);
	large_forget_counts(&large);
	expect(large.counts[class_of(16384)].nmalloc == 0, "counts survive");
	pages_destroy(&pages);
}
END_TEST

/* Without the option they start at a page, with it each in a place of its own. */
START_TEST(places)
{
	enum { MANY = 64 };
	uint64_t lines = 0, second_lines = 0;
	unsigned distinct, second_distinct;

	options.cache_oblivious = _i == 1;
	set_up(false);
	for (unsigned i = 0; i < MANY; i++) {
		void *p = large_of_class(&large, class_of((size_t)16384 << i % 5), 0, false);

		lines |= line_of(p);
		if (i % 2 == 0)
			second_lines |= line_of(p);
	}
	distinct = (unsigned)__builtin_popcountll(lines);
	second_distinct = (unsigned)__builtin_popcountll(second_lines);
	/* At random it would be 41, and 26. */
	expect(_i == 1 ? distinct >= 50 : lines == 1, "%u lines of %u", distinct, MANY);
	expect(_i == 1 ? second_distinct >= 26 : second_lines == 1, "%u lines of %u",
	       second_distinct, MANY / 2);
	for (size_t alignment = 1; alignment <= 1 << 20; alignment *= 2) {
		lines = 0;
		for (unsigned i = 0; i < MANY; i++) {
			void *p = large_of_class(&large, class_of(16384), alignment, false);

			expect((uintptr_t)p % alignment == 0, "%p at %zu", p, alignment);
			lines |= line_of(p);
		}
		distinct = (unsigned)__builtin_popcountll(lines);
		size_t lines_at_most = alignment < 64     ? 64
				       : alignment < 4096 ? 4096 / alignment
							  : 1;
		expect(_i == 1 ? distinct >= (lines_at_most + 1) / 2 && distinct <= lines_at_most
			       : lines == 1,
		       "%u lines at %zu", distinct, alignment);
	}
}
END_TEST

/* What lay unused behind an object is zero when it becomes part of it. */
START_TEST(pads_are_cleared)
{
	unsigned classes[] = {class_of(16384), class_of(20480), class_of(65536), class_of(16384),
			      class_of(1 << 20)};

	options.cache_oblivious = true;
	set_up(false);
	for (unsigned i = 0; i < 20; i++) {
		char *p = large_of_class(&large, classes[0], 0, false);
		struct extent *extent = pagemap_lookup(p);

		for (unsigned j = 1; j < ARRAY_LEN(classes); j++) {
			size_t old = size_class_sizes[classes[j - 1]];
			size_t now = size_class_sizes[classes[j]];

			memset(extent->address, 1, extent->size);
			if (!large_resize(&large, extent, size_class_sizes[classes[j]], true))
				break;
			expect(extent_object(extent) == p, "moved");
			for (size_t at = 0; at < now; at++)
				expect(p[at] == (at < old), "byte %zu of %zu, %zu before: %d", at,
				       now, old, p[at]);
		}
		large_dalloc(&large, extent);
	}
	expect_out(0);
}
END_TEST

START_TEST(growing_in_place)
{
	struct extent *extent;
	char *p, *wall;

	set_up(false);
	p = large_of_class(&large, class_of(1 << 20), 0, false);
	extent = pagemap_lookup(p);
	memset(p, 1, 1 << 20);
	/* The rest of the step lies behind it. */
	expect(large_resize(&large, extent, size_class_sizes[class_of(5 << 18)], true),
	       "no room behind");
	expect(p[(1 << 20) - 1] == 1 && p[1 << 20] == 0, "contents");
	wall = large_of_class(&large, class_of(16384), 0, false);
	expect(wall == p + (5 << 18), "the wall is elsewhere");
	expect(!large_resize(&large, extent, size_class_sizes[class_of(3 << 19)], false),
	       "grew through a neighbour");
	expect(extent->size == 5 << 18, "a failed resize changed something");
	expect(large_resize(&large, extent, size_class_sizes[class_of(16384)], false),
	       "cannot shrink");
	expect(pages.nrecent << os_lg_page == (5 << 18) - 16384, "%zu pages dirty", pages.nrecent);
	expect(large_resize(&large, extent, size_class_sizes[class_of(1 << 20)], true),
	       "cannot take it back");
	for (size_t at = 16384; at < 1 << 20; at += 4096)
		expect(p[at] == 0, "dirty pages taken for zero");
	expect_out((1 << 20) + 16384);
}
END_TEST

/* The contents of an object move as whole pages, so it begins as far behind its page as before. */
START_TEST(moving_with_a_lead)
{
	size_t size = 2 << 20;
	unsigned from_class = class_of(size), to_class = class_of(4 << 20);
	struct extent *from, *to;
	unsigned char *p;

	options.cache_oblivious = true;
	set_up(true);
	for (unsigned i = 0; i < 20; i++) {
		p = large_of_class(&large, from_class, 0, false);
		from = pagemap_lookup(p);
		uint16_t lead = from->lead;
		to = pagemap_lookup(large_of_class(&large, to_class, 0, true));
		for (size_t at = 0; at < size; at += 64)
			memcpy(p + at, &at, sizeof at);
		expect(lead == 0 || !large_move(&large, from, &large, to, os_page),
		       "to a place without the alignment");
		to->size -= os_page; /* as between guards */
		expect(lead == 0 || !large_move(&large, from, &large, to, 0),
		       "no room for the lead");
		to->size += os_page;
		if (!large_move(&large, from, &large, to, lead % 128 == 0 ? 128 : 64)) {
			/* The kernel does not move what has become several mappings. */
			expect(i > 0, "nothing is ever moved");
			large_dalloc(&large, from);
			large_dalloc(&large, to);
			continue;
		}
		expect(to->lead == lead, "begins at %u, not %u", to->lead, lead);
		p = extent_object(to);
		for (size_t at = 0; at < size; at += 64)
			expect(memcmp(p + at, &at, sizeof at) == 0, "contents at %zu", at);
		for (size_t at = size + size_class_large_pad; at < size_class_sizes[to_class]; at++)
			expect(p[at] == 0, "not zero at %zu", at);
		expect_out(size_class_sizes[to_class]);
		large_dalloc(&large, to);
	}
	expect_out(0);
}
END_TEST

START_TEST(moving)
{
	size_t from_size = 2 << 20, to_size = 4 << 20;
	unsigned from_class = class_of(from_size), to_class = class_of(to_size);
	unsigned char *from, *to, *small;

	set_up(true);
	from = large_of_class(&large, from_class, 0, false);
	to = large_of_class(&large, to_class, 0, true);
	small = large_of_class(&large, class_of(16384), 0, false);
	for (size_t at = 0; at < from_size; at += os_page)
		from[at] = (unsigned char)(at / os_page);
	expect(!large_move(&large, pagemap_lookup(small), &large, pagemap_lookup(to), 0),
	       "little is copied");
	expect(!large_move(&large, pagemap_lookup(to), &large, pagemap_lookup(from), 0),
	       "moved to a smaller place");
	expect(large_move(&large, pagemap_lookup(from), &large, pagemap_lookup(to), 0),
	       "not moved");
	for (size_t at = 0; at < to_size; at += os_page)
		expect(to[at] == (at < from_size ? (unsigned char)(at / os_page) : 0), "page %zu",
		       at / os_page);
	expect_out(to_size + 16384);
	/* The old place is retained, and zero when it is used again. */
	expect(pages.sets[PAGES_RETAINED].npages << os_lg_page >= from_size, "not retained");
	from = large_of_class(&large, from_class, 0, true);
	for (size_t at = 0; at < from_size; at += os_page)
		expect(from[at] == 0, "page %zu is not zero", at / os_page);
	large_reset(&large);
	expect_out(0);
}
END_TEST

int main(void)
{
	const TTest *const once[] = {growing_in_place, moving, moving_with_a_lead, pads_are_cleared,
				     NULL};
	const TTest *const either[] = {places, NULL};
	const TTest *const each[] = {scripts, NULL};

	return suite_run("large", once) |
	       suite_run_rows("large, without and with cache_oblivious", either, 2) |
	       suite_run_rows("large, plain and listed, the same, and exact", each, 8);
}
