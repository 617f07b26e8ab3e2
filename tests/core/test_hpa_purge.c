/* test_hpa_purge.c - what is too much goes back, from the emptiest; what is full becomes huge; and
 * what is in use stays as it is, whatever goes on meanwhile. */
#include "hpa_purge.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "expect.h"
#include "hpa_map.h"
#include "hpa_setup.h"
#include "hpa_walk.h"
#include "mapping.h"
#include "options.h"
#include "os.h"
#include "os_purge.h"
#include "os_call.h"
#include "random.h"
#include "suite.h"

enum { EXTENTS = 512, NPAGES = 8, SLABS = EXTENTS * NPAGES / 512 };

static const uint64_t second = 1000000000;

static struct hpa_shard shard;
static struct extent_pool pool;
static struct base base;
static struct hpa_policy policy;
static struct extent *extents[EXTENTS];

static void set_up(void)
{
	hpa_setup(&shard, &pool, &base, &policy);
	policy.hugify_least = 0;
}

static char mark_of(unsigned i)
{
	return (char)(i % 251 + 1);
}

static void take(unsigned i)
{
	struct list got;

	list_init(&got);
	expect(hpa_shard_alloc(&shard, NPAGES * os_page, 1, &got) == 1, "no memory");
	extents[i] = container_of(list_first(&got), struct extent, link);
	memset(extents[i]->address, mark_of(i), extents[i]->size);
}

static void put(unsigned i)
{
	struct list one;

	list_init(&one);
	list_push_back(&one, &extents[i]->link);
	extents[i] = NULL;
	hpa_shard_dalloc(&shard, &one);
}

static void check_all(void)
{
	for (unsigned i = 0; i < EXTENTS; i++)
		for (size_t at = 0; extents[i] != NULL && at < extents[i]->size; at += 512)
			expect(((char *)extents[i]->address)[at] == mark_of(i),
			       "extent %u is changed at %zu", i, at);
}

/* All slabs full; then of slab s one extent in one_in[s] stays, none for 0. */
static void fill_and_thin(const unsigned one_in[SLABS])
{
	for (unsigned i = 0; i < EXTENTS; i++)
		take(i);
	for (unsigned i = 0; i < EXTENTS; i++) {
		unsigned n = one_in[i * SLABS / EXTENTS];
		if (n == 0 || i % n != 0)
			put(i);
	}
	hpa_walk(&shard);
}

static struct hpa_slab *slab_of(unsigned number)
{
	struct list *link = list_first(&shard.set.all);
	while (number-- > 0)
		link = link->next;
	return container_of(link, struct hpa_slab, link);
}

static size_t resident_pages(const struct hpa_slab *slab)
{
	unsigned char in[512];
	size_t n = 0;

	expect(mincore(slab->address, THP_SIZE, in) == 0, "mincore");
	for (unsigned i = 0; i < 512; i++)
		n += in[i] & 1;
	return n;
}

START_TEST(the_excess_goes)
{
	static const unsigned one_in[SLABS] = {1, 2, 0, 8, 1, 1, 1, 1};

	set_up();
	fill_and_thin(one_in);
	struct hpa_slab *slabs[SLABS];
	for (unsigned i = 0; i < SLABS; i++)
		slabs[i] = slab_of(i);
	/* 2560 + 256 + 64 pages are active, 256 + 512 + 448 dirty: a quarter may be. */
	expect(shard.set.nactive == 2880 && shard.set.ndirty == 1216, "%zu active, %zu dirty",
	       shard.set.nactive, shard.set.ndirty);
	uint64_t now = os_now_ns();
	uint64_t due = hpa_purge_step(&shard, now);
	expect(shard.npurges == 0 && due >= now + 4 * second, "purged at once");
	expect(hpa_purge_step(&shard, now + 6 * second) == UINT64_MAX, "there is more to do");
	expect(shard.npurge_passes == 1 && shard.npurges == 1, "%lu purged",
	       (unsigned long)shard.npurges);
	expect(resident_pages(slabs[2]) == 0 && resident_pages(slabs[3]) == 512,
	       "not the empty one alone");
	check_all();
	hpa_walk(&shard);
	/* With less to stay, the next emptiest goes, but not its pages in use. */
	policy.dirty_mult = 1u << 12;
	put(EXTENTS - 1);
	hpa_purge_step(&shard, os_now_ns() + 6 * second);
	expect(shard.npurges == 3 && resident_pages(slabs[3]) == 64, "%zu pages of the sparse one",
	       resident_pages(slabs[3]));
	expect(resident_pages(slabs[1]) == 256, "%zu pages of the half", resident_pages(slabs[1]));
	check_all();
	hpa_walk(&shard);
	/* Used again, they read as zero. */
	struct list got;
	list_init(&got);
	while (shard.set.nonfull[4].npageslabs[0] == 0 && hpa_set_fit(&shard.set, 1) != slabs[2])
		hpa_shard_alloc(&shard, os_page, 1, &got);
	list_for_each(link, &got)
	{
		struct extent *extent = container_of(link, struct extent, link);
		for (size_t at = 0; extent->zeroed && at < extent->size; at++)
			expect(((char *)extent->address)[at] == 0, "not zero");
	}
	hpa_walk(&shard);
}
END_TEST

