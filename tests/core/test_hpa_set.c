/* test_hpa_set.c - which slab is the next: to be cut, to be purged, to be huge; and when. */
#include "hpa_set.h"

#include <string.h>
#include "expect.h"
#include "hpa_setup.h"
#include "hpa_walk.h"
#include "os.h"
#include "random.h"
#include "size_class.h"
#include "suite.h"

enum { SLABS = 40 };

static const uint64_t second = 1000000000;

static struct hpa_set set;
static struct hpa_policy policy;
static struct hpa_slab slabs[SLABS];

static void set_up(void)
{
	os_boot();
	size_class_boot(os_page, NULL);
	memset(&set, 0, sizeof set);
	policy = hpa_setup_policy();
	hpa_set_init(&set, &policy);
	for (unsigned i = 0; i < SLABS; i++)
		hpa_slab_init(&slabs[i], (char *)((uintptr_t)1 << 40) + i * THP_SIZE);
}

static void add(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		hpa_set_add(&set, &slabs[i]);
	hpa_walk_set(&set);
}

static void *take(struct hpa_slab *slab, unsigned npages)
{
	bool zeroed;

	hpa_set_take_out(&set, slab);
	void *address = hpa_slab_take(slab, npages, &zeroed);
	hpa_set_put_back(&set, slab);
	return address;
}

static void put(struct hpa_slab *slab, const void *address, unsigned npages)
{
	hpa_set_take_out(&set, slab);
	hpa_slab_put(slab, address, npages);
	hpa_set_put_back(&set, slab);
}

static void set_huge(struct hpa_slab *slab, bool is_huge)
{
	hpa_set_take_out(&set, slab);
	hpa_slab_set_huge(slab, is_huge);
	hpa_set_put_back(&set, slab);
}

START_TEST(the_fullest_with_room)
{
	set_up();
	add(4);
	expect(hpa_set_fit(&set, 1) == &slabs[0], "of equals not the lowest");
	take(&slabs[1], 100);
	take(&slabs[2], 400);
	take(&slabs[3], 508);
	expect(hpa_set_fit(&set, 4) == &slabs[3], "not the fullest");
	expect(hpa_set_fit(&set, 5) == &slabs[2], "not the fullest with room");
	expect(hpa_set_fit(&set, 112) == &slabs[2], "its last pages");
	expect(hpa_set_fit(&set, 128) == &slabs[1], "not the next");
	expect(hpa_set_fit(&set, 512) == &slabs[0], "not the empty one");
	take(&slabs[0], 512);
	expect(hpa_set_fit(&set, 512) == NULL, "room where there is none");
	hpa_walk_set(&set);
	/* Fuller, although its free pages lie apart. */
	void *hole = take(&slabs[2], 112);
	put(&slabs[2], hole, 1);
	expect(hpa_set_fit(&set, 1) == &slabs[2], "511 pages are more than 508");
	hpa_walk_set(&set);
}
END_TEST

START_TEST(too_much_is_dirty)
{
	set_up();
	add(2);
	void *kept = take(&slabs[0], 400);
	void *gone = take(&slabs[1], 200);
	(void)kept;
	expect(hpa_set_due(&set) == UINT64_MAX, "due, but nothing is dirty");
	put(&slabs[1], gone, 100);
	expect(hpa_set_excess(&set) == 0 && hpa_set_due(&set) == UINT64_MAX,
	       "100 of 500 pages may be dirty");
	uint64_t before = os_now_ns();
	put(&slabs[1], ptr_add(gone, 100 * os_page), 100);
	expect(hpa_set_excess(&set) == 100, "%zu pages too many", hpa_set_excess(&set));
	uint64_t due = hpa_set_due(&set);
	expect(due >= before + 5 * second && due <= os_now_ns() + 5 * second, "not after 5 s");
	expect(hpa_set_to_purge(&set, os_now_ns()) == &slabs[1],
	       "not the slab with the dirty pages");
	/* What is taken again in time is not too much any more. */
	take(&slabs[1], 100);
	expect(hpa_set_excess(&set) == 0 && hpa_set_due(&set) == UINT64_MAX, "still due");
	policy.dirty_mult = 0;
	put(&slabs[1], gone, 1);
	expect(hpa_set_excess(&set) == hpa_slab_ndirty(&slabs[1]), "none may stay");
	policy.dirty_mult = HPA_DIRTY_UNLIMITED;
	put(&slabs[1], ptr_add(gone, os_page), 1);
	expect(hpa_set_excess(&set) == 0 && hpa_set_due(&set) == UINT64_MAX, "all may stay");
}
END_TEST

START_TEST(the_emptiest_is_purged_first)
{
	static const unsigned kept[] = {300, 20, 0, 7, 470};

	set_up();
	policy.purge_least = 8;
	add(6);
	for (unsigned i = 0; i < 5; i++) {
		void *pages = take(&slabs[i], kept[i] + 10);
		put(&slabs[i], pages, 10);
	}
	/* Too few of its pages are dirty. */
	put(&slabs[5], take(&slabs[5], 7), 7);
	static const unsigned order[] = {2, 3, 1, 0, 4};
	for (unsigned i = 0; i < 5; i++) {
		struct hpa_slab *slab = hpa_set_to_purge(&set, UINT64_MAX);

		expect(slab == &slabs[order[i]], "number %u is the slab with %u pages", i,
		       slab != NULL ? slab->nactive : 0);
		hpa_walk_set(&set);
		hpa_set_begin_work(&set, slab);
		hpa_walk_set(&set);
		expect(hpa_set_fit(&set, 512 - slab->nactive) != slab, "one that is worked on");
	}
	expect(hpa_set_to_purge(&set, UINT64_MAX) == NULL, "too few are dirty there");
	for (unsigned i = 0; i < 5; i++)
		hpa_set_end_work(&set, &slabs[i]);
	hpa_walk_set(&set);
}
END_TEST

