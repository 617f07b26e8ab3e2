/* last_words - allocation at the ends of things: in the destructors of thread-specific data, of
 * thread_local objects, in exit handlers, in a destructor of the program, and on a thread that runs
 * on while the process exits. */
#include "child.h"
#include "expect.h"
#include "heap_under_test.h"
#include "pattern.h"
#include "suite.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEYS = 8, ROUNDS = 3 };

static pthread_key_t keys[KEYS];
static unsigned destructors_run;

struct remembered {
	unsigned key;
	unsigned rounds_left;
	unsigned char *block; /* filled with the pattern of its key */
	size_t size;
};

static struct remembered *remember(unsigned key, unsigned rounds_left)
{
	struct remembered *value = H(malloc)(sizeof *value);

	expect(value != NULL, "malloc failed");
	value->key = key;
	value->rounds_left = rounds_left;
	value->size = 20u << key;
	value->block = H(calloc)(1, value->size);
	expect(value->block != NULL && pattern_zero(value->block, value->size) == value->size,
	       "calloc(1, %zu) is not zero", value->size);
	pattern_fill(value->block, value->size, key);
	return value;
}

/* Frees what is left, and for some rounds leaves something again: the C library then calls once
 * more, after the allocator's own destructor has run. */
static void forget(void *argument)
{
	struct remembered *value = argument;

	expect(pattern_check(value->block, value->size, value->size, value->key) == value->size,
	       "contents changed before the destructor of key %u", value->key);
	if (value->rounds_left > 0)
		pthread_setspecific(keys[value->key], remember(value->key, value->rounds_left - 1));
	H(free)(value->block);
	H(free)(value);
	H(free)(H(malloc)(100000));
	__atomic_fetch_add(&destructors_run, 1, __ATOMIC_RELAXED);
}

static void *fill_keys(void *unused)
{
	unsigned i;

	for (i = 0; i < KEYS; i++)
		pthread_setspecific(keys[i], remember(i, ROUNDS - 1));
	return unused;
}

START_TEST(thread_specific_data)
{
	unsigned long count = test_scaled(100), i;
	pthread_t thread;

	for (i = 0; i < KEYS; i++)
		expect(pthread_key_create(&keys[i], forget) == 0, "no key");
	for (i = 0; i < count; i++) {
		expect(pthread_create(&thread, NULL, fill_keys, NULL) == 0, "no thread");
		pthread_join(thread, NULL);
	}
	expect(destructors_run == count * KEYS * ROUNDS, "%u destructors ran", destructors_run);
}
END_TEST

/* A thread whose very first use of the heap is in a destructor. */
static void first_use(void *unused)
{
	(void)unused;
	H(free)(memset(H(malloc)(1000), 1, 1000));
	__atomic_fetch_add(&destructors_run, 1, __ATOMIC_RELAXED);
}

static void *set_key_only(void *key)
{
	pthread_setspecific(*(pthread_key_t *)key, key);
	return NULL;
}

START_TEST(first_use_in_a_destructor)
{
	pthread_key_t key;
	pthread_t thread;
	unsigned i;

	expect(pthread_key_create(&key, first_use) == 0, "no key");
	for (i = 0; i < 50; i++) {
		expect(pthread_create(&thread, NULL, set_key_only, &key) == 0, "no thread");
		pthread_join(thread, NULL);
	}
	expect(destructors_run == 50, "%u destructors ran", destructors_run);
}
END_TEST

/* What the compiler calls for a thread_local object of C++ with a destructor. */
int __cxa_thread_atexit_impl(void (*destructor)(void *), void *object, void *dso);
extern void *__dso_handle __attribute__((visibility("hidden")));

static void *register_cxx_destructor(void *unused)
{
	H(free)(H(malloc)(50));
	expect(__cxa_thread_atexit_impl(first_use, NULL, &__dso_handle) == 0, "cannot register");
	return unused;
}

