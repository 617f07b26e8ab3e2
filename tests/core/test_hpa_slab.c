/* test_hpa_slab.c - the pages of one huge page against a plain array of them. */
#include "hpa_slab.h"

#include <string.h>
#include "expect.h"
#include "hpa_walk.h"
#include "random.h"
#include "suite.h"

enum { FREE, DIRTY, ACTIVE };

static struct hpa_slab slab;
static unsigned char model[HPA_SLAB_PAGES];
static char *const base = (char *)((uintptr_t)1 << 30);

static void set_up(void)
{
	hpa_slab_init(&slab, base);
	memset(model, FREE, sizeof model);
}

static unsigned page_of(const void *address)
{
	return (unsigned)(ptr_distance(base, address) >> HPA_LG_PAGE);
}

/* The first free run of so many pages; HPA_SLAB_PAGES: none. */
static unsigned first_fit(unsigned npages)
{
	unsigned run = 0;

	for (unsigned page = 0; page < HPA_SLAB_PAGES; page++) {
		run = model[page] == ACTIVE ? 0 : run + 1;
		if (run == npages)
			return page + 1 - npages;
	}
	return HPA_SLAB_PAGES;
}

static void compare(void)
{
	hpa_walk_slab(&slab);
	for (unsigned page = 0; page < HPA_SLAB_PAGES; page++) {
		bool is_active = (slab.active.words[page / 64] >> (page % 64) & 1) != 0;
		bool is_touched = (slab.touched.words[page / 64] >> (page % 64) & 1) != 0;

		expect(is_active == (model[page] == ACTIVE) && is_touched == (model[page] != FREE),
		       "page %u", page);
	}
}

static void take(unsigned npages)
{
	unsigned at = first_fit(npages);
	bool zeroed, was_free = true;

	if (at == HPA_SLAB_PAGES) {
		expect(slab.longest < npages, "%u pages are there", npages);
		return;
	}
	for (unsigned i = 0; i < npages; i++)
		was_free &= model[at + i] == FREE;
	expect(page_of(hpa_slab_take(&slab, npages, &zeroed)) == at, "not the first fit");
	expect(zeroed == was_free, "zeroed is %d", zeroed);
	memset(model + at, ACTIVE, npages);
}

static void put(unsigned at, unsigned npages)
{
	hpa_slab_put(&slab, base + ((size_t)at << HPA_LG_PAGE), npages);
	memset(model + at, DIRTY, npages);
}

/* All dirty runs, in order; those at an even place are purged. */
static void purge(bool all)
{
	struct hpa_pages dirty;
	unsigned first = 0, n, at = 0;

	hpa_slab_dirty(&slab, &dirty);
	for (unsigned i = 0; (n = hpa_pages_next_run(&dirty, &first)) != 0; first += n, i++) {
		while (at < first)
			expect(model[at++] != DIRTY, "page %u is passed over", at);
		expect(first + n == HPA_SLAB_PAGES || model[first + n] != DIRTY, "cut short");
		for (; at < first + n; at++) {
			expect(model[at] == DIRTY, "page %u is not dirty", at);
			if (all || i % 2 == 0)
				model[at] = FREE;
		}
		if (!all && i % 2 != 0)
			hpa_pages_remove(&dirty, first, n);
	}
	while (at < HPA_SLAB_PAGES)
		expect(model[at++] != DIRTY, "page %u is passed over", at);
	hpa_slab_clean(&slab, &dirty);
}

START_TEST(as_the_model)
{
	struct random random;

	random_init(&random, test_seed());
	set_up();
	for (unsigned long i = test_scaled(20000); i > 0; i--) {
		unsigned page = (unsigned)random_below(&random, HPA_SLAB_PAGES);
		unsigned most = 1u << random_below(&random, 7);
		unsigned n = 1 + (unsigned)random_below(&random, most);

		switch (random_below(&random, 9)) {
		case 0:
			purge(random_below(&random, 2) != 0);
			break;
		default:
			if (random_below(&random, 2) != 0) {
				take(n);
				break;
			}
			while (page < HPA_SLAB_PAGES && model[page] != ACTIVE)
				page++;
			unsigned end = page;
			while (end < HPA_SLAB_PAGES && end < page + n && model[end] == ACTIVE)
				end++;
			if (end > page)
				put(page, end - page);
		}
		compare();
	}
}
END_TEST

START_TEST(whole_and_huge)
{
	bool zeroed;

	set_up();
	take(HPA_SLAB_PAGES);
	expect(hpa_slab_is_full(&slab) && slab.longest == 0, "not full");
	put(0, HPA_SLAB_PAGES);
	expect(hpa_slab_is_empty(&slab) && hpa_slab_ndirty(&slab) == HPA_SLAB_PAGES, "not empty");
	purge(true);
	compare();
	expect(slab.ntouched == 0, "%u pages touched", slab.ntouched);
	take(1);
	hpa_slab_set_huge(&slab, true);
	expect(hpa_slab_ndirty(&slab) == HPA_SLAB_PAGES - 1, "a huge page has all its memory");
	hpa_slab_take(&slab, 1, &zeroed);
	expect(!zeroed, "who knows what is in a huge page");
	hpa_walk_slab(&slab);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {as_the_model, whole_and_huge, NULL};

	return suite_run("hpa_slab", cases);
}
