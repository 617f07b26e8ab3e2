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

/* Bytes that a thread allocates between two steps of upkeep. For one that allocates fast they are
 * doubled until a step comes about once in a tick of the coarse clock: rare enough to cost nothing,
 * often enough that a cache that is too large does not stay so. */
#define UPKEEP_BYTES     ((uint64_t)256 << 10)
#define UPKEEP_BYTES_MAX ((uint64_t)64 << 20)

#define REFUSING_BINS                                                                              \
	{                                                                                          \
		[0 ... TCACHE_BINS - 1] = {.top = stop + 1, .limit = stop + 1 }                    \
	}

static void *stop[1];
struct thread thread_unattached = {.sample_at = UINT64_MAX, .cache.bins = REFUSING_BINS};
struct thread thread_bare = {.sample_at = UINT64_MAX, .cache.bins = REFUSING_BINS};

__thread struct thread *thread_self = &thread_unattached;

static pthread_key_t key;
static bool has_key; /* without one the ends of threads are not seen */
static struct lock records_lock = {.rank = RANK_LEAF};
static struct thread *unused_records; /* under records_lock */

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
	if (record == NULL)
		record = base_alloc(&base_first, sizeof(*record), CACHE_LINE);
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
	self->event_at = self->upkeep_at < self->sample_at ? self->upkeep_at : self->sample_at;
}

uint64_t thread_sample(struct thread *self, size_t bytes)
{
	bool is_on = options.safety != SAFETY_DEFAULT && options.safety_sample_bytes != 0;
	self->sample_at = UINT64_MAX;
	if (is_on)
		self->sample_at = self->allocated + bytes +
				  spread_distance(&self->random, options.safety_sample_bytes);
	set_event(self);
	return spread_next(&self->random);
}

static COLD struct thread *attach(void)
{
	struct thread *self = take_record();
	if (self == NULL)
		return &thread_bare;
	struct arena *arena = arenas_choose();
	self->allocated = 0;
	self->deallocated = 0;
	self->upkeep_bytes = UPKEEP_BYTES;
	self->upkeep_at = UPKEEP_BYTES;
	self->upkeep_ns = 0;
	self->random = (uintptr_t)&self;
	if (options.safety != SAFETY_DEFAULT) /* otherwise nothing is drawn that should surprise */
		self->random ^= os_now_precise_ns();
	thread_sample(self, 0);
	self->peak = 0;
	self->peak_base = 0;
	self->wants_cache = options.tcache;
	tcache_init(&self->cache, arena, self->wants_cache && tcache_may_be_used());
	thread_self = self;
	watcher_thread_came();
	/* Last, because it may allocate. A thread whose end will not be seen must not keep regions
	 * that would be lost then: it goes on without a cache. */
	if (!has_key || os_call(pthread_setspecific, ENOMEM, pthread_setspecific(key, self)) != 0) {
		self->wants_cache = false;
		tcache_set_enabled(&self->cache, false);
	}
	return self;
}

struct thread *thread_get(void)
{
	struct thread *self = thread_self;
	return likely(self != &thread_unattached) ? self : attach();
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
	thread_self = &thread_bare;
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
	uint64_t now = os_now_ns();
	bool is_fast = now == self->upkeep_ns;
	if (!is_fast)
		self->upkeep_bytes = UPKEEP_BYTES;
	else if (self->upkeep_bytes < UPKEEP_BYTES_MAX)
		self->upkeep_bytes *= 2;
	self->upkeep_ns = now;
	self->upkeep_at = self->allocated + self->upkeep_bytes;
	set_event(self);
	thread_note_peak(self);
	if (!is_fast && self->cache.is_enabled)
		tcache_collect(&self->cache);
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
	struct thread *self = thread_self;
	/* The caches of the other threads are gone with them. */
	arenas_forget_threads();
	if (thread_is_attached(self))
		tcache_rebind_in_child(&self->cache);
	if (thread_is_attached(self))
		watcher_thread_came();
	tcaches_rebind_in_child();
}
