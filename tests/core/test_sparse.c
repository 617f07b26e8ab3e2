/* test_sparse.c - pages of sparse slabs: those that no region in use touches go, in the second pass
 * that finds the slab as it was, and nothing else is lost, whatever goes on meanwhile. */
#include "sparse.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "arenas.h"
#include "boot.h"
#include "child.h"
#include "expect.h"
#include "options.h"
#include "random.h"
#include "suite.h"

enum { REGIONS = 4000, MS = 1000 };

static const uint64_t pass = (uint64_t)MS * 1000000 / 2;

static struct arena *arena;
static char *regions[REGIONS];
static size_t size;
static unsigned class;
static uint64_t now;
static unsigned shard;

static struct bin *bin(void)
{
	return bin_shard(&arena->bins[class], shard);
}

static char mark_of(unsigned i)
{
	return (char)(i % 251 + 1);
}

static void take(unsigned i)
{
	regions[i] = bin_take(bin(), &arena->pages);
	expect(regions[i] != NULL, "no memory");
	memset(regions[i], mark_of(i), size);
}

static void put(unsigned i)
{
	bin_put(bin(), &arena->pages, regions[i]);
	regions[i] = NULL;
}

static void check(unsigned i)
{
	if (regions[i] == NULL)
		return;
	for (size_t at = 0; at < size; at++)
		expect(regions[i][at] == mark_of(i), "region %u of %zu is changed at %zu", i, size,
		       at);
}

static void set_up(size_t of)
{
	expect(boot_ensure(), "boot");
	arena = arenas_get(0);
	size = of;
	class = size_class_of(of);
	now = os_now_ns();
	expect(size_class_sizes[class] == of, "%zu is no class", of);
	expect(arena_set_decay_ms(arena, PAGES_DIRTY, MS) == 0, "decay");
}

static void fill_and_thin(unsigned one_in)
{
	struct random random;

	random_init(&random, test_seed());
	for (unsigned i = 0; i < REGIONS; i++)
		take(i);
	for (unsigned i = 0; i < REGIONS; i++)
		if (random_below(&random, one_in) != 0)
			put(i);
}

/* Of the slabs that the regions still in use are in. */
static size_t pages_in_memory(void)
{
	size_t count = 0;

	for (unsigned i = 0; i < REGIONS; i++) {
		unsigned char in[64];
		const struct extent *slab = regions[i] != NULL ? pagemap_lookup(regions[i]) : NULL;

		if (slab == NULL)
			continue;
		/* Each slab by its first region in use. */
		bool is_first = true;
		for (unsigned j = 0; j < i && is_first; j++)
			is_first = regions[j] == NULL || pagemap_lookup(regions[j]) != slab;
		if (!is_first)
			continue;
		expect(mincore(slab->address, slab->size, in) == 0, "mincore");
		for (size_t page = 0; page < pages_in(slab->size); page++)
			count += in[page] & 1;
	}
	return count;
}

/* Steps through passes until none is left to do. */
static uint64_t run(uint64_t until)
{
	sparse_begin(&arena->sparse, now, MS);
	while (now < until) {
		now += pass / 40;
		if (sparse_step(&arena->sparse, arena->bins, &arena->pages, now) == UINT64_MAX)
			break;
	}
	return now;
}

static const size_t sizes[] = {256, 1024, 1792, 3072, 4096, 5120, 8192, 14336};

START_TEST(pages_go_and_come_back)
{
	set_up(sizes[_i]);
	fill_and_thin(12);
	size_t before = pages_in_memory();
	uint64_t start = now;

	run(start + pass);
	expect(pages_in_memory() == before, "a first pass gives pages up");
	run(start + 4 * pass);
	size_t after = pages_in_memory();
	expect(after < before, "%zu of %zu pages stay", after, before);
	expect(size < 1024 || after < before * 7 / 10, "%zu of %zu pages stay", after, before);
	expect(arena->sparse.purged == before - after, "%lu pages counted, not %zu",
	       arena->sparse.purged, before - after);
	expect(arena->sparse.due_ns == UINT64_MAX, "passes go on without end");
	for (unsigned i = 0; i < REGIONS; i++)
		check(i);
	/* Used again, all of it. */
	for (unsigned i = 0; i < REGIONS; i++)
		if (regions[i] == NULL)
			take(i);
	for (unsigned i = 0; i < REGIONS; i++)
		check(i);
	/* And thinned again: the same pages may go once more. */
	for (unsigned i = 0; i < REGIONS; i++)
		if (i % 12 != 0)
			put(i);
	before = pages_in_memory();
	run(now + 4 * pass);
	expect(size < 1024 || pages_in_memory() < before, "%zu pages stay the second time", before);
	for (unsigned i = 0; i < REGIONS; i++)
		check(i);
	for (unsigned i = 0; i < REGIONS; i++)
		if (regions[i] != NULL)
			put(i);
	bin_trim(bin(), &arena->pages);
	expect(bin()->curslabs == 0 && bin_curregs(bin()) == 0, "%zu slabs, %zu regions",
	       bin()->curslabs, bin_curregs(bin()));
}
END_TEST

/* Every page that stays is touched by a region in use. */
START_TEST(no_more_and_no_less)
{
	set_up(4096);
	fill_and_thin(8);
	run(now + 5 * pass);
	size_t in_use = 0;

	for (unsigned i = 0; i < REGIONS; i++)
		in_use += regions[i] != NULL && pagemap_lookup(regions[i]) != bin()->current &&
			  4u * pagemap_lookup(regions[i])->nfree > bin_infos[class].nregs;
	size_t rest = 0;
	for (unsigned i = 0; i < REGIONS; i++)
		rest += regions[i] != NULL;
	/* Slabs that are not sparse, and the current one, stay as they are. */
	expect(pages_in_memory() * os_page <= rest * size + (rest - in_use + 8) * 8 * size,
	       "%zu pages for %zu regions of a page", pages_in_memory(), rest);
}
END_TEST

