/* test_ctl_thread.c - thread.*: what the calling thread hears about itself. */
#include "ctl_row.h"

#include <pthread.h>
#include <stdlib.h>
#include "ctl_read.h"
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

int main(void)
{
	const TTest *const cases[] = {bytes_are_counted_exactly, a_thread_that_never_allocated,
				      binding_to_an_arena,       the_cache_goes_off_and_on,
				      the_peak_is_kept,          NULL};
	return suite_run("ctl_thread", cases);
}
