/* test_hpa_shard.c - extents out of huge pages and back: nothing overlaps, nothing is lost, whoever
 * asks at the same time and whatever the system refuses. */
#include "hpa_shard.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include "expect.h"
#include "hpa_map.h"
#include "hpa_setup.h"
#include "hpa_walk.h"
#include "os.h"
#include "os_call.h"
#include "pagemap.h"
#include "random.h"
#include "resident.h"
#include "suite.h"

static struct hpa_shard shard;
static struct extent_pool pool;
static struct base base;
static struct hpa_policy policy;

static void set_up(void)
{
	hpa_setup(&shard, &pool, &base, &policy);
}

static struct extent *take(size_t npages)
{
	struct list got;

	list_init(&got);
	if (hpa_shard_alloc(&shard, npages * os_page, 1, &got) == 0)
		return NULL;
	struct extent *extent = container_of(list_first(&got), struct extent, link);
	expect(extent->size == npages * os_page && extent->state == PAGES_ACTIVE &&
		       extent->arena == HPA_SETUP_ARENA && extent->committed && extent->is_head,
	       "not what was asked for");
	expect(pagemap_lookup(extent->address) == extent &&
		       pagemap_lookup((char *)extent_end(extent) - 1) == extent,
	       "not in the pagemap");
	return extent;
}

static void put(struct extent *extent)
{
	struct list one;

	list_init(&one);
	list_push_back(&one, &extent->link);
	hpa_shard_dalloc(&shard, &one);
	expect(list_is_empty(&one), "not taken back");
}

START_TEST(packed)
{
	struct extent *extents[600];

	set_up();
	for (unsigned i = 0; i < 600; i++) {
		extents[i] = take(4);
		expect(extents[i] != NULL && extents[i]->zeroed, "untouched, but not zero");
	}
	/* 128 to the slab. */
	expect(shard.set.nslabs == 5 && shard.set.full.npageslabs[0] == 4, "%zu slabs",
	       shard.set.nslabs);
	expect(hpa_walk(&shard) == 2400, "%zu pages active", shard.set.nactive);
	/* Holes in the full ones are filled before the last one, which is the emptiest. */
	void *hole = extents[5]->address;
	put(extents[5]);
	put(extents[200]);
	expect(pagemap_lookup(hole) == NULL, "still in the pagemap");
	for (unsigned i = 0; i < 2; i++) {
		struct extent *again = take(4);

		expect(!again->zeroed, "used before, and yet zero");
		extents[i == 0 ? 5 : 200] = again;
	}
	expect(shard.set.full.npageslabs[0] == 4, "%zu are full", shard.set.full.npageslabs[0]);
	for (unsigned i = 0; i < 600; i++)
		put(extents[i]);
	expect(hpa_walk(&shard) == 0 && shard.set.empty.npageslabs[0] == 5, "not empty");
	expect(shard.set.ndirty == 2400, "%zu pages dirty", shard.set.ndirty);
}
END_TEST

START_TEST(several_at_once)
{
	struct list got;

	set_up();
	list_init(&got);
	/* The first of them maps a slab; the rest comes from it as well, but it grows for none. */
	unsigned n = hpa_shard_alloc(&shard, 100 * os_page, 9, &got);
	expect(n == 5, "%u extents", n);
	expect(hpa_walk(&shard) == 500 && shard.set.nslabs == 1, "more than one slab");
	hpa_shard_dalloc(&shard, &got);
	expect(hpa_walk(&shard) == 0, "not all came back");
}
END_TEST

