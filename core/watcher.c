#include "watcher.h"

#include "arenas.h"
#include "host.h"
#include "purger_team.h"

/* Unused pages of an arena that are worth a thread. */
#define PAGES_WORTH_A_THREAD 64

#define STACK_BYTES    ((size_t)256 << 10)
#define LEAST_SLEEP_NS ((uint64_t)500 * 1000 * 1000)

/* Between two attempts: after a doubt, which passes, and after a refusal by the system. */
#define RETRY_DOUBT_NS   ((uint64_t)10 * 1000 * 1000 * 1000)
#define RETRY_REFUSAL_NS ((uint64_t)60 * 1000 * 1000 * 1000)

static bool may_end(uint32_t ticket);

static struct purger_worker watcher = {
	.stride = 1,
	.least_sleep_ns = LEAST_SLEEP_NS,
	.stack_bytes = STACK_BYTES,
	.may_end = may_end,
	.lock = {.rank = RANK_LEAF},
};

static bool is_allowed;   /* relaxed */
static bool is_requested; /* relaxed; to be started at the next tick */
static uint32_t nthreads; /* relaxed; of the program */
static uint64_t retry_ns; /* under the purger lock: no attempt before */

/* The filters when the host had just made a thread of its own. Under the purger lock. */
static uint32_t filters_then;

void watcher_set_alarm_level(void)
{
	size_t level = PAGES_ALARM_NEVER;
	if (purger_team_is_enabled() || watcher.is_running)
		level = 0;
	else if (shared_load(is_allowed) && !shared_load(is_requested) && shared_load(nthreads) > 1)
		level = PAGES_WORTH_A_THREAD;
	shared_store(pages_alarm_above, level);
}

ALWAYS_RUN void watcher_allow(bool allowed)
{
	shared_store(is_allowed, allowed);
	if (!allowed && __atomic_load_n(&watcher.is_running, __ATOMIC_RELAXED))
		purger_worker_stop(&watcher);
}

/* Not in a thread that the C library does not know; not where a sandbox was closed since the
 * program made its own latest thread, and might kill who makes one; not in a handler of a signal,
 * which may have come while this very thread was making another, and holds locks of the C library.
 */
static bool is_host_safe(void)
{
	return host_is_library_thread() && filters_then != HOST_FILTERS_UNKNOWN &&
	       host_filters() == filters_then && !host_may_be_in_handler();
}

static void set_running(bool is_running)
{
	__atomic_store_n(&watcher.is_running, is_running, __ATOMIC_SEQ_CST);
}

/* Under the purger lock. */
static void try_to_start(uint64_t now_ns)
{
	if (!is_host_safe()) {
		retry_ns = now_ns + RETRY_DOUBT_NS;
		return;
	}
	set_running(true); /* before it is there: it may end at once */
	shared_store(is_requested, false);
	if (purger_worker_start(&watcher) != 0) {
		set_running(false);
		shared_store(is_requested, true);
		retry_ns = now_ns + RETRY_REFUSAL_NS;
	}
}

void watcher_start(uint64_t now_ns)
{
	/* Held: somebody is at it; perhaps this very thread, since making one allocates. */
	if (!lock_try(&purger_lock))
		return;
	if (!shared_load(is_allowed) || watcher.is_running || shared_load(nthreads) < 2)
		shared_store(is_requested, false);
	else if (now_ns >= retry_ns)
		try_to_start(now_ns);
	watcher_set_alarm_level();
	lock_drop(&purger_lock);
}

bool watcher_is_requested(void)
{
	return shared_load(is_requested);
}

/* Called by the watcher itself. */
static bool may_end(uint32_t ticket)
{
	lock_take(&purger_lock);
	set_running(false);
	/* An alarm changes the ticket before it looks whether there is a watcher: one of the two
	 * sees the other. */
	bool is_needed = shared_load(is_allowed) &&
			 __atomic_load_n(&watcher.ticket, __ATOMIC_SEQ_CST) != ticket;
	if (is_needed)
		set_running(true);
	watcher_set_alarm_level();
	lock_drop(&purger_lock);
	return !is_needed;
}

void watcher_alarm(void)
{
	purger_worker_wake(&watcher);
	if (__atomic_load_n(&watcher.is_running, __ATOMIC_SEQ_CST) || !shared_load(is_allowed) ||
	    shared_load(nthreads) < 2 || shared_load(is_requested))
		return;
	shared_store(is_requested, true);
	shared_store(pages_alarm_above, PAGES_ALARM_NEVER);
	pages_bring_due_forward(0);
}

ALWAYS_RUN void watcher_thread_came(void)
{
	uint32_t n = __atomic_add_fetch(&nthreads, 1, __ATOMIC_RELAXED);
	if (n < 2 || !shared_load(is_allowed))
		return;
	/* Ready already, or there. One that is requested had its doubts; but this thread was made
	 * just now, under whatever is in force now. */
	if (shared_load(pages_alarm_above) != PAGES_ALARM_NEVER || !host_is_library_thread() ||
	    !lock_try(&purger_lock))
		return;
	filters_then = host_filters();
	watcher_set_alarm_level();
	lock_drop(&purger_lock);
}

void watcher_thread_left(void)
{
	__atomic_sub_fetch(&nthreads, 1, __ATOMIC_RELAXED);
}

void watcher_each(void (*f)(struct purger_worker *, void *), void *argument)
{
	if (watcher.is_running)
		f(&watcher, argument);
}

void watcher_postfork_child(void)
{
	lock_reset_in_child(&watcher.lock);
	watcher.is_running = false;
	is_requested = false;
	retry_ns = 0;
	nthreads = 0; /* thread_postfork_child() counts the one that there is */
	watcher_set_alarm_level();
}
