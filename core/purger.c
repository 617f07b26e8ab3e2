#include "purger.h"

#include "arenas.h"
#include "lock.h"
#include "options.h"
#include "os.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

#define MAX_LIMIT 4096

/* Between two runs; deadlines closer together than this are met in one. */
#define LEAST_SLEEP_NS ((uint64_t)100 * 1000 * 1000)

static struct lock purger_lock = {.rank = RANK_PURGER};

/* Under the lock. */
static bool enabled;
static bool is_running; /* there is a thread to join */
static size_t max_threads;
static pthread_t thread;

static uint32_t wanted;       /* relaxed; the thread ends when it is 0 */
static uint32_t ticket;       /* changes when the thread shall look again; it sleeps on it */
static uint64_t sleeps_until; /* relaxed; UINT64_MAX: nothing was unused when it went to sleep */
static uint64_t runs;         /* relaxed */
static uint64_t started_ns;

static void wake(uint64_t deadline_ns)
{
	uint64_t until = __atomic_load_n(&sleeps_until, __ATOMIC_RELAXED);
	/* Half a run too late is early enough. */
	if (likely(until < LEAST_SLEEP_NS || deadline_ns >= until - LEAST_SLEEP_NS / 2))
		return;
	__atomic_store_n(&sleeps_until, 0, __ATOMIC_RELAXED);
	__atomic_add_fetch(&ticket, 1, __ATOMIC_RELEASE);
	lock_wake_sleepers(&ticket);
}

/* Purges what is due everywhere; returns when there will be something again. */
static uint64_t look_at_arenas(uint64_t now_ns)
{
	uint64_t next = UINT64_MAX;
	for (unsigned i = 0; i < arenas_count(); i++) {
		struct arena *arena = arenas_get(i);
		if (arena == NULL)
			continue;
		pages_decay(&arena->pages, now_ns);
		uint64_t deadline = pages_deadline(&arena->pages);
		if (deadline < next)
			next = deadline;
	}
	return next;
}

static void *run(void *unused UNUSED)
{
	while (__atomic_load_n(&wanted, __ATOMIC_RELAXED) != 0) {
		uint32_t seen = __atomic_load_n(&ticket, __ATOMIC_ACQUIRE);
		/* Set before the arenas are looked at: who makes pages unused later wakes us. */
		__atomic_store_n(&sleeps_until, UINT64_MAX, __ATOMIC_SEQ_CST);
		uint64_t next = look_at_arenas(os_now_precise_ns());
		__atomic_add_fetch(&runs, 1, __ATOMIC_RELAXED);
		if (next != UINT64_MAX)
			__atomic_store_n(&sleeps_until, next, __ATOMIC_RELAXED);

		/* However often a busy program wakes us, we run no more often than this. */
		lock_sleep_on(&wanted, 1, LEAST_SLEEP_NS);
		uint64_t now = os_now_precise_ns();
		if (next > now)
			lock_sleep_on(&ticket, seen, next != UINT64_MAX ? next - now : next);
	}
	return NULL;
}

/* The host's signals are for the host's threads. */
static int create_thread(void)
{
	sigset_t all;
	sigset_t saved;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &saved);
	int result = pthread_create(&thread, NULL, run, NULL);
	pthread_sigmask(SIG_SETMASK, &saved, NULL);
	if (result == 0)
		pthread_setname_np(thread, "moonheap_bg_thd");
	return result;
}

bool purger_enabled(void)
{
	return __atomic_load_n(&wanted, __ATOMIC_RELAXED) != 0;
}

int purger_set_enabled(bool enable)
{
	int result = 0;
	lock_take(&purger_lock);
	if (enable == enabled)
		goto unlock;
	/* Creating and joining a thread allocates: in this thread, whose locks come later. */
	__atomic_store_n(&wanted, enable ? 1 : 0, __ATOMIC_RELAXED);
	if (enable) {
		started_ns = os_now_precise_ns();
		__atomic_store_n(&runs, 0, __ATOMIC_RELAXED);
		/* First: pages that become unused from now on are the thread's business. */
		pages_leave_to_purger(wake);
		if (create_thread() != 0) {
			pages_leave_to_purger(NULL);
			__atomic_store_n(&wanted, 0, __ATOMIC_RELAXED);
			result = EAGAIN;
			goto unlock;
		}
		is_running = true;
	} else {
		pages_leave_to_purger(NULL);
		lock_wake_sleepers(&wanted);
		__atomic_add_fetch(&ticket, 1, __ATOMIC_RELEASE);
		lock_wake_sleepers(&ticket);
		if (is_running)
			pthread_join(thread, NULL);
		is_running = false;
	}
	enabled = enable;
unlock:
	lock_drop(&purger_lock);
	return result;
}

size_t purger_max(void)
{
	lock_take(&purger_lock);
	size_t max = max_threads != 0 ? max_threads : options.max_background_threads;
	lock_drop(&purger_lock);
	return max;
}

int purger_set_max(size_t max)
{
	if (max == 0 || max > MAX_LIMIT)
		return EINVAL;
	lock_take(&purger_lock);
	max_threads = max;
	lock_drop(&purger_lock);
	return 0;
}

void purger_stats(struct purger_stats *to)
{
	lock_take(&purger_lock);
	to->threads = is_running ? 1 : 0;
	to->runs = shared_load(runs);
	uint64_t time = is_running ? os_now_precise_ns() - started_ns : 0;
	to->interval_ns = to->runs != 0 ? time / to->runs : 0;
	lock_drop(&purger_lock);
}

void purger_lock_stats(struct mutex_stats *to)
{
	lock_take(&purger_lock);
	lock_stats(&purger_lock, to);
	lock_drop(&purger_lock);
}

void purger_reset_lock_stats(void)
{
	lock_take(&purger_lock);
	lock_stats_reset(&purger_lock);
	lock_drop(&purger_lock);
}

void purger_prefork(void)
{
	lock_take_for_fork(&purger_lock);
}

void purger_postfork_parent(void)
{
	lock_drop_after_fork(&purger_lock);
}

void purger_postfork_child(void)
{
	lock_reset_in_child(&purger_lock);
	pages_leave_to_purger(NULL);
	enabled = false;
	is_running = false;
	wanted = 0;
	sleeps_until = 0;
}
