/* test_purger_team.c - background_thread: arenas are spread over threads, which come when their
 * arenas have something unused, sleep until it is worth a run, and are told of a lot that is new.
 * With percpu_arena each is where its arenas are used. */
#include "purger_team.h"

#include <sched.h>
#include <unistd.h>
#include "arenas.h"
#include "boot.h"
#include "expect.h"
#include "options.h"
#include "percpu.h"
#include "purger.h"
#include "suite.h"
#include "unused_pages.h"

enum { PATIENCE_MS = 10000 };

static struct purger_stats stats(void)
{
	struct purger_stats now;

	purger_stats(&now);
	return now;
}

static bool comes_to(size_t threads)
{
	for (unsigned waited = 0; waited < PATIENCE_MS && stats().threads != threads; waited += 10)
		usleep(10000);
	return stats().threads == threads;
}

START_TEST(spread)
{
	enum { ARENAS = 12 };
	struct arena *all[ARENAS];

	for (unsigned i = 0; i < ARENAS; i++)
		all[i] = unused_pages_arena(400);
	expect(options.max_background_threads == 4, "%zu", options.max_background_threads);
	expect(purger_set_enabled(true) == 0 && comes_to(1), "%zu threads", stats().threads);
	unused_pages_make(all[0], 2000);
	/* The first thread, and that of the arena, which may be the same. */
	size_t expected = all[0]->index % 4 == 0 ? 1 : 2;
	expect(comes_to(expected), "%zu threads for one arena", stats().threads);
	for (unsigned i = 0; i < ARENAS; i++)
		unused_pages_make(all[i], 100);
	expect(comes_to(4), "%zu threads for %u arenas", stats().threads, ARENAS);
	for (unsigned i = 0; i < ARENAS; i++)
		expect(unused_pages_go_within(all[i], PATIENCE_MS), "arena %u: %zu pages",
		       all[i]->index, unused_pages_dirty(all[i]));
	expect(purger_set_max(2) == 0 && purger_max() == 2 && purger_enabled(), "a bound of 2");
	for (unsigned i = 0; i < ARENAS; i++)
		unused_pages_make(all[i], 100);
	expect(comes_to(2), "%zu threads of 2", stats().threads);
	for (unsigned i = 0; i < ARENAS; i++)
		expect(unused_pages_go_within(all[i], PATIENCE_MS), "arena %u: %zu pages",
		       all[i]->index, unused_pages_dirty(all[i]));
	expect(purger_set_enabled(false) == 0 && stats().threads == 0, "%zu threads",
	       stats().threads);
	expect(purger_max() == 2, "the bound is forgotten");
}
END_TEST

/* Asleep until much is due, it is woken for more than 1024 new pages, and not for fewer. */
START_TEST(alarm_of_many)
{
	struct arena *arena = unused_pages_arena(3600000);

	expect(purger_set_max(1) == 0 && purger_set_enabled(true) == 0, "does not start");
	unused_pages_make(arena, 100);
	usleep(500000);
	/* It waits for the end of the step, half a minute away, but knows of 100 pages. */
	uint64_t runs = stats().runs;

	unused_pages_make(arena, 1000);
	usleep(400000);
	expect(stats().runs == runs, "woken for 1000 pages");
	unused_pages_make(arena, 1500);
	for (unsigned waited = 0; waited < PATIENCE_MS && stats().runs == runs; waited += 10)
		usleep(10000);
	expect(stats().runs > runs, "not woken for 1500 pages more");
	purger_set_enabled(false);
}
END_TEST

/* With little that is new it sleeps long: a run for a thousand pages, not one for each step. */
START_TEST(runs_are_few)
{
	struct arena *arena = unused_pages_arena(4000);

	expect(purger_set_max(1) == 0 && purger_set_enabled(true) == 0, "does not start");
	unused_pages_make(arena, 2000);
	expect(unused_pages_go_within(arena, PATIENCE_MS), "%zu pages", unused_pages_dirty(arena));
	/* 200 steps of 20 ms, two thousand pages. */
	expect(stats().runs <= 8, "%lu runs", stats().runs);
	expect(stats().interval_ns > 100000000, "an interval of %lu ns", stats().interval_ns);
	purger_set_enabled(false);
}
END_TEST

