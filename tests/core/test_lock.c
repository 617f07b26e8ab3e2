/* test_lock.c - one owner at a time, whatever the spinning; what the counters say about a known
 * history; the order that debug builds watch. */
#include "lock.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "child.h"
#include "expect.h"
#include "stats.h"
#include "suite.h"

enum { THREADS = 6, ROUNDS = 20000 };

static struct lock lock;
static unsigned long shared; /* under lock */
static uint32_t word;

static struct mutex_stats stats_of(struct lock *of)
{
	struct mutex_stats stats;

	lock_take(of);
	lock_stats(of, &stats);
	lock_drop(of);
	return stats;
}

static void *add_many(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		lock_take(&lock);
		shared = shared + 1;
		lock_drop(&lock);
	}
	return unused;
}

/* With every policy of waiting: sleep at once, spin a little, spin for ever. */
START_TEST(one_owner_at_a_time)
{
	static const int64_t policies[] = {0, 600, -1};
	pthread_t threads[THREADS];

	for (unsigned p = 0; p < ARRAY_LEN(policies); p++) {
		lock_max_spin = policies[p];
		lock_init(&lock, RANK_LEAF);
		shared = 0;
		for (int i = 0; i < THREADS; i++)
			expect(pthread_create(&threads[i], NULL, add_many, NULL) == 0, "thread");
		for (int i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
		expect(shared == THREADS * ROUNDS, "%lu additions", shared);
		expect(lock_version(&lock) != 0 && lock.waiters == 0,
		       "left behind: owner %#lx, %u waiters", lock.owner, lock.waiters);

		struct mutex_stats stats = stats_of(&lock);

		expect(stats.num_ops == THREADS * ROUNDS + 1, "%lu ops", stats.num_ops);
		expect(stats.num_owner_switch >= THREADS && stats.num_owner_switch <= stats.num_ops,
		       "%lu switches", stats.num_owner_switch);
		expect(stats.num_wait + stats.num_spin_acq <= stats.num_ops, "waits");
		expect(policies[p] >= 0 || stats.num_wait == 0, "a thread slept that should spin");
	}
}
END_TEST

static void *take_once(void *unused)
{
	lock_take(&lock);
	lock_drop(&lock);
	return unused;
}

START_TEST(contention_is_counted)
{
	pthread_t threads[3];
	struct mutex_stats stats;

	lock_max_spin = 0;
	lock_init(&lock, RANK_LEAF);
	stats = stats_of(&lock);
	expect(stats.num_ops == 1 && stats.num_wait == 0 && stats.num_owner_switch == 1, "fresh");

	lock_take(&lock);
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, take_once, NULL);
	while (__atomic_load_n(&lock.waiters, __ATOMIC_RELAXED) != 3)
		usleep(1000);
	usleep(30000);
	lock_drop(&lock);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);

	stats = stats_of(&lock);
	expect(stats.num_ops == 6, "%lu ops", stats.num_ops);
	expect(stats.num_wait == 3 && stats.num_spin_acq == 0, "%lu waits", stats.num_wait);
	expect(stats.max_num_thds == 3, "%u at once", stats.max_num_thds);
	expect(stats.num_owner_switch >= 4, "%lu switches", stats.num_owner_switch);
	expect(stats.max_wait_time >= 25000000, "longest wait %lu ns", stats.max_wait_time);
	expect(stats.total_wait_time >= 3 * 25000000ul &&
		       stats.total_wait_time >= stats.max_wait_time,
	       "waited %lu ns", stats.total_wait_time);

	lock_take(&lock);
	lock_stats_reset(&lock);
	lock_stats(&lock, &stats);
	lock_drop(&lock);
	expect(stats.num_ops == 0 && stats.num_wait == 0 && stats.max_num_thds == 0 &&
		       stats.total_wait_time == 0 && stats.max_wait_time == 0,
	       "counters survive their reset");
}
END_TEST

static void *try_it(void *got)
{
	*(bool *)got = lock_try(&lock);
	if (*(bool *)got)
		lock_drop(&lock);
	return NULL;
}

