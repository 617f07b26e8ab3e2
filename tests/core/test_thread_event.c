/* test_thread_event.c - what comes round by bytes, and how often. */
#include "thread.h"

#include <pthread.h>
#include "expect.h"
#include "heap_under_test.h"
#include "options.h"
#include "os.h"
#include "page_due.h"
#include "suite.h"

static void in_a_thread(void *(*body)(void *), void *argument)
{
	pthread_t thread;

	expect(pthread_create(&thread, NULL, body, argument) == 0, "thread");
	pthread_join(thread, NULL);
}

/* Steps of upkeep while a thread allocates so many bytes. */
static void *count_steps(void *steps)
{
	H(free)(H(malloc)(1));
	struct thread *self = thread_get();
	unsigned at = self->cache.upkeep_next;
	for (unsigned i = 0; i < 4000; i++) {
		H(free)(H(malloc)(1000));
		if (self->cache.upkeep_next != at)
			++*(unsigned *)steps;
		at = self->cache.upkeep_next;
	}
	return NULL;
}

START_TEST(upkeep_comes_as_often_as_the_options_say)
{
	unsigned by_bytes = 0, by_clock = 0, rarely = 0;
	thread_get();
	options.tcache_gc_incr_bytes = 4096;
	options.experimental_tcache_gc = false;
	in_a_thread(count_steps, &by_bytes);
	expect(by_bytes >= 900 && by_bytes <= 1025, "%u steps in 1000 times 4 KiB", by_bytes);
	options.experimental_tcache_gc = true;
	in_a_thread(count_steps, &by_clock);
	expect(by_clock < by_bytes / 2, "%u steps in a few ms", by_clock);
	options.tcache_gc_incr_bytes = 1 << 20;
	options.experimental_tcache_gc = false;
	in_a_thread(count_steps, &rarely);
	expect(rarely >= 3 && rarely <= 4, "%u steps in 4 MB", rarely);
}
END_TEST

/* The next thing that is due stands in event_at, and a reminder is seen at the next allocation. */
START_TEST(what_is_due_first_comes_first)
{
	struct thread *self = thread_get();
	self->upkeep_at = self->allocated + 5000;
	self->sample_at = self->allocated + 3000;
	thread_event_set(self);
	expect(self->event_at == self->sample_at, "%lu, not %lu", self->event_at, self->sample_at);
	self->sample_at = UINT64_MAX;
	thread_event_set(self);
	expect(self->event_at == self->upkeep_at, "%lu, not %lu", self->event_at, self->upkeep_at);
	thread_remind_all();
	expect(self->event_at == 0 && self->marks.freed_at == 0, "not reminded");
	H(free)(H(malloc)(1));
	expect(self->event_at == self->upkeep_at, "%lu, not %lu after a reminder", self->event_at,
	       self->upkeep_at);
}
END_TEST

/* How far the next step is from one that came within a tick of the last. */
static uint64_t bytes_after_a_fast_step(struct thread *self, uint64_t bytes, bool is_unused)
{
	do {
		pages_due_ns = is_unused ? UINT64_MAX - 1 : UINT64_MAX;
		self->upkeep_bytes = bytes;
		self->upkeep_at = self->allocated;
		self->upkeep_ns = os_now_ns();
		thread_event(self);
	} while (self->upkeep_bytes == options.tcache_gc_incr_bytes); /* the clock moved */
	expect(self->upkeep_at == self->allocated + self->upkeep_bytes, "%lu",
	       self->upkeep_at - self->allocated);
	return self->upkeep_bytes;
}

/* A thread that finds everything in its cache looks at the clock at no other time. */
START_TEST(steps_are_rarest_where_nothing_is_unused)
{
	struct thread *self = thread_get();
	uint64_t far = 0, near = 0;
	for (unsigned i = 0; i < 20; i++) {
		uint64_t bytes = (uint64_t)options.tcache_gc_incr_bytes << i;
		far = bytes_after_a_fast_step(self, bytes, false);
		near = bytes_after_a_fast_step(self, bytes, true);
		expect(near <= far && (i > 3 || near == 2 * bytes), "%lu and %lu", near, far);
	}
	expect(far == 64 << 20 && near == 16 << 20, "%lu and %lu", near, far);
}
END_TEST

START_TEST(upkeep_comes_near_where_something_becomes_unused)
{
	struct thread *self = thread_get();
	uint64_t far = self->allocated + (1 << 30);
	uint64_t near = self->allocated + options.tcache_gc_incr_bytes;

	self->upkeep_at = far;
	thread_note_unused(self, 1);
	expect(self->upkeep_at == near && self->event_at == near, "%lu", self->upkeep_at);
	self->upkeep_at = far;
	thread_note_unused(self, 1);
	expect(self->upkeep_at == far, "twice in a tick");
	self->upkeep_at = near - 1;
	thread_note_unused(self, 2);
	expect(self->upkeep_at == near - 1, "nearer than it was");

	void *large = H(malloc)(1 << 20);
	self->upkeep_at = self->allocated + (1 << 30);
	self->near_ns = 0;
	H(free)(large);
	expect(self->event_at == self->allocated + options.tcache_gc_incr_bytes, "in %lu bytes",
	       self->event_at - self->allocated);
}
END_TEST

START_TEST(the_peak_is_noted)
{
	struct thread *self = thread_get();
	self->peak = 0;
	self->peak_base = self->allocated - self->deallocated - 700;
	thread_note_peak(self);
	expect(self->peak == 700, "%lu", self->peak);
	self->peak_base += 300;
	thread_note_peak(self);
	expect(self->peak == 700, "%lu after less", self->peak);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {upkeep_comes_as_often_as_the_options_say,
				      what_is_due_first_comes_first,
				      steps_are_rarest_where_nothing_is_unused,
				      upkeep_comes_near_where_something_becomes_unused,
				      the_peak_is_noted,
				      NULL};

	return suite_run("thread_event", cases);
}
