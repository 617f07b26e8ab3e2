/* test_ctl_snapshot.c - the epoch: what stays still between two of them, what comes and goes with
 * arenas, and readers that meet a refresh. */
#include "ctl_snapshot.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "arenas.h"
#include "child.h"
#include "ctl_read.h"
#include "heap_under_test.h"
#include "moonheap/hooks.h"
#include "moonheap/moonheap.h"
#include "random.h"
#include "stats_print.h"
#include "suite.h"

START_TEST(values_stand_still_between_epochs)
{
	unsigned arena = heap_arena_create(NULL);
	ctl_refresh();
	const char *name = ctl_named("stats.arenas.%u.large.allocated", arena);
	expect(CTL_READ(size_t, name) == 0, "an arena starts with something");
	void *p = heap_arena_alloc(arena, 1 << 20);
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
	unsigned one = heap_arena_create(NULL), two = heap_arena_create(NULL);
	ctl_refresh();
	size_t before = CTL_READ(size_t, "stats.arenas.4096.large.allocated");
	void *p = heap_arena_alloc(one, 1 << 20), *q = heap_arena_alloc(two, 1 << 21);
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
	unsigned arena = heap_arena_create(NULL);
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
	expect(heap_arena_create(NULL) == arena, "the index is used again");
	ctl_refresh();
	ctl_expect(ctl_by_mib(mib, depth, &value, &length, NULL, 0), 0, "the MIB is good again");
}
END_TEST

START_TEST(destroyed_arenas_leave_their_counts)
{
	unsigned arena = heap_arena_create(NULL);
	for (unsigned i = 0; i < 10; i++)
		heap_arena_alloc(arena, 1 << 16);
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
		unsigned one = heap_arena_create(NULL), two = heap_arena_create(NULL);
		memset(heap_arena_alloc(one, 1 << 18), 1, 1 << 18);
		mh_dallocx(heap_arena_alloc(two, 1 << 20), MALLOCX_TCACHE_NONE);
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
			ctl_refresh();
			_exit(CTL_READ(size_t, "stats.active") > 0 ? 0 : 1);
		}
		int status = child_wait(child, "a child that refreshes");
		expect(status == 0, "status %x", status);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	mh_free(kept);
}
END_TEST

START_TEST(the_locks_are_counted)
{
	unsigned arena = heap_arena_create(NULL);
	char bin[64], pages[64];
	strcpy(bin, ctl_named("stats.arenas.%u.bins.3.mutex.num_ops", arena));
	strcpy(pages, ctl_named("stats.arenas.%u.mutexes.extents_dirty.num_ops", arena));
	ctl_refresh();
	uint64_t ops = CTL_READ(uint64_t, "stats.mutexes.ctl.num_ops");
	for (unsigned i = 0; i < 10; i++) {
		mh_dallocx(heap_arena_alloc(arena, 48), MALLOCX_TCACHE_NONE);
		mh_dallocx(heap_arena_alloc(arena, 1 << 20), MALLOCX_TCACHE_NONE);
		ctl_refresh();
	}
	expect(CTL_READ(uint64_t, "stats.mutexes.ctl.num_ops") >= ops + 10, "the lock of the tree");
	expect(CTL_READ(uint64_t, bin) == 20, "a bin's lock, %lu", CTL_READ(uint64_t, bin));
	expect(CTL_READ(uint64_t, pages) >= 20, "a lock of pages");
	ctl_expect(ctl_do("stats.mutexes.reset"), 0, "reset");
	ctl_refresh();
	expect(CTL_READ(uint64_t, "stats.mutexes.ctl.num_ops") < 10, "the lock of the tree");
	expect(CTL_READ(uint64_t, bin) == 0, "a bin's lock");
	expect(CTL_READ(uint64_t, pages) == 0, "a lock of pages");
	expect(CTL_READ(uint64_t, "stats.arenas.4096.bins.3.mutex.max_wait_time") == 0, "the sum");
}
END_TEST

/* ---- what is kept between epochs ---- */

/* Where two records differ, in words; their size: nowhere. */
static size_t difference(const struct arena_stats *a, const struct arena_stats *b)
{
	const uint64_t *one = (const uint64_t *)a, *other = (const uint64_t *)b;
	size_t k = 0;
	while (k < sizeof(*a) / sizeof(*one) && one[k] == other[k])
		k++;
	return k;
}

#define SAME (sizeof(struct arena_stats) / sizeof(uint64_t))

/* Whether the records as they are kept, and the sum, are what they would be if they were made from
 * nothing; else which, and where. */
static bool is_kept_fresh(size_t *which, size_t *where)
{
	static struct arena_stats fresh, sum;
	bool is_same = true;
	stats_clear(&sum);
	ctl_refresh();
	lock_take(&ctl_lock);
	for (unsigned i = 0; i < arenas_count() && is_same; i++) {
		const struct arena_stats *kept = ctl_snapshot_arena(i);
		struct arena *arena = arenas_get(i);
		expect((kept != NULL) == (arena != NULL), "arena %u", i);
		if (arena == NULL)
			continue;
		stats_collect_arena(arena, &fresh);
		fresh.uptime = kept->uptime;
		stats_merge_arena(&sum, kept);
		*which = i;
		*where = difference(kept, &fresh);
		is_same = *where == SAME;
	}
	if (is_same) {
		*which = MALLCTL_ARENAS_ALL;
		*where = difference(ctl_snapshot_arena(MALLCTL_ARENAS_ALL), &sum);
		is_same = *where == SAME;
	}
	lock_drop(&ctl_lock);
	return is_same;
}

