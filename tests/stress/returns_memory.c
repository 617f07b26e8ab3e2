/* returns_memory - freed memory goes back to the system: on request, by itself after the decay
 * time, when its thread ends, whether it was many small objects or few large ones. Measured as the
 * kernel counts it, with generous limits; nothing here depends on how fast the machine is, only
 * that it gets there. */
#include "expect.h"
#include "heap_under_test.h"
#include "resident.h"
#include "suite.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	TOTAL = 128 << 20, /* used at once by each case */
	SLACK = 24 << 20,  /* what may stay of it */
	PATIENCE_SECONDS = 20
};

static void **objects; /* in memory apart from the heap: TOTAL / 64 at most */

static void *slots(void)
{
	static void *table[TOTAL / 64];

	return table;
}

static size_t allocate(size_t size)
{
	size_t count = TOTAL / size, i;

	objects = slots();
	for (i = 0; i < count; i++) {
		objects[i] = H(malloc)(size);
		expect(objects[i] != NULL, "malloc(%zu) failed", size);
		memset(objects[i], 1, size);
	}
	return count;
}

static void release(size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		H(free)(objects[i]);
}

static void purge_all(void)
{
	char name[64];

	heap_call("thread.tcache.flush");
	snprintf(name, sizeof name, "arena.%d.purge", MALLCTL_ARENAS_ALL);
	heap_call(name);
}

static void expect_returned(size_t before, const char *what)
{
	expect(resident_bytes() < before + SLACK, "%s: %zu bytes resident before, %zu after", what,
	       before, resident_bytes());
}

START_TEST(purge_returns_it_at_once)
{
	static const size_t sizes[] = {64, 200, 1000, 4096, 14336, 40000, 1 << 20, 32 << 20};
	size_t before, count, i;

	memset(slots(), 0, sizeof(void *) * (TOTAL / 64));
	H(free)(H(malloc)(1));
	before = resident_bytes();
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		char what[64];

		count = allocate(sizes[i]);
		expect(resident_bytes() > before + TOTAL / 2, "%zu objects of %zu take no memory",
		       count, sizes[i]);
		release(count);
		purge_all();
		snprintf(what, sizeof what, "%zu objects of %zu bytes, purged", count, sizes[i]);
		expect_returned(before, what);
	}
}
END_TEST

static void use_the_heap(void)
{
	void *some[200];
	unsigned i;

	for (i = 0; i < 200; i++)
		some[i] = H(malloc)(100 + 300 * i);
	for (i = 0; i < 200; i++)
		H(free)(some[i]);
}

/* A program that goes on using the heap a little needs nothing else. */
static void decay_returns(size_t size)
{
	size_t before, count;
	char name[64];
	ssize_t decay_ms = 300;

	memset(slots(), 0, sizeof(void *) * (TOTAL / 64));
	heap_set_ssize("arenas.dirty_decay_ms", decay_ms);
	snprintf(name, sizeof name, "arena.%u.dirty_decay_ms", heap_get_unsigned("thread.arena"));
	heap_set_ssize(name, decay_ms);
	use_the_heap();
	before = resident_bytes();
	count = allocate(size);
	release(count);
	expect(resident_falls_to(before + SLACK, PATIENCE_SECONDS, use_the_heap),
	       "%zu objects of %zu bytes freed: %zu bytes resident before, still %zu", count, size,
	       before, resident_bytes());
}

START_TEST(decay_returns_small)
{
	decay_returns(100);
}
END_TEST

START_TEST(decay_returns_large)
{
	decay_returns(200000);
}
END_TEST

START_TEST(decay_returns_huge)
{
	decay_returns(16 << 20);
}
END_TEST

/* An idle process has no calls to do the work in: the background thread does it. */
START_TEST(background_thread_returns_it)
{
	size_t before, count;
	char name[64];

	memset(slots(), 0, sizeof(void *) * (TOTAL / 64));
	use_the_heap();
	snprintf(name, sizeof name, "arena.%u.dirty_decay_ms", heap_get_unsigned("thread.arena"));
	heap_set_ssize(name, 300);
	heap_set_bool("background_thread", true);
	before = resident_bytes();
	count = allocate(50000);
	release(count);
	expect(resident_falls_to(before + SLACK, PATIENCE_SECONDS, NULL),
	       "idle with a background thread: %zu bytes resident before, still %zu", before,
	       resident_bytes());
	heap_set_bool("background_thread", false);
}
END_TEST