START_TEST(so_many_at_a_time)
{
	static const unsigned one_in[SLABS] = {0, 0, 0, 0, 0, 0, 0, 1};

	set_up();
	policy.purge_most = 2;
	fill_and_thin(one_in);
	uint64_t now = os_now_ns();
	for (unsigned pass = 1; pass <= 3; pass++) {
		now += 6 * second;
		hpa_purge_step(&shard, now);
		expect(shard.npurges == 2 * pass && shard.npurge_passes == pass, "%lu purged",
		       (unsigned long)shard.npurges);
		hpa_purge_step(&shard, now + second);
		expect(shard.npurges == 2 * pass, "again within the interval");
	}
	policy.purge_most = 0;
	hpa_purge_step(&shard, now + 12 * second);
	expect(shard.npurges == 6, "none may be");
}
END_TEST

START_TEST(everything_at_once)
{
	static const unsigned one_in[SLABS] = {2, 3, 0, 5, 1, 7, 0, 64};

	set_up();
	policy.dirty_mult = HPA_DIRTY_UNLIMITED;
	policy.purge_least = 500;
	fill_and_thin(one_in);
	hpa_purge_all(&shard);
	expect(shard.set.ndirty == 0, "%zu pages are dirty", shard.set.ndirty);
	for (unsigned i = 0; i < SLABS; i++)
		expect(resident_pages(slab_of(i)) == slab_of(i)->nactive, "slab %u", i);
	check_all();
	hpa_walk(&shard);
}
END_TEST

static unsigned asked[OS_CALLS];

static int count_calls(enum os_call call)
{
	asked[call]++;
	return 0;
}

/* process_madvise_max_batch: the runs of a slab in as few calls as they fit. */
START_TEST(several_runs_by_one_call)
{
	static const unsigned one_in[SLABS] = {2, 2, 2, 2, 1, 1, 1, 1};

	os_trust_purge();
	set_up();
	policy.dirty_mult = HPA_DIRTY_UNLIMITED;
	fill_and_thin(one_in);
	options.process_madvise_max_batch = 20; /* of 32 runs */
	os_call_fault = count_calls;
	hpa_purge_all(&shard);
	os_call_fault = NULL;
	expect(asked[OS_CALL_process_madvise] == 4 * 2 ||
		       (asked[OS_CALL_process_madvise] == 1 && asked[OS_CALL_madvise] == 4 * 32),
	       "%u and %u calls", asked[OS_CALL_process_madvise], asked[OS_CALL_madvise]);
	expect(shard.events->purge_forced == 4 * 32, "%lu runs were purged",
	       (unsigned long)shard.events->purge_forced);
	expect(shard.set.ndirty == 0, "%zu pages are dirty", shard.set.ndirty);
	for (unsigned i = 0; i < SLABS; i++)
		expect(resident_pages(slab_of(i)) == slab_of(i)->nactive, "slab %u", i);
	check_all();
	hpa_walk(&shard);
}
END_TEST

