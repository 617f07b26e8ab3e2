/* test_pagemap.c - words of ends, of all granules and of none; addresses that nobody knows; leaves
 * that several threads need at once. */
#include "pagemap.h"

#include <pthread.h>
#include "expect.h"
#include "mapping.h"
#include "options.h"
#include "os.h"
#include "suite.h"
#include "thp.h"

static const size_t granule = (size_t)1 << PAGEMAP_LG_GRANULE;

/* An extent of some granules at an address where nothing need be mapped: only words are kept. */
static struct extent *extent_at(uintptr_t address, size_t granules)
{
	static _Alignas(64) struct extent extents[16];
	static unsigned used;
	struct extent *extent = &extents[used++];

	extent->address = (void *)address;
	extent->size = granules * granule;
	expect(pagemap_ensure(extent->address, extent->size), "no memory");
	return extent;
}

/* Through volatile: of a constant address the compiler knows that nothing is there. */
static uint64_t word_at(uintptr_t address)
{
	volatile uintptr_t hidden = address;

	return pagemap_word((void *)hidden);
}

START_TEST(unknown_addresses)
{
	static int ours;

	expect(word_at(0) == 0, "NULL has a word");
	expect(pagemap_word(&ours) == 0, "a variable has a word");
	expect(word_at(UINTPTR_MAX) == 0, "the last address has a word");
	expect(word_at((uintptr_t)1 << LG_VADDR) == 0, "behind the table");
	expect(word_at(((uintptr_t)1 << LG_VADDR) - 1) == 0, "at its end");
	expect(pagemap_cache_bin_times(0, 1) == CACHE_BIN_NONE, "word 0 names a cache bin");
	expect(!pagemap_ensure((void *)(((uintptr_t)1 << LG_VADDR) - granule), 2 * granule),
	       "ensured what is no user address");
}
END_TEST

START_TEST(words)
{
	/* Across the border of two leaves. */
	uintptr_t at = ((uintptr_t)5 << PAGEMAP_LG_LEAF) - 4 * granule;
	struct extent *extent = extent_at(at, 10);

	for (size_t i = 0; i < 10; i++)
		expect(pagemap_word((void *)(at + i * granule)) == 0, "granule %zu", i);
	pagemap_set_ends(extent, 7);
	for (size_t i = 0; i < 10; i++) {
		uint64_t word = pagemap_word((void *)(at + i * granule + i));

		if (i == 0 || i == 9)
			expect(pagemap_extent(word) == extent &&
				       pagemap_cache_bin_times(word, 1) == 7,
			       "granule %zu", i);
		else
			expect(word == 0, "granule %zu inside", i);
	}
	pagemap_set_all(extent, 255);
	for (size_t i = 0; i < 10; i++) {
		uint64_t word = pagemap_word((void *)(at + i * granule + granule - 1));

		expect(pagemap_extent(word) == extent && pagemap_cache_bin_times(word, 1) == 255,
		       "granule %zu", i);
	}
	pagemap_clear_inside(extent);
	for (size_t i = 0; i < 10; i++)
		expect((pagemap_lookup((void *)(at + i * granule)) == extent) == (i == 0 || i == 9),
		       "granule %zu is left of a slab", i);
	pagemap_clear_ends(extent);
	for (size_t i = 0; i < 10; i++)
		expect(pagemap_word((void *)(at + i * granule)) == 0, "granule %zu", i);
	expect(pagemap_word((void *)(at - 1)) == 0 &&
		       pagemap_word((void *)(at + 10 * granule)) == 0,
	       "neighbours were touched");
}
END_TEST

START_TEST(smallest_extents)
{
	uintptr_t at = (uintptr_t)9 << PAGEMAP_LG_LEAF;
	struct extent *one = extent_at(at, 1), *two = extent_at(at + granule, 2);

	pagemap_set_ends(one, 1);
	pagemap_set_ends(two, 2);
	expect(pagemap_lookup((void *)at) == one, "one granule");
	expect(pagemap_lookup((void *)(at + granule)) == two &&
		       pagemap_lookup((void *)(at + 2 * granule)) == two,
	       "two granules");
	pagemap_clear_inside(one);
	pagemap_clear_inside(two);
	expect(pagemap_lookup((void *)at) == one &&
		       pagemap_lookup((void *)(at + 2 * granule)) == two,
	       "nothing is inside of one or two granules");
}
END_TEST

static void *ensure(void *unused)
{
	for (uintptr_t leaf = 20; leaf < 60; leaf++) {
		void *at = (void *)(leaf << PAGEMAP_LG_LEAF);

		expect(pagemap_ensure(at, granule), "no memory");
		expect(pagemap_word(at) == 0, "a fresh word");
	}
	return unused;
}

START_TEST(leaves_are_mapped_once)
{
	pthread_t threads[4];
	struct pagemap_stats before, after;

	pagemap_stats(&before);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, ensure, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	pagemap_stats(&after);
	expect(after.mapped - before.mapped == 40 * PAGEMAP_LEAF_WORDS * sizeof(uint64_t),
	       "%zu bytes of leaves more", after.mapped - before.mapped);
	expect(after.resident <= after.mapped && after.resident % os_page == 0, "%zu resident",
	       after.resident);
	expect(after.thp == before.thp, "huge pages without being asked");
}
END_TEST

/* What comes and goes at the same places has the same words. */
START_TEST(what_is_gone_does_not_count)
{
	struct pagemap_stats before, after;
	void *at = (void *)((uintptr_t)65 << PAGEMAP_LG_LEAF);
	size_t size = (size_t)64 << 20;

	expect(pagemap_ensure(at, size), "no memory");
	pagemap_stats(&before);
	size_t known = pagemap_known();
	expect(known >= size, "%zu bytes are known", known);
	for (int i = 0; i < 100; i++) {
		pagemap_forget(size);
		expect(pagemap_known() == known - size, "%zu bytes are known", pagemap_known());
		expect(pagemap_ensure(at, size), "no memory");
	}
	expect(pagemap_known() == known, "%zu bytes became %zu", known, pagemap_known());
	pagemap_stats(&after);
	expect(after.resident == before.resident, "%zu became %zu", before.resident,
	       after.resident);
}
END_TEST

START_TEST(leaves_may_be_huge)
{
	struct pagemap_stats before, after;

	thp_policy = THP_POLICY_MADVISE;
	options.metadata_thp = METADATA_THP_ALWAYS;
	pagemap_stats(&before);
	for (uintptr_t leaf = 70; leaf < 73; leaf++)
		expect(pagemap_ensure((void *)(leaf << PAGEMAP_LG_LEAF), granule), "no memory");
	pagemap_stats(&after);
	size_t n = thp_is_usable() && mapping_can_be_huge() ? 3 : 0;
	expect(after.thp - before.thp == n, "%zu huge pages", after.thp - before.thp);
	expect(after.resident - before.resident >= n * THP_SIZE && after.resident <= after.mapped,
	       "%zu of %zu resident", after.resident, after.mapped);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {unknown_addresses,
				      words,
				      smallest_extents,
				      leaves_are_mapped_once,
				      what_is_gone_does_not_count,
				      leaves_may_be_huge,
				      NULL};

	return suite_run("pagemap", cases);
}