START_TEST(not_before_its_delay)
{
	set_up();
	policy.purge_delay_ns = 20 * second;
	add(1);
	void *pages = take(&slabs[0], 100);
	uint64_t before = os_now_ns();
	put(&slabs[0], pages, 100);
	expect(hpa_set_to_purge(&set, os_now_ns()) == NULL, "purged at once");
	expect(hpa_set_to_purge(&set, before + 21 * second) == &slabs[0], "not purged");
	expect(hpa_set_due(&set) >= before + 20 * second &&
		       hpa_set_due(&set) < before + 25 * second,
	       "due at another time");
	policy.purge_delay_ns = UINT64_MAX;
	expect(hpa_set_due(&set) == UINT64_MAX &&
		       hpa_set_to_purge(&set, before + 99 * second) == NULL,
	       "the end of time is not in the past");
}
END_TEST

START_TEST(full_enough_for_long_enough)
{
	set_up();
	add(3);
	take(&slabs[0], 479);
	expect(hpa_set_due(&set) == UINT64_MAX, "not full enough");
	uint64_t before = os_now_ns();
	void *last = take(&slabs[0], 1);
	take(&slabs[1], 500);
	expect(hpa_set_to_hugify(&set, os_now_ns()) == NULL, "at once");
	expect(hpa_set_due(&set) >= before + 10 * second, "due before its delay");
	expect(hpa_set_to_hugify(&set, before + 11 * second) == &slabs[0], "not the first");
	/* Its dirty pages are left alone meanwhile. */
	put(&slabs[1], ptr_add(slabs[1].address, os_page), 1);
	expect(hpa_set_to_purge(&set, UINT64_MAX) == NULL, "purged before it becomes huge");
	/* Emptier in between, it begins anew, behind the other. */
	put(&slabs[0], last, 1);
	take(&slabs[0], 1);
	expect(hpa_set_to_hugify(&set, before + 11 * second) == &slabs[1], "not the second");
	hpa_walk_set(&set);
	set_huge(&slabs[1], true);
	expect(hpa_set_to_hugify(&set, before + 12 * second) == &slabs[0], "huge already");
	slabs[0].is_refused = true;
	take(&slabs[0], 1);
	expect(hpa_set_to_hugify(&set, before + 12 * second) == NULL, "asked for again");
	hpa_walk_set(&set);
	put(&slabs[0], last, 1);
	put(&slabs[0], slabs[0].address, 1);
	take(&slabs[0], 1);
	expect(hpa_set_to_hugify(&set, before + 12 * second) == &slabs[0], "never asked for again");
	policy.hugify_least = 0;
	take(&slabs[2], 512);
	expect(!slabs[2].is_to_be_huge, "none is to be");
}
END_TEST

START_TEST(as_the_walk_says)
{
	struct random random;
	struct run {
		struct hpa_slab *slab;
		void *address;
		unsigned npages;
	} runs[400];
	unsigned n = 0;

	random_init(&random, test_seed());
	set_up();
	add(SLABS);
	for (unsigned long i = test_scaled(4000); i > 0; i--) {
		struct hpa_slab *slab = &slabs[random_below(&random, SLABS)];
		unsigned npages = 1u + (unsigned)random_below(&random, 100);

		if (random_below(&random, 20) == 0) {
			if (slab->is_busy)
				hpa_set_end_work(&set, slab);
			else
				hpa_set_begin_work(&set, slab);
		} else if (random_below(&random, 20) == 0) {
			set_huge(slab, !slab->is_huge);
		} else if (random_below(&random, 2) == 0 && n < ARRAY_LEN(runs)) {
			struct hpa_slab *fit = hpa_set_fit(&set, npages);
			if (fit != NULL)
				runs[n++] = (struct run){fit, take(fit, npages), npages};
		} else if (n > 0) {
			unsigned k = (unsigned)random_below(&random, n);
			put(runs[k].slab, runs[k].address, runs[k].npages);
			runs[k] = runs[--n];
		}
		hpa_walk_set(&set);
	}
	for (unsigned i = 0; i < SLABS; i++) {
		if (slabs[i].is_busy)
			hpa_set_end_work(&set, &slabs[i]);
		hpa_set_remove(&set, &slabs[i]);
	}
	hpa_walk_set(&set);
	expect(set.nslabs == 0 && set.nactive == 0 && set.filled == 0, "something is left");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {the_fullest_with_room,
				      too_much_is_dirty,
				      the_emptiest_is_purged_first,
				      not_before_its_delay,
				      full_enough_for_long_enough,
				      as_the_walk_says,
				      NULL};

	return suite_run("hpa_set", cases);
}