static bool others_can_take(void)
{
	pthread_t thread;
	bool got = false;

	pthread_create(&thread, NULL, try_it, &got);
	pthread_join(thread, NULL);
	return got;
}

START_TEST(try_does_not_wait)
{
	lock_init(&lock, RANK_LEAF);
	expect(others_can_take(), "a free lock is refused");
	expect(lock_try(&lock), "a free lock is refused");
	expect(!others_can_take(), "a taken lock is given");
	lock_drop(&lock);
	expect(others_can_take(), "a dropped lock is refused");
}
END_TEST

START_TEST(fork_finds_it_free)
{
	struct mutex_stats before, after;

	lock_init(&lock, RANK_LEAF);
	before = stats_of(&lock);
	lock_take_for_fork(&lock);
	expect(!others_can_take(), "not taken for the fork");
	lock_drop_after_fork(&lock);
	expect(others_can_take(), "not dropped after the fork");
	lock_take_for_fork(&lock);
	lock.waiters = 3; /* of threads that the child does not have */
	lock_reset_in_child(&lock);
	expect(lock_version(&lock) != 0 && lock.waiters == 0, "not free in the child");
	after = stats_of(&lock);
	expect(after.num_ops == before.num_ops + 2, "forks count as operations: %lu",
	       after.num_ops);
}
END_TEST

/* Single steps, which the processor offers; inside a sanitizer a handler must not ask. */
#if defined(__x86_64__) && !TEST_THREAD_SANITIZED

#define SINGLE_STEP 0x100u

static unsigned long steps, wrong, held; /* instructions; answers that are not so */

static void step_once(void (*answer)(void))
{
	__builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() | SINGLE_STEP);
	lock_take(&lock);
	lock_drop(&lock);
	bool got = lock_try(&lock);
	if (got)
		lock_drop(&lock);
	__builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~(uint64_t)SINGLE_STEP);
	expect(got, "a free lock is refused");
	answer();
	expect(steps > 0 && held > 0 && held < steps, "%lu steps, %lu with it", steps, held);
	expect(wrong == 0, "%lu of %lu answers are wrong", wrong, steps);
}

static void on_step(void (*handler)(int))
{
	expect(sigaction(SIGTRAP, &(struct sigaction){.sa_handler = handler}, NULL) == 0, "signal");
	steps = wrong = held = 0;
}

static void ask_in_handler(int signal)
{
	(void)signal;
	bool is_held = lock_version(&lock) == 0; /* by nobody else: there is no other thread */
	steps++;
	held += is_held;
	wrong += is_held && !lock_is_any_own();
}

static void nothing(void)
{
}

/* Between any two instructions, whoever had the lock before. */
START_TEST(a_handler_knows_of_it)
{
	pthread_t thread;

	lock_init(&lock, RANK_LEAF);
	on_step(ask_in_handler);
	step_once(nothing); /* nobody's before */
	pthread_create(&thread, NULL, take_once, NULL);
	pthread_join(thread, NULL);
	on_step(ask_in_handler);
	step_once(nothing); /* somebody else's */
	on_step(ask_in_handler);
	step_once(nothing); /* ours */
}
END_TEST

static uint32_t asked, answered; /* how often */

static void let_other_ask(int signal)
{
	(void)signal;
	uint32_t question = __atomic_add_fetch(&asked, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&answered, __ATOMIC_ACQUIRE) != question)
		;
}

static void end_questions(void)
{
	__atomic_store_n(&word, 1, __ATOMIC_RELEASE);
}

static void *step_in_thread(void *unused)
{
	step_once(end_questions);
	return unused;
}

/* What another thread is about to take, has, or is about to drop is not ours; also not where we had
 * it last. */
START_TEST(of_another_it_is_not_own)
{
	pthread_t thread;

	lock_init(&lock, RANK_LEAF);
	lock_take(&lock);
	lock_drop(&lock);
	on_step(let_other_ask);
	word = asked = answered = 0;
	pthread_create(&thread, NULL, step_in_thread, NULL);
	while (__atomic_load_n(&word, __ATOMIC_ACQUIRE) == 0) {
		uint32_t question = __atomic_load_n(&asked, __ATOMIC_ACQUIRE);
		if (question == answered) {
			sched_yield();
			continue;
		}
		steps++;
		held += lock_version(&lock) == 0;
		wrong += lock_is_any_own();
		__atomic_store_n(&answered, question, __ATOMIC_RELEASE);
	}
	pthread_join(thread, NULL);
}
END_TEST

