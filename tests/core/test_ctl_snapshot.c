/* test_ctl_snapshot.c - the epoch: what stays still between two of them, what comes and goes with
 * arenas, and readers that meet a refresh. */
#include "ctl_snapshot.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "ctl_read.h"
#include "moonheap/hooks.h"
#include "moonheap/moonheap.h"
#include "suite.h"

static unsigned create_arena(void)
{
	unsigned index;
	size_t length = sizeof(index);
	ctl_expect(ctl_by_name("arenas.create", &index, &length, NULL, 0), 0, "arenas.create");
	return index;
}

static void *allocate(unsigned arena, size_t size)
{
	void *p = mh_mallocx(size, MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
	expect(p != NULL, "no memory");
	return p;
}

START_TEST(values_stand_still_between_epochs)
{
	unsigned arena = create_arena();
	ctl_refresh();
	const char *name = ctl_named("stats.arenas.%u.large.allocated", arena);
	expect(CTL_READ(size_t, name) == 0, "an arena starts with something");
	void *p = allocate(arena, 1 << 20);
	expect(CTL_READ(size_t, name) == 0, "seen before the epoch");
	ctl_refresh();
	expect(CTL_READ(size_t, name) == 1 << 20, "%zu bytes", CTL_READ(size_t, name));
	mh_dallocx(p, MALLOCX_TCACHE_NONE);
	expect(CTL_READ(size_t, name) == 1 << 20, "gone before the epoch");
	ctl_refresh();
	expect(CTL_READ(size_t, name) == 0, "%zu bytes", CTL_READ(size_t, name));
}
END_TEST

START_TEST(the_sum_is_over_all_arenas)
{
	unsigned one = create_arena(), two = create_arena();
	ctl_refresh();
	size_t before = CTL_READ(size_t, "stats.arenas.4096.large.allocated");
	void *p = allocate(one, 1 << 20), *q = allocate(two, 1 << 21);
	ctl_refresh();
	size_t after = CTL_READ(size_t, "stats.arenas.4096.large.allocated");
	expect(after - before == (1 << 20) + (1 << 21), "%zu bytes more", after - before);
	/* The older number for the same. */
	unsigned narenas = CTL_READ(unsigned, "arenas.narenas");
	expect(CTL_READ(size_t, ctl_named("stats.arenas.%u.large.allocated", narenas)) == after,
	       "index %u", narenas);
	expect(CTL_READ(ssize_t, "stats.arenas.4096.dirty_decay_ms") == -1, "decay of the sum");
	expect(strcmp(CTL_READ(const char *, "stats.arenas.4096.dss"), "N/A") == 0,
	       "dss of the sum");
	expect(CTL_READ(size_t, "stats.allocated") >= after, "the total is less");
	mh_dallocx(p, MALLOCX_TCACHE_NONE);
	mh_dallocx(q, MALLOCX_TCACHE_NONE);
}
END_TEST

START_TEST(arenas_come_and_go)
{
	size_t length = 0;
	unsigned arena = create_arena();
	char stats[64];
	snprintf(stats, sizeof(stats), "stats.arenas.%u.pactive", arena);
	const char *initialized = ctl_named("arena.%u.initialized", arena);
	expect(!CTL_READ(bool, initialized), "initialized before the epoch");
	ctl_expect(ctl_by_name(stats, NULL, &length, NULL, 0), ENOENT, "stats before the epoch");
	ctl_refresh();
	expect(CTL_READ(bool, initialized), "not initialized after the epoch");
	ctl_expect(ctl_by_name(stats, NULL, NULL, NULL, 0), 0, "stats after the epoch");
	size_t mib[MOONHEAP_CTL_DEPTH_MAX], depth = MOONHEAP_CTL_DEPTH_MAX, value;
	ctl_expect(ctl_name_to_mib(stats, mib, &depth), 0, stats);

	expect(!CTL_READ(bool, "arena.4097.initialized"), "nothing was destroyed so far");
	ctl_expect(ctl_by_name("stats.arenas.4097.pactive", NULL, NULL, NULL, 0), ENOENT, "4097");
	ctl_expect(ctl_do(ctl_named("arena.%u.destroy", arena)), 0, "destroy");
	expect(!CTL_READ(bool, ctl_named("arena.%u.initialized", arena)), "destroyed");
	ctl_expect(ctl_by_name(stats, NULL, NULL, NULL, 0), ENOENT, "stats of a destroyed arena");
	length = sizeof(value);
	ctl_expect(ctl_by_mib(mib, depth, &value, &length, NULL, 0), ENOENT, "the same by MIB");
	expect(CTL_READ(bool, "arena.4097.initialized"), "one was destroyed");
	expect(create_arena() == arena, "the index is used again");
	ctl_refresh();
	ctl_expect(ctl_by_mib(mib, depth, &value, &length, NULL, 0), 0, "the MIB is good again");
}
END_TEST

START_TEST(destroyed_arenas_leave_their_counts)
{
	unsigned arena = create_arena();
	for (unsigned i = 0; i < 10; i++)
		allocate(arena, 1 << 16);
	ctl_expect(ctl_do(ctl_named("arena.%u.destroy", arena)), 0, "destroy");
	expect(CTL_READ(uint64_t, "stats.arenas.4097.large.nmalloc") == 10, "nmalloc");
	expect(CTL_READ(uint64_t, "stats.arenas.4097.large.ndalloc") == 10, "ndalloc");
	expect(CTL_READ(size_t, "stats.arenas.4097.large.allocated") == 0, "allocated");
	expect(CTL_READ(size_t, "stats.arenas.4097.pactive") == 0, "pactive");
	ctl_expect(ctl_do(ctl_named("arena.%u.destroy", arena)), EFAULT, "twice");
	ctl_expect(ctl_do("arena.0.destroy"), EFAULT, "an automatic arena");
	ctl_expect(ctl_do("arena.4096.destroy"), EFAULT, "all arenas");
	ctl_expect(ctl_do("arena.4097.destroy"), EFAULT, "destroyed arenas");
}
END_TEST

/* One thread refreshes, others read: within one read of several values under one epoch the sums
 * must agree, whatever the refresh is doing. */
static bool stop; /* atomic */

static void *refresh_often(void *opaque)
{
	for (unsigned i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
		mh_free(mh_malloc(16 + (size_t)i % 100000));
		ctl_refresh();
	}
	return opaque;
}

START_TEST(readers_see_whole_epochs)
{
	enum { THREADS = 2 };
	pthread_t threads[THREADS];
	void *kept = mh_malloc(1 << 20); /* nothing below is 0 from now on */
	ctl_refresh();
	for (unsigned i = 0; i < THREADS; i++)
		expect(pthread_create(&threads[i], NULL, refresh_often, NULL) == 0, "no thread");
	unsigned long agreed = 0, rounds = test_scaled(TEST_SANITIZED ? 20000 : 100000);
	for (unsigned long i = 0; i < rounds; i++) {
		uint64_t before = CTL_READ(uint64_t, "epoch");
		size_t active = CTL_READ(size_t, "stats.active");
		size_t pactive = CTL_READ(size_t, "stats.arenas.4096.pactive");
		expect(active > 0 && pactive > 0, "a value of a half-made epoch");
		if (CTL_READ(uint64_t, "epoch") != before)
			continue;
		/* The epoch is counted when its values stand, so it may just have begun: at most
		 * one refresh lies between the two reads. Equal values are then the rule. */
		agreed += active == pactive * CTL_READ(size_t, "arenas.page");
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	expect(agreed > 0, "the values never agreed");
	mh_free(kept);
}
END_TEST

/* Threads that look and sweep while arenas are made and destroyed under them. */
static int read_leaf(const char *name, const size_t *mib, size_t miblen,
		     const struct moonheap_ctl_row *row, void *opaque)
{
	(void)name;
	(void)opaque;
	unsigned char value[16];
	size_t length = moonheap_ctl_type_size(row->type);
	if ((row->access & MOONHEAP_CTL_READ) != 0)
		ctl_by_mib(mib, miblen, value, &length, NULL, 0); /* may be gone by now */
	return 0;
}

static void *walk_often(void *opaque)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		moonheap_ctl_walk_mib("stats.arenas", read_leaf, NULL);
		moonheap_ctl_walk_mib("arena", read_leaf, NULL);
		ctl_refresh();
	}
	return opaque;
}

