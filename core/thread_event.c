#include "thread_event.h"

#include "options.h"
#include "os.h"
#include "page_due.h"
#include "spread.h"

/* A step of upkeep comes every tcache_gc_incr_bytes that a thread allocates. For one that allocates
 * fast they are doubled, up to this, until a step comes about once in a tick of the coarse clock:
 * rare enough to cost nothing, often enough that a cache that is too large does not stay so. */
#define UPKEEP_BYTES_MAX ((uint64_t)64 << 20)
/* And up to this while something is unused. A thread that allocates fast may stop doing so at any
 * time, and what is unused goes when somebody looks at the clock. */
#define UPKEEP_BYTES_UNUSED ((uint64_t)16 << 20)

static uint32_t reminders; /* atomic: how often thread_remind_all() came by */

void thread_event_set(struct thread *self)
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
	thread_event_set(self);
	return spread_next(&self->random);
}

static ALWAYS_RUN uint64_t least_upkeep_bytes(void)
{
	/* so that a thread's count never passes what it is added to */
	return options.tcache_gc_incr_bytes < INT64_MAX ? options.tcache_gc_incr_bytes : INT64_MAX;
}

ALWAYS_RUN void thread_event_begin(struct thread *self)
{
	self->upkeep_bytes = least_upkeep_bytes();
	self->upkeep_at = self->upkeep_bytes;
	self->upkeep_ns = 0;
	self->near_ns = 0;
	thread_sample(self, 0);
}

/* The bytes to the next step of a thread that needed less than a tick for those to this one. */
static uint64_t next_fast(uint64_t bytes)
{
	bool is_unused = shared_load(pages_due_ns) != UINT64_MAX;
	uint64_t most = is_unused ? UPKEEP_BYTES_UNUSED : UPKEEP_BYTES_MAX;
	uint64_t least = least_upkeep_bytes();
	if (bytes < most)
		return bytes * 2;
	return most > least ? most : least;
}

void thread_bring_upkeep_near(struct thread *self, uint64_t now_ns)
{
	self->near_ns = now_ns;
	uint64_t near = self->allocated + least_upkeep_bytes();
	if (self->upkeep_at <= near)
		return;
	self->upkeep_at = near;
	thread_event_set(self);
}

void thread_event(struct thread *self)
{
	thread_note_peak(self);
	if (self->allocated >= self->marks.allocated_at)
		marks_reached(&self->marks, self->allocated, self->deallocated);
	if (self->allocated < self->upkeep_at) {
		thread_event_set(self);
		return;
	}
	uint64_t now = os_now_ns();
	bool is_fast = now == self->upkeep_ns && options.experimental_tcache_gc;
	self->upkeep_bytes = is_fast ? next_fast(self->upkeep_bytes) : least_upkeep_bytes();
	self->upkeep_ns = now;
	self->upkeep_at = self->allocated + self->upkeep_bytes;
	thread_event_set(self);
	if (!is_fast && self->cache.is_enabled)
		tcache_collect(&self->cache);
}

void thread_set_own_mark(struct thread *self, const struct marks_own *own)
{
	marks_set_own(&self->marks, own, self->allocated, self->deallocated);
	thread_event_set(self);
}

static void remind(struct thread *thread)
{
	__atomic_store_n(&thread->event_at, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&thread->marks.freed_at, 0, __ATOMIC_SEQ_CST);
}

void thread_remind_all(void)
{
	__atomic_add_fetch(&reminders, 1, __ATOMIC_SEQ_CST);
	thread_record_each(remind);
}
