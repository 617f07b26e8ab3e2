/* test_page_recent.c - what was freed a moment ago: found by its size, latest first; settled, it is
 * in the set of dirty extents as if it had gone there at once.
 */
#include "page_recent.h"

#include "expect.h"
#include "options.h"
#include "os.h"
#include "page_alloc.h"
#include "page_purge.h"
#include "pages_walk.h"
#include "suite.h"

#include <string.h>

static struct pages pages;
static struct base base;
static struct tracked_source source;

static void set_up(void)
{
	memset(&pages, 0, sizeof pages);
	options.retain = true;
	base_init(&base);
	tracked_source_init(&source, SOURCE_KEEP);
	pages_init(&pages, 77, &base, &source.hooks, 10000, 0);
}

static struct extent *take(size_t npages, size_t alignment)
{
	struct extent *extent = pages_alloc(&pages, npages * os_page, alignment, false);

	expect(extent != NULL && extent->state == PAGES_ACTIVE, "no extent of %zu pages", npages);
	return extent;
}

START_TEST(latest_of_a_size_first)
{
	struct extent *parts[6];

	set_up();
	for (size_t i = 0; i < 6; i++)
		parts[i] = take(1 + i % 2, 0);
	unsigned long splits = source.calls.split;
	for (size_t i = 0; i < 6; i++)
		pages_dalloc(&pages, parts[i]);
	expect(pages.nrecent == 9, "%zu pages wait", pages.nrecent);
	pages_walk(&pages, &source);
	for (size_t i = 6; i-- > 0;) {
		struct extent *again = take(1 + i % 2, 0);

		expect(again == parts[i], "extent %zu does not come back in its turn", i);
		pages_walk(&pages, &source);
	}
	expect(pages.nrecent == 0 && source.calls.split == splits && source.calls.merge == 0,
	       "work that nobody needed: %lu splits, %lu merges", source.calls.split - splits,
	       source.calls.merge);
}
END_TEST

START_TEST(other_sizes_settle)
{
	struct extent *parts[8];

	set_up();
	for (int i = 0; i < 8; i++)
		parts[i] = take(1, 0);
	for (int i = 0; i < 8; i++)
		pages_dalloc(&pages, parts[i]);
	struct extent *one = take(8, 0);
	expect(pages.nrecent == 0 && source.calls.alloc == 1, "eight pages were there already");
	expect(one->address == parts[0]->address || one->size == 8 * os_page, "not those");
	pages_walk(&pages, &source);
	pages_dalloc(&pages, one);
	recent_settle(&pages);
	expect(pages.sets[PAGES_DIRTY].npages == 8, "settled, but not dirty");
	pages_walk(&pages, &source);
}
END_TEST

START_TEST(alignment_is_kept)
{
	set_up();
	struct extent *first = take(1, 0);
	struct extent *second = take(1, 0);
	struct extent *odd = ((uintptr_t)first->address & (2 * os_page - 1)) != 0 ? first : second;

	pages_dalloc(&pages, odd);
	struct extent *even = take(1, 2 * os_page);
	expect(((uintptr_t)even->address & (2 * os_page - 1)) == 0, "%p is not aligned",
	       even->address);
	pages_walk(&pages, &source);
}
END_TEST

/* There are more sizes here than stacks; these two never want the same one. */
START_TEST(all_sizes_wait)
{
	set_up();
	for (unsigned npages = 1; npages <= 100; npages++) {
		struct extent *extent = take(npages, 0);
		struct extent *other = take(npages % 100 + 1, 0);

		pages_dalloc(&pages, extent);
		expect(take(npages, 0) == extent, "%u pages do not come back", npages);
		pages_dalloc(&pages, extent);
		pages_dalloc(&pages, other);
		expect(pages.nrecent == npages + npages % 100 + 1, "%u pages do not wait", npages);
		pages_walk(&pages, &source);
		extent = take(npages, 0);
		expect(extent->size == npages * os_page, "another size, %zu bytes", extent->size);
		pages_dalloc(&pages, extent);
		recent_settle(&pages);
	}
}
END_TEST

/* Of the first sizes, the next one that wants the stack of npages. */
static size_t rival_of(size_t npages)
{
	const uint64_t golden_section = 0x9e3779b97f4a7c15;
	size_t rival = npages + 1;

	while ((rival * golden_section ^ npages * golden_section) >> (64 - RECENT_LG_STACKS) != 0)
		rival++;
	return rival;
}

START_TEST(a_stack_is_of_one_size)
{
	set_up();
	for (unsigned npages = 1; npages <= 20; npages++) {
		size_t rival = rival_of(npages);
		struct extent *extents[3], *other;

		for (unsigned i = 0; i < ARRAY_LEN(extents); i++)
			extents[i] = take(npages, 0);
		other = take(rival, 0);
		recent_settle(&pages);
		size_t settled = pages.sets[PAGES_DIRTY].npages;
		for (unsigned i = 0; i < ARRAY_LEN(extents); i++)
			pages_dalloc(&pages, extents[i]);
		expect(pages.nrecent == 3 * (size_t)npages, "%zu pages wait", pages.nrecent);
		pages_dalloc(&pages, other);
		expect(pages.nrecent == rival, "%zu pages wait, not %zu", pages.nrecent, rival);
		expect(pages.sets[PAGES_DIRTY].npages == settled + 3 * (size_t)npages,
		       "%zu pages are dirty", pages.sets[PAGES_DIRTY].npages);
		pages_walk(&pages, &source);
		expect(take(rival, 0) == other, "%zu pages do not come back", rival);
		pages_dalloc(&pages, other);
		recent_settle(&pages);
		pages_walk(&pages, &source);
	}
}
END_TEST

START_TEST(padded_sizes_wait)
{
	size_class_large_pad = os_page;
	set_up();
	/* From oversize_threshold on they are purged at once. */
	for (unsigned class = 0; page_class_size(class) < options.oversize_threshold / 2;
	     class ++) {
		struct extent *extent = take(page_class_size(class) / os_page + 1, 0);

		pages_dalloc(&pages, extent);
		expect(pages.nrecent == extent->size / os_page, "%zu bytes do not wait",
		       extent->size);
		pages_walk(&pages, &source);
		expect(take(extent->size / os_page, 0) == extent, "it does not come back");
		pages_walk(&pages, &source);
	}
}
END_TEST

START_TEST(growth_finds_them)
{
	set_up();
	struct extent *first = take(4, 0);
	struct extent *next = take(4, 0);

	expect(extent_end(first) == next->address, "not side by side");
	pages_dalloc(&pages, next);
	expect(pages_expand(&pages, first, 8 * os_page, false), "no growth over what is free");
	pages_walk(&pages, &source);
}
END_TEST

START_TEST(purging_finds_them)
{
	set_up();
	pages_dalloc(&pages, take(16, 0));
	expect(pages.nrecent == 16 && pages_deadline(&pages) != UINT64_MAX, "no deadline");
	pages_dalloc(&pages, take(16, 0));
	pages_purge(&pages, true);
	expect(pages.nrecent == 0 && pages.purged[PAGES_DIRTY].pages == 16, "not purged");
	pages_walk(&pages, &source);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {
		latest_of_a_size_first, other_sizes_settle,     alignment_is_kept,
		all_sizes_wait,         a_stack_is_of_one_size, padded_sizes_wait,
		growth_finds_them,      purging_finds_them,     NULL};

	return suite_run("page_recent", cases);
}
