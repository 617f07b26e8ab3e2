#include "thread.h"

#include "options.h"
#include "os.h"
#include "percpu.h"
#include "os_call.h"
#include "purger.h"
#include "spread.h"
#include "watcher.h"

#include <errno.h>
#include <pthread.h>

/* A step of upkeep comes every tcache_gc_incr_bytes that a thread allocates. For one that allocates
 * fast they are doubled, up to this, until a step comes about once in a tick of the coarse clock:
 * rare enough to cost nothing, often enough that a cache that is too large does not stay so. */
#define UPKEEP_BYTES_MAX ((uint64_t)64 << 20)

#define REFUSING_BINS                                                                              \
	{                                                                                          \
		[0 ... TCACHE_BINS - 1] = {.top = stop + 1, .limit = stop + 1 }                    \
	}

static void *stop[1];
struct thread thread_unattached = {.sample_at = UINT64_MAX, .cache.bins = REFUSING_BINS};
struct thread thread_bare = {.sample_at = UINT64_MAX, .cache.bins = REFUSING_BINS};

__thread struct thread *thread_self = &thread_unattached;
/* The thread's record, whatever thread_self is at the moment; thread_bare once it has ended. */
static __thread struct thread *own_record;

static bool all_are_watched; /* atomic */
static uint32_t reminders;   /* atomic: how often thread_remind_all() came by */

static pthread_key_t key;
static bool has_key; /* without one the ends of threads are not seen */
static struct lock records_lock = {.rank = RANK_LEAF};
static struct thread *unused_records; /* under records_lock */
static struct thread *made_records;   /* all that there are, in use or not; atomic */

static void on_thread_end(void *record);

void thread_boot(void)
{
	has_key = os_call(pthread_key_create, EAGAIN, pthread_key_create(&key, on_thread_end)) == 0;
}

/* ---- attach and detach ---- */

static struct thread *take_record(void)
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

static void put_record(struct thread *record)
{
	lock_take(&records_lock);
	record->next_unused = unused_records;
	unused_records = record;
	lock_drop(&records_lock);
}

static void set_event(struct thread *self)
{
	uint32_t seen;
	do {
		seen = __atomic_load_n(&reminders, __ATOMIC_ACQUIRE);
		marks_update(&self->marks, self->allocated, self->deallocated);
		uint64_t at = self->upkeep_at < self->sample_at ? self->upkeep_at : self->sample_at;
		if (self->marks.allocated_at < at)
			at = self->marks.allocated_at;
		/* Either this sees the reminder, or the reminder's 0 comes after this. */
		__atomic_store_n(&self->event_at, at, __ATOMIC_SEQ_CST);
	} while (seen != __atomic_load_n(&reminders, __ATOMIC_SEQ_CST));
}

ALWAYS_RUN uint64_t thread_sample(struct thread *self, size_t bytes)
{
	bool is_on = options.safety != SAFETY_DEFAULT && options.safety_sample_bytes != 0;
	self->sample_at = UINT64_MAX;
	if (is_on)
		self->sample_at = self->allocated + bytes +
				  spread_distance(&self->random, options.safety_sample_bytes);
	set_event(self);
	return spread_next(&self->random);
}

void thread_return_to(struct thread *self)
{
	/* Either this sees that all are watched, or thread_watch_all() writes after this. */
	__atomic_store_n(&thread_self, self, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&all_are_watched, __ATOMIC_SEQ_CST) && thread_is_attached(self))
		shared_store(thread_self, &thread_unattached);
}

static ALWAYS_RUN uint64_t least_upkeep_bytes(void)
{
	/* so that a thread's count never passes what it is added to */
	return options.tcache_gc_incr_bytes < INT64_MAX ? options.tcache_gc_incr_bytes : INT64_MAX;
}

static ALWAYS_RUN __attribute__((noinline)) struct thread *attach(void)
{
	if (lock_self & LOCK_SELF_IN_HOOK)
		return &thread_bare; /* it was one, until thread_watch_all() came by */
	if (own_record != NULL) {
		thread_return_to(own_record);
		return own_record;
	}
	struct thread *self = take_record();
	if (self == NULL)
		return &thread_bare;
	struct arena *arena = arenas_choose();
	self->allocated = 0;
	self->deallocated = 0;
	self->upkeep_bytes = least_upkeep_bytes();
	self->upkeep_at = self->upkeep_bytes;
	self->upkeep_ns = 0;
	self->random = (uintptr_t)&self;
	if (options.safety != SAFETY_DEFAULT) /* otherwise nothing is drawn that should surprise */
		self->random ^= os_now_precise_ns();
	self->marks = (struct thread_marks){.seen = 0};
	thread_sample(self, 0);
	self->peak = 0;
	self->peak_base = 0;
	self->wants_cache = options.tcache;
	self->self = &thread_self;
	own_record = self;
	tcache_init(&self->cache, arena, self->wants_cache && tcache_may_be_used());
	thread_return_to(self);
	watcher_thread_came();
	/* Last, because it may allocate. A thread whose end will not be seen must not keep regions
	 * that would be lost then: it goes on without a cache. */
	int saved = errno;
	if (!has_key || os_call(pthread_setspecific, ENOMEM, pthread_setspecific(key, self)) != 0) {
		self->wants_cache = false;
		tcache_set_enabled(&self->cache, false);
	}
	errno = saved;
	return self;
}

