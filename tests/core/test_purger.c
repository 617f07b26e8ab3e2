/* test_purger.c - the background thread: it purges by the clock while the program sleeps, is woken
 * for what comes earlier than it expected, stops, and is not in the child of a fork. */
#include "purger.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "arenas.h"
#include "child.h"
#include "expect.h"
#include "lock.h"
#include "options.h"
#include "os.h"
#include "stats.h"
#include "suite.h"
#include "unused_pages.h"

START_TEST(purges_while_the_program_sleeps)
{
	struct arena *arena = unused_pages_arena(300);

	unused_pages_make(arena, 100);
	usleep(600000);
	expect(unused_pages_dirty(arena) == 100, "purged without a thread");
	expect(purger_set_enabled(true) == 0 && purger_enabled(), "does not start");
	expect(unused_pages_go_within(arena, 5000), "%zu pages are not purged",
	       unused_pages_dirty(arena));
	/* It sleeps without end now, and is woken. */
	usleep(300000);
	unused_pages_make(arena, 100);
	expect(unused_pages_dirty(arena) == 100, "purged at once");
	expect(unused_pages_go_within(arena, 5000), "%zu pages are not purged",
	       unused_pages_dirty(arena));
	expect(purger_set_enabled(false) == 0 && !purger_enabled(), "does not stop");
}
END_TEST

START_TEST(an_earlier_deadline_wakes_it)
{
	struct arena *slow = unused_pages_arena(3600000), *fast = unused_pages_arena(200), *changed;

	expect(purger_set_enabled(true) == 0, "does not start");
	unused_pages_make(slow, 100); /* the next step of this one ends in half a minute */
	usleep(400000);
	unused_pages_make(fast, 100);
	expect(unused_pages_go_within(fast, 5000), "slept on for a slow arena");
	changed = unused_pages_arena(3600000);
	unused_pages_make(changed, 100);
	usleep(400000);
	expect(arena_set_decay_ms(changed, PAGES_DIRTY, 100) == 0, "decay");
	expect(unused_pages_go_within(changed, 5000), "slept on though the decay time changed");
	expect(unused_pages_dirty(slow) == 100, "purged what may stay");
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
	struct arena *arena = unused_pages_arena(10000);
	struct purger_stats stats;
	struct timespec cpu_before, cpu;
	uint64_t start = os_now_precise_ns(), before;

	expect(purger_set_enabled(true) == 0, "does not start");
	usleep(300000);
	before = runs();
	while (os_now_precise_ns() - start < 1300000000)
		unused_pages_make(arena, 100); /* as busy as a program can be */
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
	struct arena *arena = unused_pages_arena(100);

	unused_pages_make(arena, 100);
	usleep(300000);
	unused_pages_make(arena, 100); /* by the clock of the program again */
	usleep(300000);
	unused_pages_make(arena, 100);
	expect(unused_pages_dirty(arena) <= 200, "nobody purges");
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
	arena = unused_pages_arena(100);
	unused_pages_make(arena, 100);
	if (purger_set_enabled(true) != 0 || !unused_pages_go_within(arena, 5000))
		return 2;
	return purger_set_enabled(false);
}

START_TEST(fork_stops_it)
{
	int status;
	struct arena *arena = unused_pages_arena(100);

	expect(purger_set_enabled(true) == 0, "does not start");
	for (int i = 0; i < 10; i++) {
		pid_t child = fork();

		if (child == 0)
			_exit(in_the_child());
		status = child_wait(child, "a child with a thread of its own");
		expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x",
		       (unsigned)status);
	}
	unused_pages_make(arena, 100);
	expect(purger_enabled() && unused_pages_go_within(arena, 5000),
	       "not in the parent any more");
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