/* Calls are counted by the slabs that they took from. */
START_TEST(batches_counted)
{
	struct list got;

	set_up();
	list_init(&got);
	expect(hpa_shard_alloc(&shard, 100 * os_page, 9, &got) == 5, "not five");
	expect(take(480) != NULL && take(12) != NULL, "no memory");
	/* Room for 100 pages now is nowhere; then in two slabs, one with room for two of them. */
	hpa_shard_dalloc(&shard, &got);
	expect(take(300) != NULL, "no memory");
	const struct hpa_batches *one = &shard.batches[1];
	expect(one->least == 1 && one->most == 9 && one->extents == 5 + 3 && one->slabs == 4,
	       "%lu to %lu asked for, %lu from %lu slabs", (unsigned long)one->least,
	       (unsigned long)one->most, (unsigned long)one->extents, (unsigned long)one->slabs);
	expect(one->pages_per_slab == 500 + 480 + 12 + 300 && one->extents_per_slab == 8,
	       "%lu pages, %lu extents", (unsigned long)one->pages_per_slab,
	       (unsigned long)one->extents_per_slab);
	expect(one->ns_per_slab != 0, "in no time");
	expect(take(400) != NULL, "no memory");
	/* 212 free pages in one slab, 112 in another, 20 in the third. */
	expect(hpa_shard_alloc(&shard, 48 * os_page, 6, &got) == 6, "not six");
	const struct hpa_batches *two = &shard.batches[2];
	expect(two->least == 6 && two->most == 6 && two->extents == 6 && two->slabs == 2,
	       "%lu extents from %lu slabs", (unsigned long)two->extents,
	       (unsigned long)two->slabs);
	expect(two->pages_per_slab == 144 && two->extents_per_slab == 3, "%lu pages",
	       (unsigned long)two->pages_per_slab);
	expect(shard.batches[0].most == 0, "none got nothing");
	/* More slabs than there are columns. */
	for (unsigned i = 0; i < 12; i++)
		expect(take(512) != NULL, "no memory");
	list_init(&got);
	for (struct hpa_slab *slab; (slab = hpa_set_fit(&shard.set, 1)) != NULL;)
		expect(take(slab->longest) != NULL, "no memory");
	struct list freed;
	list_init(&freed);
	unsigned slabs = 0;
	list_for_each(link, &shard.set.all)
	{
		struct extent *extent =
			pagemap_lookup(container_of(link, struct hpa_slab, link)->address);
		if (extent->size == THP_SIZE && slabs++ < 10)
			list_push_back(&freed, &extent->link);
	}
	hpa_shard_dalloc(&shard, &freed);
	expect(hpa_shard_alloc(&shard, THP_SIZE, 10, &got) == 10, "not ten");
	expect(shard.batches[8].slabs == 10 && shard.batches[8].extents_per_slab == 1, "%lu slabs",
	       (unsigned long)shard.batches[8].slabs);
}
END_TEST

START_TEST(shrunk)
{
	set_up();
	struct extent *extent = take(16);
	char *end = extent_end(extent);
	memset(extent->address, 1, extent->size);
	hpa_shard_shrink(&shard, extent, 10 * os_page);
	expect(extent->size == 10 * os_page && pagemap_lookup(end - 1) == NULL &&
		       pagemap_lookup((char *)extent_end(extent) - 1) == extent,
	       "words of the pagemap");
	expect(hpa_walk(&shard) == 10 && shard.set.ndirty == 6, "its end is not free");
	expect(take(6)->address == extent_end(extent), "its end is not handed out");
	hpa_walk(&shard);
}
END_TEST

/* Address space comes in steps and goes when the shard does. */
START_TEST(address_space_returns)
{
	set_up();
	take(512); /* leaves of the maps come with the first */
	size_t before = mapped_bytes();
	struct list all;
	list_init(&all);
	for (unsigned i = 0; i < 100; i++)
		list_push_back(&all, &take(512)->link);
	expect(shard.set.nslabs == 101 && shard.step == 32, "%zu slabs, step %zu", shard.set.nslabs,
	       shard.step);
	expect(shard.nfresh == (size_t)(shard.fresh_end - shard.fresh) && shard.nfresh != 0,
	       "%zu bytes fresh", shard.nfresh);
	char *slab = container_of(list_first(&shard.set.all), struct hpa_slab, link)->address;
	list_push_back(&all, &pagemap_lookup(slab)->link);
	hpa_shard_dalloc(&shard, &all);
	hpa_shard_destroy(&shard);
	expect(mapped_bytes() <= before + ((size_t)1 << 20), "%zu bytes stay",
	       mapped_bytes() - before);
	expect(shard.set.nslabs == 0 && shard.nfresh == 0 && hpa_map_find(slab) == NULL, "remains");
	/* In steps of 1, 2, 4, 8, 16, 32, 32 and 32; each slab by itself, and what was fresh. */
	expect(shard.events->alloc == 8 && shard.events->dalloc == 102, "%lu got, %lu given back",
	       (unsigned long)shard.events->alloc, (unsigned long)shard.events->dalloc);
	/* And begins anew. */
	expect(take(1) != NULL && hpa_walk(&shard) == 1, "not as new");
}
END_TEST

