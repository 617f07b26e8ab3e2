#include "purger_worker.h"

#include "arenas.h"
#include "host.h"
#include "os.h"
#include "os_call.h"

#include <errno.h>
#include <signal.h>

struct lock purger_lock = {.rank = RANK_PURGER};

/* Fewer pages due are not worth a run, unless no more are unused. */
#define PAGES_WORTH_A_RUN 1024

/* How long a worker that may end waits for something to do: a new thread costs more than the wait.
 */
#define LINGER_NS ((uint64_t)1000 * 1000 * 1000)

/* Purges what is due; returns when there will be something again. */
static uint64_t look(const struct purger_worker *worker)
{
	uint64_t now = os_now_precise_ns();
	uint64_t next = UINT64_MAX;
	for (unsigned i = worker->first; i < arenas_count(); i += worker->stride) {
		struct arena *arena = arenas_get(i);
		if (arena == NULL)
			continue;
		uint64_t sparse = arena_step(arena, now);
		uint64_t time = pages_expect(&arena->pages, PAGES_WORTH_A_RUN);
		if (sparse < time)
			time = sparse;
		if (time < next)
			next = time;
	}
	return next;
}

static bool is_wanted(const struct purger_worker *worker)
{
	return __atomic_load_n(&worker->is_wanted, __ATOMIC_RELAXED) != 0;
}

static uint32_t ticket_of(const struct purger_worker *worker)
{
	return __atomic_load_n(&worker->ticket, __ATOMIC_SEQ_CST);
}

static void count_run(struct purger_worker *worker)
{
	lock_take(&worker->lock);
	worker->runs++;
	lock_drop(&worker->lock);
}

static void *run(void *argument)
{
	struct purger_worker *worker = argument;
	host_name_thread("jemalloc_bg_thd");
	if (worker->at_start != NULL)
		worker->at_start(worker);
	for (;;) {
		uint32_t seen = ticket_of(worker);
		/* Before the arenas are looked at: who raises an alarm later wakes us. */
		__atomic_store_n(&worker->is_awake, false, __ATOMIC_SEQ_CST);
		uint64_t next = look(worker);
		count_run(worker);
		if (worker->after_run != NULL && !worker->after_run())
			next = 0;

		/* However often a busy program wakes us, we run no more often than this. */
		if (is_wanted(worker))
			lock_sleep_on(&worker->is_wanted, 1, worker->least_sleep_ns);
		if (worker->may_end != NULL && (next == UINT64_MAX || !is_wanted(worker))) {
			if (is_wanted(worker))
				lock_sleep_on(&worker->ticket, seen, LINGER_NS);
			if (worker->may_end(seen))
				return NULL;
			continue;
		}
		if (!is_wanted(worker))
			return NULL;
		uint64_t now = os_now_precise_ns();
		if (next > now)
			lock_sleep_on(&worker->ticket, seen,
				      next != UINT64_MAX ? next - now : next);
	}
}

static int create(struct purger_worker *worker)
{
	pthread_attr_t attributes;
	int result = pthread_attr_init(&attributes);
	if (result != 0)
		return result;
	if (worker->may_end != NULL)
		pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (worker->stack_bytes != 0)
		pthread_attr_setstacksize(&attributes, worker->stack_bytes);
	/* The host's signals are for the host's threads. */
	sigset_t all;
	sigset_t saved;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &saved);
	result = os_call(pthread_create, EAGAIN,
			 pthread_create(&worker->thread, &attributes, run, worker));
	pthread_sigmask(SIG_SETMASK, &saved, NULL);
	pthread_attr_destroy(&attributes);
	return result;
}

int purger_worker_start(struct purger_worker *worker)
{
	if (!host_is_library_thread())
		return EAGAIN;
	int saved = errno;
	lock_take(&worker->lock);
	worker->started_ns = os_now_precise_ns();
	worker->runs = 0;
	lock_drop(&worker->lock);
	__atomic_store_n(&worker->is_wanted, 1, __ATOMIC_RELAXED);
	int result = create(worker);
	if (result != 0)
		__atomic_store_n(&worker->is_wanted, 0, __ATOMIC_RELAXED);
	errno = saved;
	return result;
}

void purger_worker_stop(struct purger_worker *worker)
{
	__atomic_store_n(&worker->is_wanted, 0, __ATOMIC_RELAXED);
	lock_wake_sleepers(&worker->is_wanted);
	__atomic_add_fetch(&worker->ticket, 1, __ATOMIC_SEQ_CST);
	lock_wake_sleepers(&worker->ticket);
}

void purger_worker_wake(struct purger_worker *worker)
{
	if (likely(__atomic_load_n(&worker->is_awake, __ATOMIC_SEQ_CST)))
		return;
	__atomic_store_n(&worker->is_awake, true, __ATOMIC_RELAXED);
	__atomic_add_fetch(&worker->ticket, 1, __ATOMIC_SEQ_CST);
	lock_wake_sleepers(&worker->ticket);
}
