/* test_thread_marks.c - functions that are called when a thread has allocated or freed so many
 * bytes. */
#include "thread_marks.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include "ctl_read.h"
#include "moonheap/moonheap.h"
#include "suite.h"
#include "thread.h"

#define EVENT    "experimental.hooks.thread_event"
#define ACTIVITY "experimental.thread.activity_callback"

static uint64_t calls_alloc, calls_free, latest; /* atomic */

static void on_bytes(bool is_alloc, uint64_t allocated, uint64_t deallocated)
{
	__atomic_add_fetch(is_alloc ? &calls_alloc : &calls_free, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&latest, is_alloc ? allocated : deallocated, __ATOMIC_RELAXED);
	mh_free(mh_malloc(50000)); /* counts, and calls nothing */
	errno = 77;
}

static void on_alloc(bool is_alloc, uint64_t allocated, uint64_t deallocated)
{
	(void)allocated, (void)deallocated;
	expect(is_alloc, "called for what was freed");
	__atomic_add_fetch(&calls_alloc, 1, __ATOMIC_RELAXED);
}

static int add(void (*call)(bool, uint64_t, uint64_t), uint64_t interval, bool is_alloc_only)
{
	const struct marks_shared shared = {call, interval, is_alloc_only};
	return ctl_by_name(EVENT, NULL, NULL, &shared, sizeof(shared));
}

START_TEST(bytes_allocated_by_the_byte)
{
	mh_free(mh_malloc(1));
	ctl_expect(add(on_alloc, 10000, true), 0, EVENT);
	uint64_t base = thread_get()->allocated;
	for (unsigned i = 1; i <= 2000; i++) {
		void *p = mh_malloc(100);
		/* the first allocation after it was added is where it begins */
		uint64_t due = (thread_get()->allocated - base - 112) / 10000;
		expect(calls_alloc == due, "%lu calls at %lu bytes", calls_alloc,
		       thread_get()->allocated - base);
		mh_free(p);
	}
	expect(calls_alloc == 22, "%lu calls", calls_alloc);
	mh_free(mh_malloc(1 << 20)); /* several intervals at once are one call */
	expect(calls_alloc == 23, "%lu calls", calls_alloc);
}
END_TEST

START_TEST(bytes_freed_too)
{
	static void *objects[4000];
	ctl_expect(add(on_bytes, 200000, false), 0, EVENT);
	for (unsigned i = 0; i < 4000; i++)
		objects[i] = mh_malloc(500);
	uint64_t calls = calls_alloc;
	expect(calls >= 10 && calls <= 18, "%lu calls for 2 MB", calls);
	calls_free = 0;
	for (unsigned i = 0; i < 4000; i++)
		mh_free(objects[i]);
	expect(calls_free >= 8 && calls_free <= 18, "%lu calls for 2 MB freed", calls_free);
	expect(latest > 1 << 20, "%lu bytes", latest);
	errno = 55;
	for (unsigned i = 0; i < 1000; i++)
		mh_free(mh_malloc(1000));
	expect(errno == 55, "errno changed to %d", errno);
}
END_TEST

static pthread_barrier_t barrier;

static void *allocate(void *unused)
{
	mh_free(mh_malloc(1));
	thread_get()->upkeep_at = UINT64_MAX; /* nothing else makes it look */
	thread_get()->event_at = UINT64_MAX;
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	for (unsigned i = 0; i < 1000; i++)
		mh_free(mh_malloc(1000));
	return unused;
}

START_TEST(threads_that_run_are_reminded)
{
	pthread_t thread;
	pthread_barrier_init(&barrier, NULL, 2);
	expect(pthread_create(&thread, NULL, allocate, NULL) == 0, "thread");
	pthread_barrier_wait(&barrier);
	ctl_expect(add(on_alloc, 100000, true), 0, EVENT);
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
	expect(calls_alloc >= 9, "%lu calls in the other thread", calls_alloc);
}
END_TEST

START_TEST(wrong_marks)
{
	const struct marks_shared shared = {on_alloc, 1, true};
	size_t length = 8;
	ctl_expect(add(NULL, 1, true), EINVAL, "no function");
	ctl_expect(add(on_alloc, 0, true), EINVAL, "no interval");
	ctl_expect(ctl_by_name(EVENT, NULL, NULL, &shared, 16), EINVAL, "half");
	ctl_expect(ctl_do(EVENT), EINVAL, "nothing");
	ctl_expect(ctl_by_name(EVENT, &length, &length, NULL, 0), EPERM, "read");
	for (unsigned i = 1; i <= MARKS_PROGRAM; i++)
		ctl_expect(add(on_alloc, (uint64_t)i << 40, true), 0, "a slot");
	ctl_expect(add(on_alloc, (uint64_t)1 << 40, true), 0, "the same again");
	ctl_expect(add(on_alloc, (uint64_t)9 << 40, true), EINVAL, "one too many");
}
END_TEST

static void activity(void *argument, uint64_t allocated, uint64_t deallocated)
{
	expect(allocated >= deallocated, "%lu freed of %lu", deallocated, allocated);
	++*(unsigned *)argument;
}

static void *allocate_one_mib(void *unused)
{
	for (unsigned i = 0; i < 1024; i++)
		mh_free(mh_malloc(1024));
	return unused;
}

START_TEST(activity_of_one_thread)
{
	unsigned calls = 0;
	pthread_t thread;
	struct marks_own own = {activity, &calls}, old = {NULL, &calls};
	size_t length = sizeof(old);
	ctl_expect(ctl_by_name(ACTIVITY, &old, &length, &own, sizeof(own)), 0, ACTIVITY);
	expect(old.call == NULL && old.argument == NULL, "there was one");
	allocate_one_mib(NULL);
	expect(calls >= 15 && calls <= 33, "%u calls in a MiB", calls);
	calls = 0;
	expect(pthread_create(&thread, NULL, allocate_one_mib, NULL) == 0, "thread");
	pthread_join(thread, NULL);
	expect(calls <= 1, "%u calls for another thread", calls);

	length = 8;
	ctl_expect(ctl_by_name(ACTIVITY, &old, &length, NULL, 0), EINVAL, "short");
	expect(length == 8 && old.call == activity, "what fits is copied");
	length = 32;
	ctl_expect(ctl_by_name(ACTIVITY, &old, &length, NULL, 0), EINVAL, "long");
	expect(length == 16 && old.argument == &calls, "length %zu", length);
	ctl_expect(ctl_by_name(ACTIVITY, NULL, NULL, &own, 8), EINVAL, "half");
	own.call = NULL;
	ctl_expect(ctl_by_name(ACTIVITY, NULL, NULL, &own, sizeof(own)), 0, "none any more");
	calls = 0;
	allocate_one_mib(NULL);
	expect(calls == 0, "%u calls after the end", calls);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {bytes_allocated_by_the_byte,   bytes_freed_too,
				      threads_that_run_are_reminded, wrong_marks,
				      activity_of_one_thread,        NULL};
	return suite_run("thread_marks", cases);
}
