#include "thread_record.h"

#include "arenas.h"

#define REFUSING_BINS                                                                              \
	{                                                                                          \
		[0 ... TCACHE_BINS - 1] = {.top = stop + 1, .limit = stop + 1 }                    \
	}

static void *stop[1];
struct thread thread_unattached = {.sample_at = UINT64_MAX, .cache.bins = REFUSING_BINS};
struct thread thread_bare = {.sample_at = UINT64_MAX, .cache.bins = REFUSING_BINS};

__thread struct thread *thread_self = &thread_unattached;

static struct lock records_lock = {.rank = RANK_LEAF};
static struct thread *unused_records; /* under records_lock */
static struct thread *made_records;   /* all that there are, in use or not; atomic */

struct thread *thread_record_take(void)
{
	lock_take(&records_lock);
	struct thread *record = unused_records;
	if (record != NULL)
		unused_records = record->next_unused;
	lock_drop(&records_lock);
	if (record != NULL)
		return record;
	record = base_alloc(&base_first, sizeof(*record), CACHE_LINE);
	if (record == NULL)
		return NULL;
	record->cache.thread = record;
	record->next_made = __atomic_load_n(&made_records, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&made_records, &record->next_made, record, true,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	return record;
}

void thread_record_put(struct thread *record)
{
	lock_take(&records_lock);
	record->next_unused = unused_records;
	unused_records = record;
	lock_drop(&records_lock);
}

void thread_each_cache(void (*f)(const struct tcache *, const struct arena *, void *),
		       void *argument)
{
	const struct thread *record = __atomic_load_n(&made_records, __ATOMIC_ACQUIRE);
	for (; record != NULL; record = record->next_made) {
		const struct arena *arena = __atomic_load_n(&record->cache.arena, __ATOMIC_ACQUIRE);
		if (arena != NULL)
			f(&record->cache, arena, argument);
	}
	for (unsigned i = 0; i < tcaches_count(); i++) {
		const struct tcache *cache = tcaches_get(i);
		const struct arena *arena =
			cache != NULL ? __atomic_load_n(&cache->arena, __ATOMIC_ACQUIRE) : NULL;
		if (arena != NULL)
			f(cache, arena, argument);
	}
}

void thread_record_each(void (*f)(struct thread *))
{
	for (unsigned i = 0; i < arenas_count(); i++) {
		struct arena *arena = arenas_get(i);
		if (arena == NULL)
			continue;
		lock_take(&arena->threads_lock);
		list_for_each(link, &arena->threads)
		{
			struct tcache *cache = container_of(link, struct tcache, link);
			if (cache->thread != NULL)
				f(cache->thread);
		}
		lock_drop(&arena->threads_lock);
	}
}

/* ---- fork ---- */

void thread_records_prefork(void)
{
	lock_take_for_fork(&records_lock);
}

void thread_records_postfork_parent(void)
{
	lock_drop_after_fork(&records_lock);
}

void thread_records_postfork_child(const struct thread *self)
{
	lock_reset_in_child(&records_lock);
	for (struct thread *record = made_records; record != NULL; record = record->next_made)
		if (record != self)
			record->cache.arena = NULL;
}