START_TEST(without_retain)
{
	static const unsigned one_in[SLABS] = {1, 0, 2, 0, 1, 1, 1, 1};

	set_up();
	policy.keeps_space = false;
	fill_and_thin(one_in);
	char *gone = slab_of(1)->address;
	hpa_purge_all(&shard);
	unsigned char in[512];
	expect(mincore(gone, THP_SIZE, in) == -1 && errno == ENOMEM && hpa_map_find(gone) == NULL,
	       "an empty slab is still mapped");
	expect(shard.set.nslabs == SLABS - 2, "%zu slabs", shard.set.nslabs);
	expect(shard.events->dalloc == 2, "%lu went", (unsigned long)shard.events->dalloc);
	check_all();
	hpa_walk(&shard);
	for (unsigned i = 0; i < EXTENTS; i++)
		if (extents[i] == NULL)
			take(i);
	check_all();
	expect(shard.set.nslabs == SLABS, "%zu slabs", shard.set.nslabs);
	hpa_walk(&shard);
}
END_TEST

/* ---- huge ---- */

static size_t huge_bytes(const struct hpa_slab *slab)
{
	return mapping_huge_bytes(slab->address);
}

START_TEST(full_ones_become_huge)
{
	static const unsigned none[SLABS] = {1, 1, 1, 1, 1, 1, 1, 1};

	set_up();
	policy.hugify_least = 480;
	policy.collapses = true;
	fill_and_thin(none);
	uint64_t now = os_now_ns();
	uint64_t due = hpa_purge_step(&shard, now + 9 * second);
	expect(shard.nhugifies == 0 && due != UINT64_MAX, "before its delay");
	for (unsigned i = 0; i < SLABS; i++)
		hpa_purge_step(&shard, now + 11 * second);
	expect(shard.nhugifies == SLABS && shard.set.full.npageslabs[true] == SLABS, "%lu are huge",
	       (unsigned long)shard.nhugifies);
	expect(shard.due_ns == UINT64_MAX, "there is more to do");
	struct hpa_slab *slab = slab_of(0);
	expect(mapping_has_flag(slab->address, "hg"), "no huge page was asked for");
	if (mapping_can_be_huge() && !TEST_SANITIZED && shard.nhugify_failures == 0)
		expect(huge_bytes(slab) >= THP_SIZE, "%zu bytes are huge", huge_bytes(slab));
	check_all();
	hpa_walk(&shard);

	/* Thinned out, it is cut into small pages again to give up what is unused. */
	policy.dirty_mult = 0;
	for (unsigned i = 0; i < EXTENTS / SLABS; i++)
		if (i % 4 != 0)
			put(i);
	hpa_purge_step(&shard, os_now_ns() + 6 * second);
	expect(shard.ndehugifies == 1 && !slab->is_huge && mapping_has_flag(slab->address, "nh"),
	       "it stays huge");
	expect(resident_pages(slab) == 128, "%zu pages stay", resident_pages(slab));
	check_all();
	hpa_walk(&shard);
	/* And huge once more, when it has filled up. */
	for (unsigned i = 0; i < EXTENTS / SLABS; i++)
		if (extents[i] == NULL)
			take(i);
	hpa_purge_step(&shard, os_now_ns() + 11 * second);
	expect(slab->is_huge && shard.nhugifies == SLABS + 1 &&
		       mapping_has_flag(slab->address, "hg"),
	       "not huge again");
	check_all();
	hpa_walk(&shard);
}
END_TEST

/* Empty, it forgets that it ever was. */
START_TEST(empty_ones_start_anew)
{
	static const unsigned none[SLABS] = {1, 1, 1, 1, 1, 1, 1, 1};

	set_up();
	policy.start_huge_least = 0;
	fill_and_thin(none);
	expect(shard.set.full.npageslabs[true] == SLABS, "they did not start huge");
	for (unsigned i = 0; i < EXTENTS / SLABS; i++)
		put(i);
	struct hpa_slab *slab = slab_of(0);
	hpa_purge_all(&shard);
	expect(!slab->is_huge && slab->ntouched == 0 && shard.ndehugifies == 1, "it stays huge");
	expect(shard.events->purge_forced == 1, "it was not purged at once");
	expect(!mapping_has_flag(slab->address, "nh") && !mapping_has_flag(slab->address, "hg"),
	       "advice stays");
	hpa_walk(&shard);
	take(0);
	expect(slab->is_huge && mapping_has_flag(slab->address, "hg"), "it does not start huge");
	hpa_walk(&shard);
}
END_TEST

/* ---- refused ---- */

static int refused_call = -1;

static int refuse(enum os_call call)
{
	return (int)call == refused_call ? (call == OS_CALL_mmap ? ENOMEM : EINVAL) : 0;
}

