/* test_ctl_metrics.c - what the rows say to a monitoring system is so: a counter only grows, an
 * amount that goes down is a gauge, and a setting that is shown is neither. */
#include "moonheap/ctl.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include "ctl_read.h"
#include "heap_under_test.h"
#include "moonheap/moonheap.h"
#include "suite.h"

enum { ROOM = 40000, SLOTS = 256, THREADS = 2 };
static const char names[] = "epoch stats stats.arenas.4096 moonheap.arena";

static bool stop; /* atomic */
static pthread_barrier_t all_have_allocated;

/* Sizes of all kinds, arenas of its own, purges and refills. Its first allocation, which may start
 * the automatic arena of its thread, is made before the barrier. */
static void *allocate_often(void *opaque)
{
	unsigned arena = *(unsigned *)opaque;
	void *slots[SLOTS] = {NULL};
	char purge[32];
	snprintf(purge, sizeof(purge), "arena.%u.purge", arena);
	slots[0] = mh_malloc(1);
	pthread_barrier_wait(&all_have_allocated);
	for (size_t i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
		size_t at = i * 31 % SLOTS;
		mh_free(slots[at]);
		slots[at] = mh_mallocx(1 + i * 997 % 70000,
				       i % 2 == 0 ? MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE : 0);
		if (i % 500 == 0)
			ctl_do(purge);
		if (i % 700 == 0)
			ctl_do("thread.tcache.flush");
	}
	for (size_t i = 0; i < SLOTS; i++)
		mh_free(slots[i]);
	return NULL;
}

static struct moonheap_ctl_value *take(struct moonheap_ctl_value *values, size_t *count)
{
	struct moonheap_ctl_snapshot about;
	ctl_expect(moonheap_ctl_snapshot(names, 0, values, ROOM, &about), 0, "snapshot");
	*count = about.count;
	return values;
}

/* Nobody makes or destroys an arena meanwhile: both have the same values in the same order. */
static size_t compare(const struct moonheap_ctl_value *before,
		      const struct moonheap_ctl_value *after, size_t count, bool *grew)
{
	size_t ncounters = 0;
	for (size_t i = 0; i < count; i++) {
		char name[128];
		moonheap_ctl_value_name(&after[i], name, sizeof(name));
		expect(before[i].row == after[i].row && memcmp(before[i].index, after[i].index,
							       sizeof(before[i].index)) == 0,
		       "%s is in another place", name);
		if (after[i].row->metric != MOONHEAP_CTL_COUNTER)
			continue;
		ncounters++;
		*grew |= after[i].as.number > before[i].as.number;
		expect(after[i].as.number >= before[i].as.number, "%s went from %llu down to %llu",
		       name, (unsigned long long)before[i].as.number,
		       (unsigned long long)after[i].as.number);
	}
	return ncounters;
}

START_TEST(counters_only_grow)
{
	static struct moonheap_ctl_value room[2][ROOM];
	pthread_t threads[THREADS];
	unsigned arenas[THREADS];
	size_t count, other, ncounters = 0;
	bool grew = false;
	pthread_barrier_init(&all_have_allocated, NULL, THREADS + 1);
	for (unsigned i = 0; i < THREADS; i++)
		arenas[i] = heap_arena_create(NULL);
	for (unsigned i = 0; i < THREADS; i++)
		expect(pthread_create(&threads[i], NULL, allocate_often, &arenas[i]) == 0,
		       "no thread");
	pthread_barrier_wait(&all_have_allocated);
	struct moonheap_ctl_value *before = take(room[0], &count);
	for (unsigned long n = 1; n <= test_scaled(60); n++) {
		struct moonheap_ctl_value *after = take(room[n % 2], &other);
		expect(other == count, "%zu values became %zu", count, other);
		ncounters = compare(before, after, count, &grew);
		before = after;
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&all_have_allocated);
	expect(ncounters > 1000 && grew, "%zu counters", ncounters);
}
END_TEST

START_TEST(what_goes_down_is_a_gauge)
{
	static struct moonheap_ctl_value before[ROOM], after[ROOM];
	size_t count, other, ngauges = 0;
	void *p[64];
	ctl_do("thread.tcache.flush");
	for (unsigned i = 0; i < 64; i++)
		p[i] = mh_malloc(1000 + i * 1000);
	take(before, &count);
	for (unsigned i = 0; i < 64; i++)
		mh_free(p[i]);
	ctl_do("thread.tcache.flush");
	ctl_do("arena.4096.purge");
	take(after, &other);
	expect(count == other, "%zu values became %zu", count, other);
	for (size_t i = 0; i < count; i++) {
		const struct moonheap_ctl_row *row = after[i].row;
		bool is_amount =
			row->type >= MOONHEAP_CTL_UNSIGNED && row->type <= MOONHEAP_CTL_SSIZE;
		if (!is_amount || after[i].as.integer >= before[i].as.integer)
			continue;
		expect(row->metric == MOONHEAP_CTL_GAUGE, "%s goes down", row->path);
		ngauges++;
	}
	expect(ngauges > 20, "%zu went down", ngauges);
}
END_TEST

START_TEST(settings_are_neither)
{
	static const char *const settings[] = {"stats.arenas.0.dirty_decay_ms",
					       "stats.arenas.0.muzzy_decay_ms",
					       "arena.0.dirty_decay_ms",
					       "arenas.page",
					       "opt.dirty_decay_ms",
					       "thread.tcache.max"};
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		expect(moonheap_ctl_describe(settings[i])->metric == MOONHEAP_CTL_NO_METRIC,
		       "%s is measured", settings[i]);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {counters_only_grow, what_goes_down_is_a_gauge,
				      settings_are_neither, NULL};
	return suite_run("ctl_metrics", cases);
}
