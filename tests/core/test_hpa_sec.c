/* test_hpa_sec.c - freed extents are kept whole, up to the limits, and not a page is lost. */
#include "hpa_sec.h"

#include <pthread.h>
#include <string.h>
#include "expect.h"
#include "hpa_walk.h"
#include "os.h"
#include "pagemap.h"
#include "random.h"
#include "suite.h"

static struct hpa_shard shard;
static struct hpa_sec sec;
static struct extent_pool pool;
static struct base base;
static struct hpa_policy policy;
static struct hpa_sec_limits limits;

static void set_up(size_t nparts)
{
	os_boot();
	size_class_boot(os_page, NULL);
	memset(&shard, 0, sizeof shard);
	memset(&sec, 0, sizeof sec);
	base_init(&base);
	extent_pool_init(&pool, &base);
	policy = (struct hpa_policy){
		.dirty_mult = HPA_DIRTY_UNLIMITED,
		.start_huge_least = SIZE_MAX,
		.keeps_space = true,
	};
	limits = (struct hpa_sec_limits){
		.nparts = nparts,
		.max_alloc = 8 * os_page,
		.max_bytes = 40 * os_page,
		.bytes_after_flush = 20 * os_page,
	};
	static struct extent_events events;
	hpa_shard_init(&shard, 77, &base, &pool, &policy, &events);
	expect(hpa_sec_init(&sec, &shard, &limits), "no memory");
}

static struct extent *take(size_t npages)
{
	struct extent *extent = hpa_sec_alloc(&sec, npages * os_page);

	expect(extent != NULL && extent->state == PAGES_ACTIVE && extent->size == npages * os_page,
	       "no extent of %zu pages", npages);
	return extent;
}

static size_t kept(void)
{
	size_t bytes = 0;

	for (size_t i = 0; i < limits.nparts; i++) {
		size_t sum = 0;
		for (unsigned class = 0; class < HPA_SEC_CLASSES; class ++)
			list_for_each(link, &sec.parts[i].classes[class])
			{
				const struct extent *extent =
					container_of(link, struct extent, link);
				expect(extent->state == PAGES_IN_TRANSIT &&
					       extent->size == page_class_size(class),
				       "not one to be kept");
				sum += extent->size;
			}
		expect(sum == sec.parts[i].bytes, "%zu bytes, counted as %zu", sum,
		       sec.parts[i].bytes);
		bytes += sum;
	}
	return bytes;
}

START_TEST(the_latest_of_a_size)
{
	set_up(1);
	struct extent *one = take(4), *two = take(4), *three = take(5);
	hpa_sec_dalloc(&sec, one);
	hpa_sec_dalloc(&sec, three);
	hpa_sec_dalloc(&sec, two);
	expect(kept() == 13 * os_page && hpa_walk(&shard) == 13, "%zu bytes are kept", kept());
	expect(take(4) == two && take(4) == one && take(5) == three, "not the latest");
	expect(!two->zeroed, "used before, and yet zero");
	const struct hpa_sec_counts *counts = &sec.parts[0].counts;
	expect(counts->hits == 3 && counts->misses == 3 && counts->kept == 3,
	       "%zu hits, %zu misses, %zu kept", counts->hits, counts->misses, counts->kept);
	expect(kept() == 0, "%zu bytes are kept", kept());
}
END_TEST

START_TEST(only_what_is_kept)
{
	set_up(1);
	struct extent *large = take(9), *odd = take(9);
	hpa_sec_dalloc(&sec, large);
	limits.max_alloc = 16 * os_page;
	hpa_sec_dalloc(&sec, odd); /* nine pages are no class */
	expect(kept() == 0 && hpa_walk(&shard) == 0, "kept all the same");
	set_up(0);
	hpa_sec_dalloc(&sec, take(4));
	hpa_sec_flush(&sec);
	expect(hpa_walk(&shard) == 0, "kept where nothing is");
}
END_TEST

START_TEST(flushed_when_too_much)
{
	struct extent *extents[11];

	set_up(1);
	for (unsigned i = 0; i < 11; i++)
		extents[i] = take(4);
	for (unsigned i = 0; i < 10; i++)
		hpa_sec_dalloc(&sec, extents[i]);
	expect(kept() == 40 * os_page, "%zu bytes are kept", kept());
	expect(sec.parts[0].counts.flushes == 0, "flushed too early");
	hpa_sec_dalloc(&sec, extents[10]);
	expect(sec.parts[0].counts.flushes == 1 && sec.parts[0].counts.kept == 10,
	       "%zu flushes, %zu kept", sec.parts[0].counts.flushes, sec.parts[0].counts.kept);
	expect(kept() == 20 * os_page && hpa_walk(&shard) == 20, "%zu bytes are kept", kept());
	expect(take(4) == extents[10], "the latest one went");
	hpa_sec_flush(&sec);
	expect(kept() == 0 && hpa_walk(&shard) == 4, "%zu bytes are kept", kept());
}
END_TEST

START_TEST(filled_with_more)
{
	set_up(1);
	limits.fill_extra = 3;
	take(4);
	expect(kept() == 12 * os_page && hpa_walk(&shard) == 16, "%zu bytes are kept", kept());
	for (unsigned i = 0; i < 3; i++)
		take(4);
	expect(kept() == 0 && sec.parts[0].counts.hits == 3, "they are not used");
	expect(sec.parts[0].counts.overfills == 0, "too much already");
	/* Never more than the limit. */
	limits.fill_extra = 100;
	take(8);
	expect(kept() <= limits.max_bytes, "%zu bytes are kept", kept());
	expect(sec.parts[0].counts.overfills == 1 && sec.parts[0].counts.flushes == 0,
	       "not counted");
	hpa_walk(&shard);
}
END_TEST

enum { THREADS = 4, MINE = 60 };

static void *work(void *seed)
{
	struct random random;
	struct extent *mine[MINE] = {NULL};

	random_init(&random, (uintptr_t)seed);
	for (unsigned long n = test_scaled(30000); n > 0; n--) {
		size_t i = random_below(&random, MINE);

		if (mine[i] == NULL) {
			mine[i] = take(1 + random_below(&random, 12));
			*(uintptr_t *)mine[i]->address = (uintptr_t)seed + i;
			continue;
		}
		expect(*(uintptr_t *)mine[i]->address == (uintptr_t)seed + i,
		       "somebody else wrote there");
		hpa_sec_dalloc(&sec, mine[i]);
		mine[i] = NULL;
		if (random_below(&random, 500) == 0)
			hpa_sec_flush(&sec);
	}
	for (size_t i = 0; i < MINE; i++)
		if (mine[i] != NULL)
			hpa_sec_dalloc(&sec, mine[i]);
	return NULL;
}

START_TEST(busy_threads)
{
	pthread_t threads[THREADS];

	set_up(3);
	limits.fill_extra = 2;
	for (uintptr_t i = 0; i < THREADS; i++)
		expect(pthread_create(&threads[i], NULL, work, (void *)(test_seed() + (i << 20))) ==
			       0,
		       "no thread");
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	expect(hpa_walk(&shard) * os_page == kept(), "%zu bytes are kept, %zu active", kept(),
	       shard.set.nactive * os_page);
	hpa_sec_flush(&sec);
	expect(hpa_walk(&shard) == 0, "something stays");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {the_latest_of_a_size,  only_what_is_kept,
				      flushed_when_too_much, filled_with_more,
				      busy_threads,          NULL};

	return suite_run("hpa_sec", cases);
}