#define SINGLE_STEP_CASES a_handler_knows_of_it, of_another_it_is_not_own,
#else
#define SINGLE_STEP_CASES
#endif

static void *sleep_there(void *unused)
{
	while (__atomic_load_n(&word, __ATOMIC_ACQUIRE) == 0)
		lock_sleep_on(&word, 0, UINT64_MAX);
	return unused;
}

START_TEST(sleeping_on_a_word)
{
	pthread_t threads[3];

	errno = 4711;
	word = 1;
	lock_sleep_on(&word, 0, UINT64_MAX); /* another value: no sleep */
	word = 0;
	lock_sleep_on(&word, 0, 1000000); /* nobody wakes us: the time ends it */
	expect(errno == 4711, "errno is %d", errno);
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, sleep_there, NULL);
	usleep(10000);
	__atomic_store_n(&word, 1, __ATOMIC_RELEASE);
	lock_wake_sleepers(&word);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

static int take_for_fork_in_order(void *ranks)
{
	static struct lock locks[3];

	lock_init(&locks[2], RANK_BOOT); /* every fork begins with it */
	lock_take_for_fork(&locks[2]);
	for (int i = 0; i < 2; i++) {
		lock_init(&locks[i], ((const enum lock_rank *)ranks)[i]);
		lock_take_for_fork(&locks[i]);
	}
	return 0;
}

static int take_in_order(void *ranks)
{
	static struct lock locks[2];

	for (int i = 0; i < 2; i++) {
		lock_init(&locks[i], ((const enum lock_rank *)ranks)[i]);
		lock_take(&locks[i]);
	}
	return 0;
}

static void expect_order_of(int (*take)(void *), enum lock_rank first, enum lock_rank second,
			    bool allowed)
{
	enum lock_rank ranks[] = {first, second};
	struct child_end end;

	child_run(take, ranks, 20, &end);
	if (allowed) {
		expect(end.signal == 0 && end.status == 0, "rank %d, then %d: %s", first, second,
		       child_describe(&end));
	} else {
		expect(end.signal == SIGABRT, "rank %d, then %d: %s", first, second,
		       child_describe(&end));
		expect(strstr(end.output, "assertion failed") != NULL, "says: %s", end.output);
	}
}

static void expect_order(enum lock_rank first, enum lock_rank second, bool allowed)
{
	expect_order_of(take_in_order, first, second, allowed);
}

/* Who forks takes what nobody else holds two of. */
static void expect_fork_order(enum lock_rank first, enum lock_rank second, bool allowed)
{
	expect_order_of(take_for_fork_in_order, first, second, allowed);
}

START_TEST(order_is_watched_at_forks)
{
	expect_fork_order(RANK_GUARD, RANK_BASE, true);
	expect_fork_order(RANK_BIN, RANK_BIN, true);
	expect_fork_order(RANK_BASE, RANK_THREADS, true); /* the next arena */
	expect_fork_order(RANK_BASE, RANK_GUARD, false);
	expect_fork_order(RANK_LEAF, RANK_ARENAS, false);
}
END_TEST

START_TEST(order_is_watched)
{
	expect_order(RANK_BIN, RANK_PAGES, true);
	expect_order(RANK_BOOT, RANK_LEAF, true);
	expect_order(RANK_PAGES, RANK_BIN, false);
	expect_order(RANK_PAGES, RANK_PAGES, false);
	expect_order(RANK_LEAF, RANK_BOOT, false);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {one_owner_at_a_time,       contention_is_counted,
				      try_does_not_wait,         fork_finds_it_free,
				      sleeping_on_a_word,        order_is_watched,
				      order_is_watched_at_forks, SINGLE_STEP_CASES NULL};

	return suite_run("lock", cases);
}