/* Slabs start huge where the policy says so. */
START_TEST(started_huge)
{
	set_up();
	policy.start_huge_least = 1024;
	for (unsigned i = 0; i < 4; i++)
		take(512);
	expect(shard.set.full.npageslabs[true] == 2, "%zu are huge",
	       shard.set.full.npageslabs[true]);
	policy.start_huge_least = SIZE_MAX;
	take(512);
	expect(shard.set.full.npageslabs[true] == 2, "another one is huge");
	policy.starts_huge = true;
	take(511);
	expect(shard.set.ndirty == 1, "a huge page has all its memory");
	hpa_walk(&shard);
}
END_TEST

/* ---- what the system refuses ---- */

static long calls_left;

static int refuse_later(enum os_call call)
{
	if (call != OS_CALL_mmap)
		return 0;
	return __atomic_fetch_sub(&calls_left, 1, __ATOMIC_RELAXED) > 0 ? 0 : ENOMEM;
}

static bool has_refused;

static int refuse_first(enum os_call call)
{
	return call == OS_CALL_mmap && !__atomic_exchange_n(&has_refused, true, __ATOMIC_RELAXED)
		       ? ENOMEM
		       : 0;
}

START_TEST(out_of_memory)
{
	for (long left = 0; left < 12; left++) {
		unsigned got = 0;

		set_up();
		calls_left = left;
		os_call_fault = refuse_later;
		while (got < 3000 && take(3) != NULL)
			got++;
		os_call_fault = NULL;
		expect(left > 0 || got == 0, "memory from nowhere");
		expect(hpa_walk(&shard) == 3 * got, "%zu pages active, %u extents",
		       shard.set.nactive, got);
		expect(shard.batches[0].most == (got < 3000) && shard.batches[0].extents == 0,
		       "the call that got nothing is not counted");
		expect(take(3) != NULL, "no memory when there is some again");
		hpa_walk(&shard);
	}
	/* A step that is too large for the system is tried as one huge page. */
	set_up();
	take(512);
	os_call_fault = refuse_first;
	unsigned refused = 0;
	for (unsigned i = 0; i < 20; i++) {
		has_refused = false;
		expect(take(512) != NULL, "one huge page could be had");
		refused += has_refused;
	}
	expect(refused > 0, "nobody asked");
	os_call_fault = NULL;
	hpa_walk(&shard);
}
END_TEST

/* ---- many threads ---- */

enum { THREADS = 4, MINE = 150 };

static void *work(void *seed)
{
	struct random random;
	struct extent *mine[MINE] = {NULL};

	random_init(&random, (uintptr_t)seed);
	for (unsigned long n = test_scaled(20000); n > 0; n--) {
		size_t i = random_below(&random, MINE);

		if (mine[i] == NULL) {
			mine[i] = take(1 + random_below(&random, 16));
			expect(mine[i] != NULL, "no memory");
			for (size_t at = 0; at < mine[i]->size; at += os_page)
				*(size_t *)ptr_add(mine[i]->address, at) = (uintptr_t)seed + i;
			continue;
		}
		for (size_t at = 0; at < mine[i]->size; at += os_page)
			expect(*(size_t *)ptr_add(mine[i]->address, at) == (uintptr_t)seed + i,
			       "somebody else wrote there");
		if (mine[i]->size > os_page && random_below(&random, 4) == 0)
			hpa_shard_shrink(&shard, mine[i], os_page);
		put(mine[i]);
		mine[i] = NULL;
	}
	for (size_t i = 0; i < MINE; i++)
		if (mine[i] != NULL)
			put(mine[i]);
	return NULL;
}

START_TEST(busy_threads)
{
	pthread_t threads[THREADS];

	set_up();
	for (uintptr_t i = 0; i < THREADS; i++)
		expect(pthread_create(&threads[i], NULL, work, (void *)(test_seed() + (i << 20))) ==
			       0,
		       "no thread");
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	expect(hpa_walk(&shard) == 0, "%zu pages stay active", shard.set.nactive);
	hpa_shard_destroy(&shard);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {packed,        several_at_once,       batches_counted,
				      shrunk,        address_space_returns, started_huge,
				      out_of_memory, busy_threads,          NULL};

	return suite_run("hpa_shard", cases);
}
