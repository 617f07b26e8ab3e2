#include "purger.h"

#include "options.h"
#include "os.h"
#include "purger_team.h"
#include "watcher.h"

#include <errno.h>

static void on_alarm(const struct pages *pages)
{
	if (purger_team_is_enabled())
		purger_team_alarm(pages);
	else
		watcher_alarm();
}

static COLD void purge_due(uint64_t now)
{
	uint64_t due = shared_load(pages_due_ns);
	if (now < due || purger_team_is_enabled())
		return;
	/* Of several who come by at once, one does it; and first, so that what becomes unused while
	 * it looks is not lost (pages_note_deadline()). */
	if (!__atomic_compare_exchange_n(&pages_due_ns, &due, UINT64_MAX, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_RELAXED))
		return;
	arenas_decay(now);
	if (unlikely(watcher_is_requested()))
		watcher_start(now);
}

/* Apart from the rest of it, which comes by some times a second: it has few registers to save. */
uint64_t purger_look(void)
{
	uint64_t now = os_now_ns();
	if (unlikely(now >= shared_load(pages_due_ns)))
		purge_due(now);
	return now;
}

ALWAYS_RUN void purger_begin(void)
{
	__atomic_store_n(&pages_alarm, on_alarm, __ATOMIC_RELEASE);
	if (options.background_thread)
		purger_set_enabled(true);
	else if (!options.given[OPTION_background_thread])
		watcher_allow(true);
}

ALWAYS_RUN void purger_end(void)
{
	watcher_allow(false);
}

/* ---- background_thread ---- */

bool purger_enabled(void)
{
	return purger_team_is_enabled();
}

int purger_set_enabled(bool enable)
{
	int result = 0;
	lock_take(&purger_lock);
	watcher_allow(false); /* somebody decides */
	__atomic_store_n(&pages_alarm, on_alarm, __ATOMIC_RELEASE);
	if (enable && !purger_team_is_enabled())
		result = purger_team_start();
	else if (!enable && purger_team_is_enabled())
		purger_team_stop();
	watcher_set_alarm_level();
	lock_drop(&purger_lock);
	return result;
}

size_t purger_max(void)
{
	return purger_team_max();
}

int purger_set_max(size_t max)
{
	if (max == 0 || max > options.max_background_threads)
		return EINVAL;
	int result = 0;
	lock_take(&purger_lock);
	bool was_enabled = purger_team_is_enabled();
	if (was_enabled)
		purger_team_stop();
	purger_team_set_max(max);
	if (was_enabled)
		result = purger_team_start();
	watcher_set_alarm_level();
	lock_drop(&purger_lock);
	return result;
}

/* ---- statistics ---- */

static void each_thread(void (*f)(struct purger_worker *, void *), void *argument)
{
	purger_team_each(f, argument);
	watcher_each(f, argument);
}

static void add_stats(struct purger_worker *worker, void *argument)
{
	struct purger_stats *to = argument;
	lock_take(&worker->lock);
	to->threads++;
	to->runs += worker->runs;
	to->interval_ns += os_now_precise_ns() - worker->started_ns;
	lock_drop(&worker->lock);
}

void purger_stats(struct purger_stats *to)
{
	*to = (struct purger_stats){.threads = 0};
	lock_take(&purger_lock);
	each_thread(add_stats, to);
	lock_drop(&purger_lock);
	to->interval_ns = to->runs != 0 ? to->interval_ns / to->runs : 0;
}

static void add_lock(struct purger_worker *worker, void *argument)
{
	struct mutex_stats one;
	lock_take(&worker->lock);
	lock_stats(&worker->lock, &one);
	lock_drop(&worker->lock);
	lock_stats_most(argument, &one);
}

static void reset_lock(struct purger_worker *worker, void *argument UNUSED)
{
	lock_take(&worker->lock);
	lock_stats_reset(&worker->lock);
	lock_drop(&worker->lock);
}

void purger_lock_stats(struct mutex_stats *to, struct mutex_stats *most)
{
	*most = (struct mutex_stats){.num_ops = 0};
	lock_take(&purger_lock);
	lock_stats(&purger_lock, to);
	each_thread(add_lock, most);
	lock_drop(&purger_lock);
}

void purger_reset_lock_stats(void)
{
	lock_take(&purger_lock);
	lock_stats_reset(&purger_lock);
	each_thread(reset_lock, NULL);
	lock_drop(&purger_lock);
}

/* ---- fork ---- */

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
	purger_team_postfork_child();
	watcher_postfork_child();
	pages_due_ns = 0; /* another thread may have been looking */
}