static void *sweep_often(void *opaque)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		ctl_expect(ctl_do("arena.4096.purge"), 0, "purge");
		ctl_expect(ctl_do("arena.4096.decay"), 0, "decay");
	}
	return opaque;
}

START_TEST(arenas_come_and_go_under_readers)
{
	pthread_t reader, sweeper;
	expect(pthread_create(&reader, NULL, walk_often, NULL) == 0, "no thread");
	expect(pthread_create(&sweeper, NULL, sweep_often, NULL) == 0, "no thread");
	for (unsigned long i = 0; i < test_scaled(TEST_SANITIZED ? 100 : 500); i++) {
		unsigned one = create_arena(), two = create_arena();
		memset(allocate(one, 1 << 18), 1, 1 << 18);
		mh_dallocx(allocate(two, 1 << 20), MALLOCX_TCACHE_NONE);
		ctl_expect(ctl_do(ctl_named("arena.%u.reset", one)), 0, "reset");
		ctl_expect(ctl_do(ctl_named("arena.%u.destroy", one)), 0, "destroy");
		ctl_expect(ctl_do(ctl_named("arena.%u.destroy", two)), 0, "destroy");
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(reader, NULL);
	pthread_join(sweeper, NULL);
	ctl_refresh();
	expect(CTL_READ(size_t, "stats.arenas.4097.pactive") == 0, "destroyed arenas have pages");
}
END_TEST

START_TEST(a_child_of_fork_can_refresh)
{
	pthread_t thread;
	void *kept = mh_malloc(1 << 20);
	ctl_refresh();
	expect(pthread_create(&thread, NULL, refresh_often, NULL) == 0, "no thread");
	for (unsigned long i = 0; i < test_scaled(100); i++) {
		pid_t child = fork();
		if (child == 0) {
			alarm(20);
			ctl_refresh();
			_exit(CTL_READ(size_t, "stats.active") > 0 ? 0 : 1);
		}
		int status;
		expect(waitpid(child, &status, 0) == child && status == 0, "status %x", status);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	mh_free(kept);
}
END_TEST

START_TEST(the_locks_are_counted)
{
	ctl_refresh();
	uint64_t ops = CTL_READ(uint64_t, "stats.mutexes.ctl.num_ops");
	for (unsigned i = 0; i < 10; i++)
		ctl_refresh();
	expect(CTL_READ(uint64_t, "stats.mutexes.ctl.num_ops") >= ops + 10, "the lock of the tree");
	expect(CTL_READ(uint64_t, "stats.arenas.0.bins.3.mutex.num_ops") >= 10, "a bin's lock");
	expect(CTL_READ(uint64_t, "stats.arenas.0.mutexes.base.num_ops") >= 10, "an arena's lock");
	ctl_expect(ctl_do("stats.mutexes.reset"), 0, "reset");
	ctl_refresh();
	expect(CTL_READ(uint64_t, "stats.mutexes.ctl.num_ops") < 10, "the lock of the tree");
	expect(CTL_READ(uint64_t, "stats.arenas.0.bins.3.mutex.num_ops") < 10, "a bin's lock");
	expect(CTL_READ(uint64_t, "stats.arenas.0.mutexes.base.num_ops") < 10, "an arena's lock");
}
END_TEST

static int epoch_in_hook = -1;

/* Asks the tree from inside an extent hook, where the thread holds locks of the arena. */
static bool asking_split(extent_hooks_t *hooks, void *address, size_t size, size_t size_a,
			 size_t size_b, bool committed, unsigned arena)
{
	(void)hooks, (void)address, (void)size, (void)size_a, (void)size_b, (void)committed;
	(void)arena;
	epoch_in_hook = CTL_WRITE(uint64_t, "epoch", 1);
	return false;
}

START_TEST(a_hook_that_refreshes_is_refused)
{
	extent_hooks_t *hooks = CTL_READ(extent_hooks_t *, "arena.0.extent_hooks");
	extent_hooks_t asking = *hooks;
	asking.split = asking_split;
	unsigned arena = create_arena();
	ctl_refresh();
	uint64_t epoch = CTL_READ(uint64_t, "epoch");
	ctl_expect(CTL_WRITE(extent_hooks_t *, ctl_named("arena.%u.extent_hooks", arena), &asking),
		   0, "extent_hooks");
	mh_dallocx(allocate(arena, 1 << 20), MALLOCX_TCACHE_NONE);
	ctl_expect(epoch_in_hook, EAGAIN, "epoch inside a hook");
	expect(CTL_READ(uint64_t, "epoch") == epoch, "the epoch went on");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {values_stand_still_between_epochs,
				      the_sum_is_over_all_arenas,
				      arenas_come_and_go,
				      destroyed_arenas_leave_their_counts,
				      readers_see_whole_epochs,
				      arenas_come_and_go_under_readers,
				      a_child_of_fork_can_refresh,
				      the_locks_are_counted,
				      a_hook_that_refreshes_is_refused,
				      NULL};
	return suite_run("ctl_snapshot", cases);
}