START_TEST(locks_are_counted)
{
	struct mutex_stats own, most;

	purger_lock_stats(&own, &most);
	expect(own.num_ops > 0 && most.num_ops == 0, "before there is a thread");
	expect(purger_set_enabled(true) == 0 && comes_to(1), "does not start");
	stats();
	purger_lock_stats(&own, &most);
	expect(most.num_ops > 0, "no lock of a thread");
	purger_reset_lock_stats();
	purger_lock_stats(&own, &most);
	expect(own.num_ops <= 3, "not reset: %lu", own.num_ops);
	purger_set_enabled(false);
}
END_TEST

struct found {
	unsigned nsettled;
	bool is_right;
	cpu_set_t allowed;
};

/* Worker i is on the processors whose arenas it serves; without one of them, anywhere. */
static void compare(struct purger_worker *worker, void *at)
{
	struct found *found = at;
	cpu_set_t right, is;

	lock_take(&worker->lock);
	bool is_settled = worker->runs > 0;
	lock_drop(&worker->lock);
	if (!is_settled)
		return;
	found->nsettled++;
	CPU_ZERO(&right);
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &found->allowed) && percpu_is_on() &&
		    percpu_index_of(cpu) % worker->stride == worker->first)
			CPU_SET(cpu, &right);
	if (CPU_COUNT(&right) == 0)
		right = found->allowed;
	expect(pthread_getaffinity_np(worker->thread, sizeof is, &is) == 0, "affinity");
	found->is_right &= CPU_EQUAL(&right, &is) != 0;
}

/* Each of the threads, once all have had their first run. */
static bool all_are_right(size_t threads, const cpu_set_t *allowed)
{
	struct found found;

	for (unsigned waited = 0; waited < PATIENCE_MS; waited += 10) {
		found = (struct found){.is_right = true, .allowed = *allowed};
		lock_take(&purger_lock);
		purger_team_each(compare, &found);
		lock_drop(&purger_lock);
		if (found.nsettled == threads)
			return found.is_right;
		usleep(10000);
	}
	return false;
}

static void switch_percpu_on(void)
{
	expect(boot_ensure(), "boot");
	options.percpu_arena = PERCPU_EACH;
	expect(percpu_boot() != 0 && percpu_is_on(), "off");
}

static void start_all(void)
{
	expect(purger_set_enabled(true) == 0, "does not start");
	for (unsigned i = 0; i < 4; i++)
		unused_pages_make(unused_pages_arena(3600000), 100);
	expect(comes_to(4), "%zu threads", stats().threads);
}

START_TEST(on_the_processors_of_their_arenas)
{
	cpu_set_t mine, still;

	switch_percpu_on();
	expect(sched_getaffinity(0, sizeof mine, &mine) == 0, "affinity");
	start_all();
	expect(all_are_right(4, &mine), "a thread is elsewhere");
	expect(sched_getaffinity(0, sizeof still, &still) == 0 && CPU_EQUAL(&mine, &still),
	       "the program's thread was bound");
	/* Two share what four had. */
	expect(purger_set_max(2) == 0 && comes_to(2), "a bound of 2");
	expect(all_are_right(2, &mine), "one of two is elsewhere");
	purger_set_enabled(false);
}
END_TEST

/* What taskset has taken away stays away. */
START_TEST(nowhere_else)
{
	cpu_set_t mine, last;

	switch_percpu_on();
	expect(sched_getaffinity(0, sizeof mine, &mine) == 0, "affinity");
	CPU_ZERO(&last);
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &mine)) {
			CPU_ZERO(&last);
			CPU_SET(cpu, &last);
		}
	expect(sched_setaffinity(0, sizeof last, &last) == 0, "not bound");
	start_all();
	expect(all_are_right(4, &last), "outside of the process's processors");
	purger_set_enabled(false);
}
END_TEST

START_TEST(anywhere_without_percpu_arena)
{
	cpu_set_t mine;

	expect(boot_ensure() && !percpu_is_on(), "on");
	expect(sched_getaffinity(0, sizeof mine, &mine) == 0, "affinity");
	start_all();
	expect(all_are_right(4, &mine), "bound");
	purger_set_enabled(false);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {spread,
				      alarm_of_many,
				      runs_are_few,
				      locks_are_counted,
				      on_the_processors_of_their_arenas,
				      nowhere_else,
				      anywhere_without_percpu_arena,
				      NULL};

	return suite_run("purger_team", cases);
}