START_TEST(not_where_it_may_not)
{
	set_up(4096);
	options.thp = THP_ALWAYS;
	fill_and_thin(12);
	size_t before = pages_in_memory();

	run(now + 5 * pass);
	expect(pages_in_memory() == before, "huge pages are broken up");
	options.thp = THP_DEFAULT;
	sparse_begin(&arena->sparse, now, -1);
	expect(arena->sparse.due_ns == UINT64_MAX, "nothing decays, but passes begin");
}
END_TEST

/* Slabs that are used between passes keep their pages. */
START_TEST(not_what_is_in_use)
{
	set_up(8192);
	fill_and_thin(3);
	size_t before = pages_in_memory();

	for (int i = 0; i < 12; i++) {
		run(now + pass / 4);
		for (unsigned k = 0; k < REGIONS; k++)
			if (regions[k] != NULL && pagemap_lookup(regions[k])->nfree == 2) {
				put(k);
				break;
			}
	}
	expect(pages_in_memory() <= before, "more pages than before");
	for (unsigned i = 0; i < REGIONS; i++)
		check(i);
}
END_TEST

/* The last of three shards is passed over as the first one is. */
START_TEST(each_shard)
{
	enum { ARENA = 90 };
	set_up(4096);
	bin_shards[class] = 3;
	arena = arena_create(ARENA, false, NULL, &hooks_default, MS, MS);
	expect(arena != NULL, "no memory");
	shard = 2;
	fill_and_thin(12);
	size_t before = pages_in_memory();
	run(now + 4 * pass);
	size_t after = pages_in_memory();
	expect(after < before * 7 / 10, "%zu of %zu pages stay", after, before);
	expect(arena->sparse.due_ns == UINT64_MAX, "passes go on without end");
	for (unsigned i = 0; i < REGIONS; i++)
		check(i);
}
END_TEST

/* Threads take and give back while passes run as fast as they can. */
static bool is_over;

static void *churn(void *seed)
{
	enum { MINE = 300 };
	struct random random;
	char *mine[MINE] = {NULL};

	random_init(&random, (uintptr_t)seed);
	while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED)) {
		unsigned i = (unsigned)random_below(&random, MINE);

		if (mine[i] != NULL) {
			for (size_t at = 0; at < size; at += 64)
				expect(mine[i][at] == mark_of(i), "region is changed at %zu", at);
			bin_put(bin(), &arena->pages, mine[i]);
			mine[i] = NULL;
		} else if (random_below(&random, 3) == 0) {
			mine[i] = bin_take(bin(), &arena->pages);
			expect(mine[i] != NULL, "no memory");
			memset(mine[i], mark_of(i), size);
		}
	}
	for (unsigned i = 0; i < MINE; i++)
		if (mine[i] != NULL)
			bin_put(bin(), &arena->pages, mine[i]);
	return NULL;
}

START_TEST(busy_threads)
{
	pthread_t threads[3];

	set_up(2048);
	for (uintptr_t i = 0; i < 3; i++)
		expect(pthread_create(&threads[i], NULL, churn, (void *)(test_seed() + i)) == 0,
		       "no thread");
	uint64_t end = os_now_precise_ns() + 1500000000;

	while (os_now_precise_ns() < end) {
		run(now + pass);
		if (!TEST_SANITIZED && os_now_precise_ns() % 8 == 0) {
			/* In the child nothing is pinned any more. */
			pid_t child = fork();
			if (child == 0) {
				_exit(arena->sparse.pinned != NULL || arena->sparse.is_busy);
			}
			int status = child_wait(child, "the child");
			expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x",
			       (unsigned)status);
		}
	}
	__atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	expect(arena->sparse.purged > 0, "nothing was purged");
	bin_trim(bin(), &arena->pages);
	expect(bin()->curslabs == 0 && bin_curregs(bin()) == 0, "%zu slabs, %zu regions",
	       bin()->curslabs, bin_curregs(bin()));
}
END_TEST

/* A child forked while another thread had a slab pinned. */
START_TEST(forked_meanwhile)
{
	set_up(4096);
	fill_and_thin(12);
	lock_take(&bin()->lock);
	struct extent *slab = bin_pin_sparse(bin(), 77);
	lock_drop(&bin()->lock);
	expect(slab != NULL, "none is sparse");
	arena->sparse.pinned = slab;
	arena->sparse.is_busy = true;
	/* Its regions in use come back meanwhile. */
	for (unsigned i = 0; i < REGIONS; i++)
		if (regions[i] != NULL && pagemap_lookup(regions[i]) == slab)
			put(i);
	size_t slabs = bin()->curslabs;

	sparse_postfork_child(&arena->sparse, &arena->pages);
	expect(arena->sparse.pinned == NULL && bin()->curslabs == slabs - 1, "the slab is lost");
	for (unsigned i = 0; i < REGIONS; i++)
		if (regions[i] != NULL)
			put(i);
	bin_trim(bin(), &arena->pages);
	expect(bin()->curslabs == 0, "%zu slabs", bin()->curslabs);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {no_more_and_no_less,
				      not_where_it_may_not,
				      not_what_is_in_use,
				      busy_threads,
				      forked_meanwhile,
				      each_shard,
				      NULL};
	const TTest *const rows[] = {pages_go_and_come_back, NULL};
	int result = suite_run("sparse", cases);

	return suite_run_rows("sparse sizes", rows, sizeof sizes / sizeof *sizes) != 0 ? 1 : result;
}