struct thread *thread_get(void)
{
	struct thread *self = shared_read(thread_self);
	return likely(self != &thread_unattached) ? self : attach();
}

ALWAYS_RUN struct thread *thread_if_attached(void)
{
	return own_record != NULL && thread_is_attached(own_record) ? own_record : NULL;
}

static void unbind(struct arena *arena)
{
	__atomic_sub_fetch(&arena->nthreads, 1, __ATOMIC_RELAXED);
}

static void on_thread_end(void *record)
{
	struct thread *self = record;
	struct arena *arena = self->cache.arena;
	/* Destructors that run after this one may allocate and free; they do it without a record.
	 */
	own_record = &thread_bare;
	shared_store(thread_self, &thread_bare);
	tcache_fini(&self->cache);
	/* Last: an arena that nobody is bound to may be destroyed. */
	unbind(arena);
	put_record(self);
	/* What was given back here waits for nobody else; but no thread is made for it in a process
	 * that will have a single one. */
	watcher_thread_left();
	purger_tick();
}

/* ---- upkeep ---- */

void thread_event(struct thread *self)
{
	thread_note_peak(self);
	if (self->allocated >= self->marks.allocated_at)
		marks_reached(&self->marks, self->allocated, self->deallocated);
	if (self->allocated < self->upkeep_at) {
		set_event(self);
		return;
	}
	uint64_t now = os_now_ns();
	bool is_fast = now == self->upkeep_ns && options.experimental_tcache_gc;
	if (!is_fast)
		self->upkeep_bytes = least_upkeep_bytes();
	else if (self->upkeep_bytes < UPKEEP_BYTES_MAX)
		self->upkeep_bytes *= 2;
	self->upkeep_ns = now;
	self->upkeep_at = self->allocated + self->upkeep_bytes;
	set_event(self);
	if (!is_fast && self->cache.is_enabled)
		tcache_collect(&self->cache);
}

void thread_set_own_mark(struct thread *self, const struct marks_own *own)
{
	marks_set_own(&self->marks, own, self->allocated, self->deallocated);
	set_event(self);
}

/* ---- control ---- */

struct arena *thread_arena(struct thread *self)
{
	return thread_is_attached(self) ? self->cache.arena : arenas_get(0);
}

int thread_set_arena(struct thread *self, struct arena *arena)
{
	struct arena *old = self->cache.arena;
	__atomic_add_fetch(&arena->nthreads, 1, __ATOMIC_RELAXED);
	tcache_set_arena(&self->cache, arena);
	unbind(old);
	return 0;
}

void thread_follow_cpu(struct thread *self)
{
	if (!thread_is_attached(self) || self->cache.arena->is_manual)
		return;
	unsigned index = percpu_index();
	if (index == self->cache.arena->index)
		return;
	struct arena *arena = arenas_get_or_start(index);
	if (arena != NULL)
		thread_set_arena(self, arena);
}

bool thread_cache_enabled(const struct thread *self)
{
	return self->wants_cache;
}

void thread_cache_set_enabled(struct thread *self, bool enabled)
{
	if (!thread_is_attached(self))
		return;
	self->wants_cache = enabled;
	tcache_set_enabled(&self->cache, enabled && tcache_may_be_used());
}

size_t thread_cache_max(const struct thread *self)
{
	return size_class_sizes[self->cache.ncached - 1];
}

void thread_cache_set_max(struct thread *self, size_t size)
{
	tcache_set_max(&self->cache, size);
}

void thread_cache_flush(struct thread *self)
{
	if (thread_is_attached(self))
		tcache_flush(&self->cache);
}

void thread_idle(struct thread *self)
{
	thread_cache_flush(self);
}

uint64_t thread_peak(struct thread *self)
{
	thread_note_peak(self);
	return self->peak;
}

void thread_peak_reset(struct thread *self)
{
	self->peak_base = self->allocated - self->deallocated;
	self->peak = 0;
}

/* ---- all threads ---- */

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

/* Calls f for every thread that has a record; none of them ends meanwhile. */
static void each_thread(void (*f)(struct thread *))
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

static void send_round(struct thread *thread)
{
	__atomic_store_n(thread->self, &thread_unattached, __ATOMIC_SEQ_CST);
}

void thread_watch_all(bool watch)
{
	__atomic_store_n(&all_are_watched, watch, __ATOMIC_SEQ_CST);
	/* Threads that are let go find their way back by themselves. */
	if (watch)
		each_thread(send_round);
}

static void remind(struct thread *thread)
{
	__atomic_store_n(&thread->event_at, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&thread->marks.freed_at, 0, __ATOMIC_SEQ_CST);
}

void thread_remind_all(void)
{
	__atomic_add_fetch(&reminders, 1, __ATOMIC_SEQ_CST);
	each_thread(remind);
}

/* ---- fork ---- */

void thread_prefork(void)
{
	lock_take_for_fork(&records_lock);
}

void thread_postfork_parent(void)
{
	lock_drop_after_fork(&records_lock);
}

void thread_postfork_child(void)
{
	lock_reset_in_child(&records_lock);
	struct thread *self = thread_if_attached();
	/* The caches of the other threads are gone with them. */
	arenas_forget_threads();
	for (struct thread *record = made_records; record != NULL; record = record->next_made)
		if (record != self)
			record->cache.arena = NULL;
	if (self != NULL) {
		tcache_rebind_in_child(&self->cache);
		watcher_thread_came();
	}
	tcaches_rebind_in_child();
}