START_TEST(thread_local_objects)
{
	pthread_t thread;
	unsigned i;

	for (i = 0; i < 50; i++) {
		expect(pthread_create(&thread, NULL, register_cxx_destructor, NULL) == 0,
		       "no thread");
		pthread_join(thread, NULL);
	}
	expect(destructors_run == 50, "%u destructors ran", destructors_run);
}
END_TEST

/* -- the end of the process -------------------------------------------------------------------- */

static void *kept_to_the_end;
static bool exit_case; /* only the child of at_exit leaves a note in the destructor */

static void allocate_at_exit(void)
{
	void *more = H(malloc)(3000);

	expect(pattern_check(kept_to_the_end, 5000, 5000, 1) == 5000,
	       "contents changed before exit");
	kept_to_the_end = H(realloc)(kept_to_the_end, 9000);
	expect(pattern_check(kept_to_the_end, 5000, 5000, 1) == 5000,
	       "contents changed by realloc() at exit");
	memset(more, 1, 3000);
	H(free)(more);
	if (write(STDOUT_FILENO, "exit handler\n", 13) != 13)
		abort();
}

__attribute__((destructor)) static void allocate_in_destructor(void)
{
	if (!exit_case)
		return;
	H(free)(kept_to_the_end);
	H(free)(H(calloc)(100, 100));
	if (write(STDOUT_FILENO, "destructor\n", 11) != 11)
		abort();
}

static void *allocate_for_ever(void *unused)
{
	for (;;)
		H(free)(memset(H(malloc)(700), 1, 700));
	return unused;
}

static int exit_while_busy(void *unused)
{
	pthread_t thread;

	(void)unused;
	exit_case = true;
	kept_to_the_end = H(malloc)(5000);
	pattern_fill(kept_to_the_end, 5000, 1);
	atexit(allocate_at_exit);
	expect(pthread_create(&thread, NULL, allocate_for_ever, NULL) == 0, "no thread");
	usleep(2000);
	exit(9);
}

START_TEST(at_exit)
{
	struct child_end end;
	unsigned i;

	for (i = 0; i < 10; i++) {
		child_run(exit_while_busy, NULL, 30, &end);
		expect(!end.timed_out && end.signal == 0 && end.status == 9, "child: %s\n%s",
		       child_describe(&end), end.output);
		expect(strstr(end.output, "exit handler\ndestructor\n") != NULL,
		       "not everything ran: %s", end.output);
	}
}
END_TEST

/* The main thread ends by pthread_exit(); the process ends with its last thread. */
static atomic_bool main_has_ended;

static void note_the_end(void *unused)
{
	(void)unused;
	atomic_store(&main_has_ended, true);
}

static void *outlive_main(void *unused)
{
	(void)unused;
	while (!atomic_load(&main_has_ended))
		usleep(1000);
	usleep(10000);
	H(free)(memset(H(malloc)(50000), 1, 50000));
	if (TEST_ADDRESS_SANITIZED)
		_exit(4); /* it takes for leaks what only the main thread's stack pointed to */
	exit(4);
}

static int end_main_first(void *unused)
{
	pthread_key_t key;
	pthread_t thread;

	H(free)(H(malloc)(10));
	expect(pthread_key_create(&key, note_the_end) == 0, "no key");
	pthread_setspecific(key, &key);
	expect(pthread_create(&thread, NULL, outlive_main, NULL) == 0, "no thread");
	pthread_exit(unused);
}

START_TEST(main_thread_ends_first)
{
	struct child_end end;

	child_run(end_main_first, NULL, 30, &end);
	expect(!end.timed_out && end.signal == 0 && end.status == 4, "child: %s\n%s",
	       child_describe(&end), end.output);
}
END_TEST

int main(void)
{
	return suite_run("last_words",
			 (const TTest *[]){thread_specific_data, first_use_in_a_destructor,
					   thread_local_objects, at_exit, main_thread_ends_first,
					   NULL});
}
