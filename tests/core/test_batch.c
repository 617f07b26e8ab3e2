/* test_batch.c - many objects of one size at once: all are objects, and everything counts them. */
#include "batch.h"

#include <stdlib.h>
#include <string.h>
#include "alloc_flags.h"
#include "ctl_read.h"
#include "moonheap/moonheap.h"
#include "suite.h"

enum { N = 5000, SIZE = 100 };

static void *objects[N];

static int compare(const void *a, const void *b)
{
	const char *x = *(void *const *)a, *y = *(void *const *)b;
	return (x > y) - (x < y);
}

static void check_apart(size_t n, size_t size)
{
	qsort(objects, n, sizeof(objects[0]), compare);
	for (size_t i = 0; i + 1 < n; i++)
		expect((char *)objects[i] + size <= (char *)objects[i + 1], "%zu overlaps", i);
}

static void free_all(size_t n)
{
	for (size_t i = 0; i < n; i++)
		mh_free(objects[i]);
}

START_TEST(small_objects_come_from_slabs_under_few_locks)
{
	struct alloc_how how = {.zero = false};

	mh_free(mh_malloc(SIZE));
	ctl_refresh();
	uint64_t allocated = CTL_READ(uint64_t, "thread.allocated");
	uint64_t fills = CTL_READ(uint64_t, "stats.arenas.0.bins.7.nfills");
	uint64_t served = CTL_READ(uint64_t, "stats.arenas.0.bins.7.nrequests");
	uint64_t locked = CTL_READ(uint64_t, "stats.arenas.0.bins.7.mutex.num_ops");
	expect(batch_alloc(objects, N, SIZE, &how) == N, "not all");
	for (unsigned i = 1; i < 8; i++)
		expect(objects[i] == (char *)objects[i - 1] + 112, "not in order of address");
	expect(CTL_READ(uint64_t, "thread.allocated") == allocated + N * 112, "thread.allocated");
	ctl_refresh();
	expect(CTL_READ(uint64_t, "stats.arenas.0.bins.7.nrequests") == served + N, "nrequests");
	expect(CTL_READ(uint64_t, "stats.arenas.0.bins.7.nfills") == fills, "a cache was filled");
	locked = CTL_READ(uint64_t, "stats.arenas.0.bins.7.mutex.num_ops") - locked;
	expect(locked < 12, "%lu locks for %d objects", (unsigned long)locked, N);
	for (unsigned i = 0; i < N; i++)
		memset(objects[i], 1, SIZE);
	check_apart(N, 112);
	free_all(N);
	expect(CTL_READ(uint64_t, "thread.deallocated") >= N * 112, "freed otherwise");
}
END_TEST

START_TEST(flags_hold_for_each_object)
{
	unsigned arena, of;
	size_t length = sizeof(arena);
	struct alloc_how how;
	ctl_expect(ctl_by_name("arenas.create", &arena, &length, NULL, 0), 0, "arenas.create");
	for (unsigned i = 0; i < N; i++) { /* something that is not zero, to come by again */
		objects[i] = mh_mallocx(200, (int)MALLOCX_ARENA(arena));
		memset(objects[i], 7, 200);
	}
	free_all(N);
	expect(alloc_decode((unsigned)(MALLOCX_ARENA(arena) | MALLOCX_ZERO | MALLOCX_LG_ALIGN(6)),
			    &how),
	       "flags");
	expect(batch_alloc(objects, N, 200, &how) == N, "not all");
	for (unsigned i = 0; i < N; i++) {
		const char *bytes = objects[i];
		expect(((uintptr_t)bytes & 63) == 0, "alignment of %u", i);
		for (unsigned k = 0; k < 200; k++)
			expect(bytes[k] == 0, "byte %u of %u", k, i);
		length = sizeof(of);
		ctl_by_name("arenas.lookup", &of, &length, &objects[i], sizeof(void *));
		expect(of == arena, "%u comes from arena %u", i, of);
	}
	check_apart(N, 200);
	free_all(N);
}
END_TEST

START_TEST(large_and_impossible_sizes)
{
	struct alloc_how how = {.zero = false};
	expect(batch_alloc(objects, 10, 1 << 20, &how) == 10, "large objects");
	check_apart(10, 1 << 20);
	free_all(10);
	expect(batch_alloc(objects, 10, (size_t)1 << 62, &how) == 0, "more than there is");
	expect(batch_alloc(objects, 10, SIZE_MAX, &how) == 0, "no size");
	expect(batch_alloc(objects, 0, SIZE, &how) == 0, "none");
	expect(batch_alloc(objects, 2, 0, &how) == 2, "size 0");
	expect(objects[0] != objects[1], "twice the same");
	free_all(2);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {small_objects_come_from_slabs_under_few_locks,
				      flags_hold_for_each_object, large_and_impossible_sizes, NULL};
	return suite_run("batch", cases);
}