/* Nobody else may be at work: between the two looks everything stands still. */
static void expect_kept_is_fresh(void)
{
	size_t which, where;
	expect(is_kept_fresh(&which, &where), "arena %zu: byte %zu of its record is out of date",
	       which, where * sizeof(uint64_t));
}

/* A process with several threads may have one of ours that purges (watcher.c), which would come
 * between the two looks. Whoever decides about such threads has none of their own accord. */
static void forbid_the_watcher(void)
{
	ctl_expect(CTL_WRITE(bool, "background_thread", false), 0, "background_thread");
}

static void *pass_by(void *arena)
{
	ctl_expect(CTL_WRITE(unsigned, "thread.arena", *(unsigned *)arena), 0, "thread.arena");
	for (unsigned i = 0; i < 100; i++)
		mh_free(mh_malloc(i * 200));
	return NULL;
}

START_TEST(what_is_kept_is_right)
{
	enum { ARENAS = 6, OBJECTS = 300 };
	unsigned arenas[ARENAS];
	static struct {
		void *p;
		unsigned arena;
	} objects[OBJECTS];
	struct random random;
	random_init(&random, test_seed());
	forbid_the_watcher();
	for (unsigned i = 0; i < ARENAS; i++)
		arenas[i] = heap_arena_create(NULL);
	for (unsigned round = 0; round < test_scaled(400); round++) {
		unsigned which = (unsigned)random_below(&random, ARENAS);
		for (unsigned i = 0; i < 20; i++) {
			unsigned k = (unsigned)random_below(&random, OBJECTS);
			size_t size = random_size(&random, 300000);
			if (objects[k].p != NULL)
				mh_dallocx(objects[k].p, MALLOCX_TCACHE_NONE);
			objects[k].arena = which;
			objects[k].p = random_below(&random, 3) > 0
					       ? heap_arena_alloc(arenas[which], size)
					       : NULL;
		}
		mh_free(mh_malloc(random_size(&random, 100000)));
		switch (random_below(&random, 12)) {
		case 0:
			ctl_expect(ctl_do(ctl_named("arena.%u.purge", arenas[which])), 0, "purge");
			break;
		case 1:
		case 2: {
			const char *action =
				random_below(&random, 2) ? "arena.%u.destroy" : "arena.%u.reset";
			bool stays = strstr(action, "reset") != NULL;
			for (unsigned k = 0; k < OBJECTS; k++)
				if (objects[k].arena == which)
					objects[k].p = NULL;
			ctl_expect(ctl_do(ctl_named(action, arenas[which])), 0, action);
			if (!stays && random_below(&random, 2))
				expect_kept_is_fresh();
			if (!stays)
				arenas[which] = heap_arena_create(NULL);
			break;
		}
		case 3:
			ctl_expect(ctl_do("stats.mutexes.reset"), 0, "reset");
			break;
		case 4: {
			pthread_t thread;
			expect(pthread_create(&thread, NULL, pass_by, &arenas[which]) == 0,
			       "no thread");
			pthread_join(thread, NULL);
			break;
		}
		case 5:
			ctl_expect(CTL_WRITE(unsigned, "thread.arena", 0), 0, "thread.arena");
			break;
		case 6:
			ctl_expect(ctl_do("thread.tcache.flush"), 0, "flush");
			break;
		default:
			break;
		}
		expect_kept_is_fresh();
	}
}
END_TEST

/* ---- nobody waits ---- */

static struct holder {
	struct arena *arena;
	uint32_t state; /* atomic: 1 it holds them, 2 it shall end */
} holder;

static void *hold_locks(void *unused)
{
	struct arena *arena = holder.arena;
	lock_take(&arena->threads_lock);
	lock_take(&arena->bins[3].lock);
	lock_take(&arena->large.lock);
	lock_take(&arena->pages.grow_lock);
	lock_take(&arena->pages.lock);
	lock_take(&arena->pages.pool.lock);
	__atomic_store_n(&holder.state, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&holder.state, __ATOMIC_ACQUIRE) != 2)
		usleep(1000);
	lock_drop(&arena->pages.pool.lock);
	lock_drop(&arena->pages.lock);
	lock_drop(&arena->pages.grow_lock);
	lock_drop(&arena->large.lock);
	lock_drop(&arena->bins[3].lock);
	lock_drop(&arena->threads_lock);
	return unused;
}

