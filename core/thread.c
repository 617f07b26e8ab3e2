#include "thread.h"

#include "options.h"
#include "os.h"
#include "os_call.h"
#include "percpu.h"
#include "purger.h"
#include "watcher.h"

#include <errno.h>
#include <pthread.h>

/* The thread's record, whatever thread_self is at the moment; thread_bare once it has ended. */
static __thread struct thread *own_record;

static bool all_are_watched; /* atomic */

static pthread_key_t key;
static bool has_key; /* without one the ends of threads are not seen */

static void on_thread_end(void *record);

void thread_boot(void)
{
	has_key = os_call(pthread_key_create, EAGAIN, pthread_key_create(&key, on_thread_end)) == 0;
}

/* ---- attach and detach ---- */

void thread_return_to(struct thread *self)
{
	/* Either this sees that all are watched, or thread_watch_all() writes after this. */
	__atomic_store_n(&thread_self, self, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&all_are_watched, __ATOMIC_SEQ_CST) && thread_is_attached(self))
		shared_store(thread_self, &thread_unattached);
}

static ALWAYS_RUN __attribute__((noinline)) struct thread *attach(void)
{
	if (lock_self & LOCK_SELF_IN_HOOK)
		return &thread_bare; /* it was one, until thread_watch_all() came by */
	if (own_record != NULL) {
		thread_return_to(own_record);
		return own_record;
	}
	struct thread *self = thread_record_take();
	if (self == NULL)
		return &thread_bare;
	struct arena *arena = arenas_choose();
	self->allocated = 0;
	self->deallocated = 0;
	self->random = (uintptr_t)&self;
	if (options.safety != SAFETY_DEFAULT) /* otherwise nothing is drawn that should surprise */
		self->random ^= os_now_precise_ns();
	self->marks = (struct thread_marks){.seen = 0};
	thread_event_begin(self);
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
	thread_record_put(self);
	/* What was given back here waits for nobody else; but no thread is made for it in a process
	 * that will have a single one. */
	watcher_thread_left();
	purger_tick();
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

/* ---- watching all ---- */

static void send_round(struct thread *thread)
{
	__atomic_store_n(thread->self, &thread_unattached, __ATOMIC_SEQ_CST);
}

void thread_watch_all(bool watch)
{
	__atomic_store_n(&all_are_watched, watch, __ATOMIC_SEQ_CST);
	/* Threads that are let go find their way back by themselves. */
	if (watch)
		thread_record_each(send_round);
}

/* ---- fork ---- */

void thread_postfork_child(void)
{
	struct thread *self = thread_if_attached();
	/* The caches of the other threads are gone with them. */
	arenas_forget_threads();
	thread_records_postfork_child(self);
	if (self != NULL) {
		tcache_rebind_in_child(&self->cache);
		watcher_thread_came();
	}
	tcaches_rebind_in_child();
}