/* Nor does one with several threads need one that was asked for. */
static pthread_barrier_t done, leave;

static void *work_and_wait(void *unused)
{
	release(allocate(50000));
	pthread_barrier_wait(&done);
	pthread_barrier_wait(&leave);
	return unused;
}

START_TEST(idle_threads_return_it)
{
	pthread_t thread;
	size_t before;

	memset(slots(), 0, sizeof(void *) * (TOTAL / 64));
	use_the_heap();
	heap_set_ssize("arenas.dirty_decay_ms", 300);
	heap_arena_set_ssize(heap_get_unsigned("thread.arena"), "dirty_decay_ms", 300);
	before = resident_bytes();
	pthread_barrier_init(&done, NULL, 2);
	pthread_barrier_init(&leave, NULL, 2);
	expect(pthread_create(&thread, NULL, work_and_wait, NULL) == 0, "no thread");
	pthread_barrier_wait(&done);
	expect(resident_falls_to(before + SLACK, PATIENCE_SECONDS, NULL),
	       "two idle threads: %zu bytes resident before, still %zu", before, resident_bytes());
	pthread_barrier_wait(&leave);
	pthread_join(thread, NULL);
}
END_TEST

/* What a thread had cached and freed is not lost with the thread. */
static void *use_and_end(void *unused)
{
	release(allocate(5000));
	return unused;
}

START_TEST(ended_threads_leave_nothing)
{
	pthread_t thread;
	size_t before;
	unsigned i;

	memset(slots(), 0, sizeof(void *) * (TOTAL / 64));
	use_the_heap();
	before = resident_bytes();
	for (i = 0; i < 8; i++) {
		expect(pthread_create(&thread, NULL, use_and_end, NULL) == 0, "no thread");
		pthread_join(thread, NULL);
	}
	purge_all();
	expect_returned(before, "threads ended, purged");
}
END_TEST

/* Large objects that grow are moved by page tables, which leaves the kernel with mappings of their
 * own for what was moved; purged, they are one again. */
START_TEST(mappings_become_one_again)
{
	static void *blocks[40];
	unsigned long steps = test_scaled(3000);
	uint64_t state = test_seed();
	size_t before;

	H(free)(H(malloc)(200 << 20));
	purge_all();
	before = mappings();
	while (steps-- > 0) {
		size_t i = (size_t)((state = state * 6364136223846793005u + 1) >> 33) % 40;
		size_t size = (size_t)(1 + (state >> 40) % 5) * 700000;

		blocks[i] = H(realloc)(blocks[i], size);
		expect(blocks[i] != NULL, "no memory for %zu bytes", size);
		memset(blocks[i], 1, 4096);
	}
	for (size_t i = 0; i < 40; i++)
		H(free)(blocks[i]);
	purge_all();
	expect(mappings() < before + 20, "%zu mappings have become %zu", before, mappings());
}
END_TEST

/* Decay times of 0 and -1: at once, and never. */
START_TEST(decay_at_once_and_never)
{
	size_t before, count;
	unsigned arena = heap_get_unsigned("thread.arena");

	memset(slots(), 0, sizeof(void *) * (TOTAL / 64));
	use_the_heap();
	before = resident_bytes();
	heap_arena_set_ssize(arena, "dirty_decay_ms", 0);
	heap_arena_set_ssize(arena, "muzzy_decay_ms", 0);
	count = allocate(100000);
	release(count);
	expect_returned(before, "freed with dirty_decay_ms 0");
	heap_arena_set_ssize(arena, "dirty_decay_ms", -1);
	count = allocate(100000);
	release(count);
	use_the_heap();
	expect(resident_bytes() > before + TOTAL / 2,
	       "dirty_decay_ms is -1, but of %d bytes only %zu stayed", TOTAL,
	       resident_bytes() - before);
	purge_all();
	expect_returned(before, "purged with dirty_decay_ms -1");
}
END_TEST

int main(void)
{
	return suite_run("returns_memory",
			 (const TTest *[]){purge_returns_it_at_once, decay_returns_small,
					   decay_returns_large, decay_returns_huge,
					   background_thread_returns_it, idle_threads_return_it,
					   ended_threads_leave_nothing, decay_at_once_and_never,
					   mappings_become_one_again, NULL});
}
