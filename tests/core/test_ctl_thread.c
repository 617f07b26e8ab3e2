/* test_ctl_thread.c - thread.*: what the calling thread hears about itself. */
#include "ctl_row.h"

#include <pthread.h>
#include <stdlib.h>
#include "ctl_read.h"
#include "jemalloc/jemalloc.h"
#include "thread.h"
#include "moonheap/moonheap.h"
#include "suite.h"

START_TEST(bytes_are_counted_exactly)
{
	uint64_t *allocatedp = CTL_READ(uint64_t *, "thread.allocatedp");
	uint64_t *deallocatedp = CTL_READ(uint64_t *, "thread.deallocatedp");
	uint64_t allocated = *allocatedp, deallocated = *deallocatedp;
	expect(CTL_READ(uint64_t, "thread.allocated") == allocated, "allocated");
	expect(CTL_READ(uint64_t, "thread.deallocated") == deallocated, "deallocated");
	static const size_t sizes[] = {1, 100, 5000, 40000, 3 << 20};
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		void *p = mh_malloc(sizes[i]);
		size_t usable = mh_malloc_usable_size(p);
		allocated += usable;
		expect(*allocatedp == allocated, "after malloc(%zu)", sizes[i]);
		mh_free(p);
		deallocated += usable;
		expect(*deallocatedp == deallocated, "after free(%zu)", sizes[i]);
	}
	expect(CTL_READ(uint64_t, "thread.allocated") == allocated, "allocated");
	expect(CTL_READ(uint64_t, "thread.deallocated") == deallocated, "deallocated");
}
END_TEST

/* A thread whose first call into the library is this one. */
static void *first_call(void *opaque)
{
	expect(CTL_READ(uint64_t, "thread.allocated") == 0, "allocated");
	expect(CTL_READ(unsigned, "thread.arena") < CTL_READ(unsigned, "arenas.narenas"), "arena");
	return opaque;
}

START_TEST(a_thread_that_never_allocated)
{
	pthread_t thread;
	expect(pthread_create(&thread, NULL, first_call, NULL) == 0, "no thread");
	pthread_join(thread, NULL);
}
END_TEST

START_TEST(binding_to_an_arena)
{
	unsigned narenas = CTL_READ(unsigned, "arenas.narenas"), old = 77, last = narenas - 1;
	size_t length = sizeof(old);
	ctl_expect(ctl_by_name("thread.arena", &old, &length, &last, sizeof(last)), 0, "bind");
	expect(old == 0, "bound to %u before", old);
	expect(CTL_READ(unsigned, "thread.arena") == last, "bound to another");
	ctl_refresh();
	expect(CTL_READ(unsigned, ctl_named("stats.arenas.%u.nthreads", last)) == 1, "nthreads");
	ctl_expect(CTL_WRITE(unsigned, "thread.arena", narenas), EFAULT, "no such arena");
	ctl_expect(CTL_WRITE(unsigned, "thread.arena", 4096), EFAULT, "all arenas");
	ctl_expect(CTL_WRITE(unsigned, "thread.arena", UINT32_MAX), EFAULT, "no index");
	expect(CTL_READ(unsigned, "thread.arena") == last, "a refused write has bound it");
}
END_TEST

START_TEST(the_cache_goes_off_and_on)
{
	size_t length = 0;
	mh_free(mh_malloc(100));
	ctl_expect(ctl_do("thread.tcache.flush"), 0, "flush");
	ctl_refresh();
	expect(CTL_READ(size_t, "stats.arenas.0.tcache_bytes") == 0, "bytes left in the cache");
	ctl_expect(CTL_WRITE(bool, "thread.tcache.enabled", false), 0, "off");
	ctl_expect(ctl_do("thread.tcache.flush"), EFAULT, "flush without a cache");
	ctl_expect(ctl_by_name("thread.tcache.flush", NULL, &length, NULL, 0), EFAULT, "the same");
	mh_free(mh_malloc(100));
	ctl_refresh();
	expect(CTL_READ(size_t, "stats.arenas.0.tcache_bytes") == 0, "it is used all the same");
	ctl_expect(CTL_WRITE(bool, "thread.tcache.enabled", true), 0, "on");
	expect(CTL_READ(bool, "thread.tcache.enabled"), "on");
	ctl_expect(ctl_by_name("thread.tcache.flush", NULL, &length, NULL, 0), EPERM, "a buffer");
}
END_TEST

START_TEST(the_peak_is_kept)
{
	ctl_expect(ctl_do("thread.peak.reset"), 0, "reset");
	mh_free(mh_malloc(5 << 20));
	uint64_t peak = CTL_READ(uint64_t, "thread.peak.read");
	expect(peak >= 5 << 20 && peak < 6 << 20, "a peak of %lu", (unsigned long)peak);
	ctl_expect(ctl_do("thread.peak.reset"), 0, "reset");
	expect(CTL_READ(uint64_t, "thread.peak.read") < 1 << 20, "after the reset");
	ctl_expect(ctl_do("thread.idle"), 0, "idle");
}
END_TEST

/* Bytes that stay in the thread's cache of freed objects of this size; a large one is kept once it
 * has been asked for again. */
static size_t kept_of(size_t size)
{
	struct thread *self = thread_get();
	void *objects[3];
	thread_cache_flush(self);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 3; i++)
			objects[i] = mh_malloc(size);
		for (unsigned i = 0; i < 3; i++)
			mh_free(objects[i]);
	}
	return tcache_bytes(&self->cache);
}

