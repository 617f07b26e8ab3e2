#include "purger_team.h"

#include "arenas.h"
#include "host.h"
#include "options.h"
#include "percpu.h"

#include <errno.h>

#define LEAST_SLEEP_NS ((uint64_t)100 * 1000 * 1000)

/* Written under the purger lock. Alarms read without: the last three are set before is_enabled. */
static bool is_enabled;
static size_t nworkers;               /* that the arenas are spread over */
static struct purger_worker *workers; /* room for as many as the option allows, once needed */

static APART struct host_cpus allowed; /* to who enabled the threads; constant while one is there */

bool purger_team_is_enabled(void)
{
	return __atomic_load_n(&is_enabled, __ATOMIC_ACQUIRE);
}

size_t purger_team_max(void)
{
	size_t n = shared_load(nworkers);
	return n != 0 ? n : options.max_background_threads;
}

static int start_worker(size_t index)
{
	struct purger_worker *worker = &workers[index];
	worker->first = (unsigned)index;
	worker->stride = (unsigned)nworkers;
	if (purger_worker_start(worker) != 0)
		return EAGAIN;
	shared_store(worker->is_running, true);
	return 0;
}

/* Called by the first worker after each run: starts those whose arenas have come to life. */
static bool start_others(void)
{
	/* Not waited for: it may be held by who waits for our end. */
	if (!lock_try(&purger_lock))
		return false;
	bool are_there = true;
	for (unsigned i = 0; is_enabled && i < arenas_count(); i++) {
		const struct arena *arena = arenas_get(i);
		if (arena != NULL && !workers[i % nworkers].is_running &&
		    pages_has_due(&arena->pages))
			are_there &= start_worker(i % nworkers) == 0;
	}
	lock_drop(&purger_lock);
	return are_there;
}

/* With percpu_arena a worker is where the threads are whose memory it looks after; but nowhere that
 * the process may not be (taskset), and it is not tied to the place of the worker that made it. */
static void bind_to_processors(const struct purger_worker *worker)
{
	if (!percpu_is_on())
		return;
	struct host_cpus own = {{0}};
	bool are_some = false;
	for (unsigned cpu = 0; cpu < HOST_CPUS_MAX; cpu++) {
		if (!host_cpus_has(&allowed, cpu) ||
		    percpu_index_of(cpu) % worker->stride != worker->first)
			continue;
		own.words[cpu / 64] |= (uint64_t)1 << cpu % 64;
		are_some = true;
	}
	host_bind_thread(are_some ? &own : &allowed);
}

static struct purger_worker *make_workers(size_t most)
{
	struct purger_worker *fresh = base_alloc(&base_first, most * sizeof(*fresh), CACHE_LINE);
	if (fresh == NULL)
		return NULL;
	for (size_t i = 0; i < most; i++) {
		fresh[i].least_sleep_ns = LEAST_SLEEP_NS;
		fresh[i].at_start = bind_to_processors;
		lock_init(&fresh[i].lock, RANK_LEAF);
	}
	fresh[0].after_run = start_others;
	return fresh;
}

int purger_team_start(void)
{
	if (workers == NULL)
		workers = make_workers(options.max_background_threads);
	if (workers == NULL)
		return EAGAIN;
	shared_store(nworkers, purger_team_max());
	if (percpu_is_on())
		host_cpus_of_thread(&allowed);
	/* First: what becomes unused from now on is for the thread. */
	__atomic_store_n(&is_enabled, true, __ATOMIC_RELEASE);
	int result = start_worker(0);
	if (result != 0)
		__atomic_store_n(&is_enabled, false, __ATOMIC_RELEASE);
	return result;
}

static void stop(struct purger_worker *worker, void *unused UNUSED)
{
	purger_worker_stop(worker);
}

static void join(struct purger_worker *worker, void *unused UNUSED)
{
	pthread_join(worker->thread, NULL);
	shared_store(worker->is_running, false);
}

void purger_team_stop(void)
{
	/* First: threads of the program see to it again. */
	__atomic_store_n(&is_enabled, false, __ATOMIC_RELEASE);
	purger_team_each(stop, NULL);
	purger_team_each(join, NULL);
	for (unsigned i = 0; i < arenas_count(); i++) {
		struct arena *arena = arenas_get(i);
		if (arena != NULL)
			pages_expect_nothing(&arena->pages);
	}
}

void purger_team_set_max(size_t max)
{
	shared_store(nworkers, max);
}

void purger_team_alarm(const struct pages *pages)
{
	size_t index = pages->arena % shared_load(nworkers);
	purger_worker_wake(&workers[index]);
	if (!shared_load(workers[index].is_running)) /* the first starts it */
		purger_worker_wake(&workers[0]);
}

void purger_team_each(void (*f)(struct purger_worker *, void *), void *argument)
{
	for (size_t i = 0; workers != NULL && i < nworkers; i++)
		if (workers[i].is_running)
			f(&workers[i], argument);
}

void purger_team_postfork_child(void)
{
	is_enabled = false;
	for (size_t i = 0; workers != NULL && i < nworkers; i++) {
		lock_reset_in_child(&workers[i].lock);
		workers[i].is_running = false;
	}
}
