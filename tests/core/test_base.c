/* test_base.c - metadata memory: zero, apart, aligned, and counted as it is handed out. */
#include "base.h"

#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include "bits.h"
#include "child.h"
#include "expect.h"
#include "interval_set.h"
#include "mapping.h"
#include "options.h"
#include "os.h"
#include "random.h"
#include "suite.h"
#include "thp.h"

static struct base base;

static void expect_zero(const char *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		expect(p[i] == 0, "byte %zu of %zu is %d", i, size, p[i]);
}

START_TEST(zeroed_apart_aligned)
{
	struct interval_set given;
	struct random random;
	size_t asked = 0;

	random_init(&random, test_seed());
	interval_set_init(&given, 4000);
	base_init(&base);
	for (int i = 0; i < 3000; i++) {
		size_t size = 1 + random_below(&random, i % 100 == 0 ? 300000 : 2000);
		size_t alignment = i % 3 == 0 ? (size_t)1 << random_below(&random, 13) : 0;
		char *p = base_alloc(&base, size, alignment);
		struct interval other;

		expect(p != NULL, "no memory");
		expect((uintptr_t)p % CACHE_LINE == 0, "%p shares a cache line", (void *)p);
		expect(alignment == 0 || (uintptr_t)p % alignment == 0, "%p, not %zu", (void *)p,
		       alignment);
		expect(interval_set_add(&given, p, size, &other), "%p overlaps %p", (void *)p,
		       (void *)other.start);
		expect_zero(p, size);
		memset(p, 0xff, size);
		asked += align_up(size, CACHE_LINE);
		expect(base.allocated == asked, "%zu handed out, not %zu", base.allocated, asked);
		expect(base.allocated <= base.resident && base.resident <= base.mapped,
		       "allocated %zu, resident %zu, mapped %zu", base.allocated, base.resident,
		       base.mapped);
	}
	interval_set_fini(&given);
}
END_TEST

START_TEST(small_use_takes_little)
{
	base_init(&base);
	expect(base_alloc(&base, 100, 0) != NULL, "no memory");
	expect(base.mapped <= 256 << 10 && base.resident == os_page, "mapped %zu, resident %zu",
	       base.mapped, base.resident);
	/* A large piece that is not touched costs address space only. */
	expect(base_alloc(&base, 10 << 20, 0) != NULL, "no memory");
	expect(base.mapped >= 10 << 20 && base.mapped <= 12 << 20, "mapped %zu", base.mapped);
}
END_TEST

/* The option is the process's; each case runs in one of its own. */
static void want_huge(uint8_t metadata_thp)
{
	thp_policy = THP_POLICY_MADVISE;
	options.metadata_thp = metadata_thp;
	base_init(&base);
}

START_TEST(huge_pages_from_the_start)
{
	if (!mapping_can_be_huge() || os_page != 4096)
		return;
	want_huge(METADATA_THP_ALWAYS);
	char *p = base_alloc(&base, 100, 0);
	expect((uintptr_t)p % THP_SIZE == 0 && mapping_has_flag(p, "hg"), "%p is not huge",
	       (void *)p);
	expect(base.thp == 1 && base.resident == THP_SIZE, "%zu huge pages, %zu resident", base.thp,
	       base.resident);
	expect(base_alloc(&base, THP_SIZE - 100 - CACHE_LINE, 0) != NULL && base.thp == 1,
	       "%zu huge pages", base.thp);
	expect(base_alloc(&base, 3 * THP_SIZE, 0) != NULL && base.thp == 4, "%zu huge pages",
	       base.thp);
	expect(base.resident == base.thp * THP_SIZE && base.resident <= base.mapped,
	       "%zu resident of %zu", base.resident, base.mapped);
}
END_TEST

START_TEST(huge_pages_when_there_is_much)
{
	if (!mapping_can_be_huge() || os_page != 4096)
		return;
	want_huge(METADATA_THP_AUTO);
	while (base.mapped < 4 << 20) {
		expect(base.thp == 0, "huge with %zu bytes", base.mapped);
		expect(base_alloc(&base, 10000, 0) != NULL, "no memory");
	}
	size_t plain = base.mapped;
	while (base.mapped == plain)
		expect(base_alloc(&base, 10000, 0) != NULL, "no memory");
	expect(base.thp == 1 && base.is_huge && (uintptr_t)base.end % THP_SIZE == 0,
	       "%zu huge pages", base.thp);
	expect(base.resident <= base.mapped, "%zu resident of %zu", base.resident, base.mapped);
}
END_TEST

START_TEST(no_huge_pages_where_there_are_none)
{
	want_huge(METADATA_THP_ALWAYS);
	thp_policy = THP_POLICY_NEVER;
	expect(base_alloc(&base, 100, 0) != NULL, "no memory");
	expect(base.thp == 0 && base.resident == os_page, "%zu huge pages, %zu resident", base.thp,
	       base.resident);
}
END_TEST

static int run_out(void *unused)
{
	struct rlimit limit = {64 << 20, 64 << 20};
	size_t allocated;

	(void)unused;
	base_init(&base);
	if (base_alloc(&base, 64, 0) == NULL || setrlimit(RLIMIT_AS, &limit) != 0)
		return 1;
	while (base_alloc(&base, 60000, 0) != NULL)
		;
	allocated = base.allocated;
	if (base_alloc(&base, 1 << 30, 0) != NULL || base.allocated != allocated)
		return 2;
	/* What fits in the block at hand is still given. */
	return lock_version(&base.lock) != 0 && base_alloc(&base, 64, 0) != NULL ? 0 : 3;
}

START_TEST(out_of_memory)
{
	struct child_end end;

	if (TEST_SANITIZED) /* whose shadow needs the address space */
		return;
	child_run(run_out, NULL, 20, &end);
	expect(end.signal == 0 && end.status == 0, "%s: %s", child_describe(&end), end.output);
}
END_TEST

static void *take_many(void *unused)
{
	for (int i = 0; i < 2000; i++) {
		char *p = base_alloc(&base, 64, 0);

		expect_zero(p, 64);
		memset(p, 1, 64); /* seen by whoever gets the same */
	}
	return unused;
}

START_TEST(threads_share_it)
{
	pthread_t threads[4];

	base_init(&base);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, take_many, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	expect(base.allocated == 4 * 2000 * 64, "%zu handed out", base.allocated);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {zeroed_apart_aligned,
				      small_use_takes_little,
				      huge_pages_from_the_start,
				      huge_pages_when_there_is_much,
				      no_huge_pages_where_there_are_none,
				      out_of_memory,
				      threads_share_it,
				      NULL};

	return suite_run("base", cases);
}
