/* test_purger.c - the background thread: it purges by the clock while the program sleeps, is woken
 * for what comes earlier than it expected, stops, and is not in the child of a fork. */
#include "purger.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "arenas.h"
#include "expect.h"
#include "lock.h"
#include "options.h"
#include "os.h"
#include "stats.h"
#include "suite.h"

static struct arena *new_arena(ssize_t dirty_ms)
{
	unsigned index;

	expect(arenas_create(NULL, &index) == 0, "no arena");
	expect(arena_set_decay_ms(arenas_get(index), PAGES_DIRTY, dirty_ms) == 0, "decay");
	return arenas_get(index);
}

static void make_dirty(struct arena *arena)
{
	struct extent *extent = pages_alloc(&arena->pages, 100 * os_page, 0, false);

	expect(extent != NULL, "no memory");
	pages_dalloc(&arena->pages, extent);
}

static size_t dirty(struct arena *arena)
{
	lock_take(&arena->pages.lock);
	size_t npages = arena->pages.sets[PAGES_DIRTY].npages + arena->pages.nrecent +
			arena->pages.in_transit;
	lock_drop(&arena->pages.lock);
	return npages;
}

/* Nothing but sleep: who purges is the thread. */
static bool is_clean_within(struct arena *arena, unsigned ms)
{
	for (unsigned waited = 0; waited < ms; waited += 10) {
		if (dirty(arena) == 0)
			return true;
		usleep(10000);
	}
	return false;
}

START_TEST(purges_while_the_program_sleeps)
{
	struct arena *arena = new_arena(300);

	make_dirty(arena);
	usleep(600000);
	expect(dirty(arena) == 100, "purged without a thread");
	expect(purger_set_enabled(true) == 0 && purger_enabled(), "does not start");
	expect(is_clean_within(arena, 5000), "%zu pages are not purged", dirty(arena));
	/* It sleeps without end now, and is woken. */
	usleep(300000);
	make_dirty(arena);
	expect(dirty(arena) == 100, "purged at once");
	expect(is_clean_within(arena, 5000), "%zu pages are not purged", dirty(arena));
	expect(purger_set_enabled(false) == 0 && !purger_enabled(), "does not stop");
}
END_TEST

START_TEST(an_earlier_deadline_wakes_it)
{
	struct arena *slow = new_arena(3600000), *fast = new_arena(200), *changed;

	expect(purger_set_enabled(true) == 0, "does not start");
	make_dirty(slow); /* the next step of this one ends in half a minute */
	usleep(400000);
	make_dirty(fast);
	expect(is_clean_within(fast, 5000), "slept on for a slow arena");
	changed = new_arena(3600000);
	make_dirty(changed);
	usleep(400000);
	expect(arena_set_decay_ms(changed, PAGES_DIRTY, 100) == 0, "decay");
	expect(is_clean_within(changed, 5000), "slept on though the decay time changed");
	expect(dirty(slow) == 100, "purged what may stay");
	purger_set_enabled(false);
}
END_TEST

static uint64_t runs(void)
{
	struct purger_stats stats;

	purger_stats(&stats);
	return stats.runs;
}

START_TEST(runs_seldom)
{
	struct arena *arena = new_arena(10000);
	struct purger_stats stats;
	struct timespec cpu_before, cpu;
	uint64_t start = os_now_precise_ns(), before;

	expect(purger_set_enabled(true) == 0, "does not start");
	usleep(300000);
	before = runs();
	while (os_now_precise_ns() - start < 1300000000)
		make_dirty(arena); /* as busy as a program can be */
	expect(runs() - before <= 15, "%lu runs in a second", runs() - before);
	pages_purge(&arena->pages, true);
	usleep(500000);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_before);
	before = runs();
	usleep(1000000);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	expect(runs() == before, "runs although nothing is unused");
	purger_stats(&stats);
	expect(stats.threads >= 1 && stats.runs >= 1 && stats.interval_ns > 0, "statistics");
	purger_set_enabled(false);
	purger_stats(&stats);
	expect(stats.threads == 0, "%zu threads", stats.threads);
}
END_TEST

START_TEST(on_and_off)
{
	for (int i = 0; i < 50; i++) {
		expect(purger_set_enabled(true) == 0 && purger_set_enabled(true) == 0, "on");
		expect(purger_enabled(), "is off");
		expect(purger_set_enabled(false) == 0 && purger_set_enabled(false) == 0, "off");
		expect(!purger_enabled(), "is on");
	}
	struct arena *arena = new_arena(100);

	make_dirty(arena);
	usleep(300000);
	make_dirty(arena); /* by the clock of the program again */
	usleep(300000);
	make_dirty(arena);
	expect(dirty(arena) <= 200, "nobody purges");
}
END_TEST

START_TEST(limits)
{
	expect(purger_max() >= 1, "%zu threads at most", purger_max());
	expect(purger_set_max(0) == EINVAL && purger_set_max(SIZE_MAX) == EINVAL, "wrong limits");
	expect(purger_set_max(options.max_background_threads + 1) == EINVAL, "above the option");
	expect(purger_set_max(3) == 0 && purger_max() == 3, "%zu", purger_max());
}
END_TEST

static int in_the_child(void)
{
	struct arena *arena;

	if (purger_enabled())
		return 1;
	if (TEST_THREAD_SANITIZED) /* whose children cannot start threads */
		return 0;
	arena = new_arena(100);
	make_dirty(arena);
	if (purger_set_enabled(true) != 0 || !is_clean_within(arena, 5000))
		return 2;
	return purger_set_enabled(false);
}

START_TEST(fork_stops_it)
{
	int status;
	struct arena *arena = new_arena(100);

	expect(purger_set_enabled(true) == 0, "does not start");
	for (int i = 0; i < 10; i++) {
		pid_t child = fork();

		if (child == 0)
			_exit(in_the_child());
		waitpid(child, &status, 0);
		expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x",
		       (unsigned)status);
	}
	make_dirty(arena);
	expect(purger_enabled() && is_clean_within(arena, 5000), "not in the parent any more");
	purger_set_enabled(false);
}
END_TEST

START_TEST(signals_are_the_programs)
{
	sigset_t mask;

	expect(purger_set_enabled(true) == 0, "does not start");
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	expect(!sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGTERM), "our mask is changed");
	/* Blocked here, too, so that only the purging thread could take it. */
	sigset_t usr1;
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &usr1, NULL);
	kill(getpid(), SIGUSR1);
	usleep(100000);
	sigpending(&mask);
	expect(sigismember(&mask, SIGUSR1), "the purging thread took the signal");
	purger_set_enabled(false);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {purges_while_the_program_sleeps,
				      an_earlier_deadline_wakes_it,
				      runs_seldom,
				      on_and_off,
				      limits,
				      fork_stops_it,
				      signals_are_the_programs,
				      NULL};

	return suite_run("purger", cases);
}