START_TEST(the_system_declines)
{
	static const unsigned one_in[SLABS] = {2, 3, 0, 5, 1, 1, 1, 1};

	set_up();
	policy.hugify_least = 480;
	policy.dirty_mult = 0;
	fill_and_thin(one_in);
	os_call_fault = refuse;
	refused_call = OS_CALL_madvise;
	size_t dirty = shard.set.ndirty;
	uint64_t now = os_now_ns();
	for (unsigned i = 0; i < 20; i++)
		hpa_purge_step(&shard, now + 20 * second);
	/* The empty one goes by another call. */
	expect(shard.set.ndirty == dirty - 512, "%zu pages are dirty", shard.set.ndirty);
	expect(shard.nhugifies == 0 && shard.nhugify_failures == 4, "%lu failures",
	       (unsigned long)shard.nhugify_failures);
	expect(shard.due_ns == UINT64_MAX || shard.due_ns > now + 20 * second, "tried for ever");
	check_all();
	hpa_walk(&shard);
	refused_call = OS_CALL_mmap;
	for (unsigned i = 0; i < EXTENTS / 2; i++)
		if (extents[i] != NULL)
			put(i);
	hpa_purge_all(&shard);
	expect(shard.set.ndirty == 0, "%zu pages are dirty", shard.set.ndirty);
	os_call_fault = NULL;
	check_all();
	hpa_walk(&shard);
}
END_TEST

/* ---- meanwhile ---- */

static bool is_over;

static void *churn(void *argument)
{
	unsigned first = (unsigned)(uintptr_t)argument;
	struct random random;

	random_init(&random, test_seed() + first);
	while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED)) {
		unsigned i = first + (unsigned)random_below(&random, EXTENTS / 2);

		if (extents[i] == NULL) {
			take(i);
			continue;
		}
		for (size_t at = 0; at < extents[i]->size; at += 512)
			expect(((char *)extents[i]->address)[at] == mark_of(i), "changed at %zu",
			       at);
		put(i);
	}
	return NULL;
}

START_TEST(busy_threads)
{
	pthread_t threads[2];

	set_up();
	policy.hugify_least = 400;
	policy.hugify_delay_ns = 1000000;
	policy.purge_interval_ns = 1000000;
	policy.dirty_mult = 1u << 10;
	policy.keeps_space = test_seed() % 2 != 0;
	for (uintptr_t i = 0; i < 2; i++)
		expect(pthread_create(&threads[i], NULL, churn, (void *)(i * (EXTENTS / 2))) == 0,
		       "no thread");
	uint64_t end = os_now_precise_ns() + 1500000000;
	for (unsigned n = 0; os_now_precise_ns() < end; n++) {
		if (n % 64 == 0)
			hpa_purge_all(&shard);
		else
			hpa_purge_step(&shard, os_now_ns());
	}
	__atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	expect(shard.npurges > 0, "nothing was purged");
	check_all();
	for (unsigned i = 0; i < EXTENTS; i++)
		if (extents[i] != NULL)
			put(i);
	expect(hpa_walk(&shard) == 0 && shard.nbusy == 0, "something stays");
	hpa_shard_destroy(&shard);
}
END_TEST

/* A child that was forked while another thread purged one slab and made another one huge. */
START_TEST(forked_meanwhile)
{
	static const unsigned one_in[SLABS] = {1, 2, 0, 8, 1, 1, 1, 1};

	set_up();
	fill_and_thin(one_in);
	hpa_set_begin_work(&shard.set, slab_of(3));
	hpa_set_begin_work(&shard.set, slab_of(0));
	shard.nbusy = 2;
	put(0);
	hpa_purge_postfork_child(&shard);
	expect(shard.nbusy == 0, "somebody is still busy");
	hpa_walk(&shard);
	hpa_purge_all(&shard);
	expect(shard.set.ndirty == 0, "%zu pages are dirty", shard.set.ndirty);
	check_all();
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {the_excess_goes,
				      so_many_at_a_time,
				      everything_at_once,
				      several_runs_by_one_call,
				      without_retain,
				      full_ones_become_huge,
				      empty_ones_start_anew,
				      the_system_declines,
				      busy_threads,
				      forked_meanwhile,
				      NULL};

	return suite_run("hpa_purge", cases);
}