/* Who allocates may hold any of them; who refreshes takes none, so that nobody waits for it. */
START_TEST(a_refresh_takes_no_lock_of_an_arena)
{
	pthread_t thread;
	unsigned index = heap_arena_create(NULL);
	forbid_the_watcher();
	void *p = heap_arena_alloc(index, 48);
	ctl_refresh();
	uint64_t ops = arenas_get(index)->bins[3].lock.ops;
	ctl_refresh();
	expect(arenas_get(index)->bins[3].lock.ops == ops, "a bin's lock was taken");
	holder.arena = arenas_get(index);
	expect(pthread_create(&thread, NULL, hold_locks, NULL) == 0, "no thread");
	while (__atomic_load_n(&holder.state, __ATOMIC_ACQUIRE) != 1)
		usleep(1000);
	alarm(20);
	ctl_refresh();
	expect(CTL_READ(size_t, ctl_named("stats.arenas.%u.bins.3.curregs", index)) == 1,
	       "what is there is not seen");
	alarm(0);
	__atomic_store_n(&holder.state, 2, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	mh_dallocx(p, MALLOCX_TCACHE_NONE);
	expect_kept_is_fresh();
}
END_TEST

static bool fire_ends; /* atomic */

/* Comes and goes, allocates and frees, with caches of several arenas. */
static void *fire(void *which)
{
	struct random random;
	void *objects[200] = {NULL};
	unsigned cache;
	size_t length = sizeof(cache);
	random_init(&random, test_seed() + *(unsigned *)which);
	ctl_expect(CTL_WRITE(unsigned, "thread.arena", *(unsigned *)which), 0, "thread.arena");
	ctl_expect(ctl_by_name("tcache.create", &cache, &length, NULL, 0), 0, "tcache.create");
	while (!__atomic_load_n(&fire_ends, __ATOMIC_RELAXED)) {
		unsigned k = (unsigned)random_below(&random, 200);
		size_t size = random_size(&random, 200000);
		int flags = random_below(&random, 2) ? MALLOCX_TCACHE(cache) : 0;
		mh_free(objects[k]);
		objects[k] = mh_mallocx(size, flags);
		if (random_below(&random, 1000) == 0)
			ctl_expect(ctl_do("thread.tcache.flush"), 0, "flush");
	}
	for (unsigned k = 0; k < 200; k++)
		mh_free(objects[k]);
	ctl_expect(CTL_WRITE(unsigned, "tcache.destroy", cache), 0, "tcache.destroy");
	return NULL;
}

static void discard(void *opaque, const char *text)
{
	(void)opaque, (void)text;
}

/* While others allocate no sum is nonsense; when they have ended all of it agrees. */
START_TEST(totals_reconcile_after_fire)
{
	enum { THREADS = 4 };
	pthread_t threads[THREADS];
	unsigned arenas[THREADS];
	forbid_the_watcher();
	for (unsigned i = 0; i < THREADS; i++)
		arenas[i] = i % 2 ? heap_arena_create(NULL) : 0;
	for (unsigned long i = 0; i < test_scaled(200); i++) {
		if (i % 50 == 0) { /* a new generation */
			__atomic_store_n(&fire_ends, true, __ATOMIC_RELAXED);
			for (unsigned k = 0; i > 0 && k < THREADS; k++)
				pthread_join(threads[k], NULL);
			__atomic_store_n(&fire_ends, false, __ATOMIC_RELAXED);
			for (unsigned k = 0; k < THREADS; k++)
				expect(pthread_create(&threads[k], NULL, fire, &arenas[k]) == 0,
				       "no thread");
		}
		ctl_refresh();
		if (i % 20 == 0)
			stats_print(discard, NULL, i % 40 == 0 ? "J" : "");
		lock_take(&ctl_lock);
		const struct arena_stats *sum = ctl_snapshot_arena(MALLCTL_ARENAS_ALL);
		for (unsigned k = 0; k < size_class_nbins; k++)
			expect(sum->bins[k].curregs ==
					       sum->bins[k].nmalloc - sum->bins[k].ndalloc &&
				       sum->bins[k].curregs < 1u << 30,
			       "bin %u: %zu out", k, sum->bins[k].curregs);
		expect(sum->pactive < 1u << 24 && sum->pdirty < 1u << 24, "%zu, %zu pages",
		       sum->pactive, sum->pdirty);
		lock_drop(&ctl_lock);
	}
	__atomic_store_n(&fire_ends, true, __ATOMIC_RELAXED);
	for (unsigned k = 0; k < THREADS; k++)
		pthread_join(threads[k], NULL);
	expect_kept_is_fresh();
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
	unsigned arena = heap_arena_create(NULL);
	ctl_refresh();
	uint64_t epoch = CTL_READ(uint64_t, "epoch");
	ctl_expect(CTL_WRITE(extent_hooks_t *, ctl_named("arena.%u.extent_hooks", arena), &asking),
		   0, "extent_hooks");
	mh_dallocx(heap_arena_alloc(arena, 1 << 20), MALLOCX_TCACHE_NONE);
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
				      what_is_kept_is_right,
				      a_refresh_takes_no_lock_of_an_arena,
				      totals_reconcile_after_fire,
				      a_hook_that_refreshes_is_refused,
				      NULL};
	return suite_run("ctl_snapshot", cases);
}