START_TEST(largest_size_that_the_cache_keeps)
{
	size_t max = CTL_READ(size_t, "thread.tcache.max");
	expect(max == CTL_READ(size_t, "arenas.tcache_max"), "%zu at first", max);
	expect(kept_of(64 << 10) > 0 && kept_of(100) > 0, "nothing is kept");

	ctl_expect(CTL_WRITE(size_t, "thread.tcache.max", 1000), 0, "1000");
	expect(CTL_READ(size_t, "thread.tcache.max") == 1024, "not the size of a class");
	expect(kept_of(64 << 10) == 0 && kept_of(1025) == 0, "larger ones are kept");
	expect(kept_of(1024) >= 3 * 1024 && kept_of(8) > 0, "smaller ones are not");

	ctl_expect(CTL_WRITE(size_t, "thread.tcache.max", 2 << 20), 0, "2 MiB");
	expect(kept_of(1 << 20) >= 1 << 20, "a MiB is not kept");
	expect(kept_of(1025) > 0 && kept_of(64 << 10) > 0, "what was not kept still is not");
	ctl_expect(CTL_WRITE(size_t, "thread.tcache.max", SIZE_MAX), 0, "all");
	expect(CTL_READ(size_t, "thread.tcache.max") == 8 << 20, "more than 8 MiB");
	expect(kept_of(8 << 20) >= 8 << 20, "8 MiB are not kept");

	ctl_expect(CTL_WRITE(bool, "thread.tcache.enabled", false), 0, "off");
	ctl_expect(CTL_WRITE(size_t, "thread.tcache.max", 64), 0, "while it is off");
	expect(kept_of(64) == 0, "kept by a cache that is off");
	ctl_expect(CTL_WRITE(bool, "thread.tcache.enabled", true), 0, "on");
	expect(kept_of(65) == 0 && kept_of(64) > 0, "the size is not kept while it is off");
	ctl_expect(CTL_WRITE(size_t, "thread.tcache.max", 0), 0, "none");
	expect(CTL_READ(size_t, "thread.tcache.max") == 8, "0 is the smallest class");
	ctl_refresh();
	expect(CTL_READ(size_t, "stats.arenas.0.tcache_bytes") ==
		       tcache_bytes(&thread_get()->cache),
	       "statistics");
}
END_TEST

static size_t slots_of(size_t size)
{
	size_t slots = 99, length = sizeof(slots);
	ctl_expect(ctl_by_name("thread.tcache.ncached_max.read_sizeclass", &slots, &length, &size,
			       sizeof(size)),
		   0, "read_sizeclass");
	return slots;
}

static int set_slots(const char *text)
{
	return ctl_by_name("thread.tcache.ncached_max.write", NULL, NULL, &text, sizeof(text));
}

START_TEST(regions_that_the_cache_holds)
{
	static char endless[2000];
	void *objects[100];
	size_t before = slots_of(200), length = 8;
	expect(before >= 4 && slots_of(9 << 10) > 0, "%zu of 200 bytes", before);
	ctl_expect(set_slots("100-128:5|2000-9216:0|70000-80000:1"), 0, "write");
	expect(slots_of(100) == 5 && slots_of(128) == 5 && slots_of(129) == before, "a small one");
	expect(slots_of(9216) == 0 && slots_of(81920) == 1, "large ones");
	for (unsigned i = 0; i < 100; i++)
		objects[i] = mh_malloc(128);
	for (unsigned i = 0; i < 100; i++)
		mh_free(objects[i]);
	expect(tcache_bytes(&thread_get()->cache) <= 5 * 128, "more than 5 are held");
	expect(kept_of(9000) == 0 && kept_of(3000) == 0, "kept where none should be");
	expect(kept_of(96) > 0, "its neighbour is not kept");

	static const char *const wrong[] = {"1",    "1-",     "1-2",         "1-2:",  "1-2:x",
					    "-2:1", "1-2:3-", "1-2:3,4-5:6", "2-1:3", "1-2:3||"};
	for (unsigned i = 0; i < ARRAY_LEN(wrong); i++)
		ctl_expect(set_slots(wrong[i]), EINVAL, wrong[i]);
	ctl_expect(set_slots("100-100:7|nonsense"), EINVAL, "half right");
	expect(slots_of(100) == 5, "half of a wrong text counts");
	ctl_expect(set_slots(""), 0, "empty");
	ctl_expect(set_slots(NULL), EINVAL, "NULL");
	memset(endless, '1', sizeof(endless));
	ctl_expect(set_slots(endless), EINVAL, "endless");
	size_t size = 9 << 20;
	ctl_expect(
		ctl_by_name("thread.tcache.ncached_max.read_sizeclass", &size, &length, &size, 8),
		EINVAL, "9 MiB");
	ctl_expect(ctl_by_name("thread.tcache.ncached_max.read_sizeclass", &size, &length, NULL, 0),
		   EINVAL, "no size");
	ctl_expect(CTL_WRITE(bool, "thread.tcache.enabled", false), 0, "off");
	ctl_expect(set_slots("1-2:3"), ENOENT, "no cache");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {bytes_are_counted_exactly,
				      a_thread_that_never_allocated,
				      binding_to_an_arena,
				      the_cache_goes_off_and_on,
				      the_peak_is_kept,
				      largest_size_that_the_cache_keeps,
				      regions_that_the_cache_holds,
				      NULL};
	return suite_run("ctl_thread", cases);
}
