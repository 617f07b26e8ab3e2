/* arenas - explicit arenas and explicit thread caches: an object comes from the arena that the call
 * names; a reset takes all objects of an arena at once, a destroyed arena gives its memory and its
 * index back; a thread cache moves between threads. */
#include "expect.h"
#include "heap_under_test.h"
#include "resident.h"
#include "shadow.h"
#include "suite.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static struct shadow_limits strict_limits(unsigned arena)
{
	return (struct shadow_limits){.slots = 400,
				      .size_max = 200000,
				      .alignment_max = 1 << 16,
				      .live_bytes_max = 16 << 20,
				      .flags = (int)(MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE),
				      .only_extended = true,
				      .check_overlap = true};
}

START_TEST(objects_come_from_the_arena_named)
{
	static const size_t sizes[] = {1, 100, 4096, 14336, 14337, 40000, 1 << 20, 9 << 20};
	unsigned arenas[5], i;
	size_t s;

	for (i = 0; i < 5; i++)
		arenas[i] = heap_arena_create(NULL);
	for (i = 0; i < 5; i++) {
		for (s = 0; s < sizeof sizes / sizeof *sizes; s++) {
			int flags = MALLOCX_ARENA(arenas[i]) | MALLOCX_TCACHE_NONE;
			char *object = H(mallocx)(sizes[s], flags);

			expect(object != NULL, "mallocx of %zu bytes failed", sizes[s]);
			expect(heap_arena_of(object) == arenas[i],
			       "%zu bytes asked from arena %u came from %u", sizes[s], arenas[i],
			       heap_arena_of(object));
			/* a resize without an arena flag stays */
			object = H(rallocx)(object, sizes[s] * 3, MALLOCX_TCACHE_NONE);
			H(dallocx)(object, MALLOCX_TCACHE_NONE);
		}
	}
	for (i = 0; i < 5; i++)
		heap_arena_call(arenas[i], "destroy");
}
END_TEST

START_TEST(reset_takes_everything)
{
	unsigned arena = heap_arena_create(NULL);
	struct shadow_limits limits = strict_limits(arena);
	unsigned long round, rounds = test_scaled(60);
	size_t mapped = 0;

	for (round = 0; round < rounds; round++) {
		struct shadow shadow;

		shadow_init(&shadow, &limits, test_seed() + round);
		shadow_run(&shadow, 2000);
		shadow_check_all(&shadow);
		shadow_forget_all(&shadow);
		heap_arena_call(arena, "reset");
		shadow_run(&shadow, 500);
		shadow_fini(&shadow);
		if (round == rounds / 4)
			mapped = mapped_bytes();
	}
	if (!TEST_SANITIZED)
		expect(mapped_bytes() < mapped + (64u << 20), "%zu bytes mapped grew to %zu",
		       mapped, mapped_bytes());
	heap_arena_call(arena, "destroy");
}
END_TEST

START_TEST(destroyed_arenas_leave_nothing)
{
	unsigned long round, rounds = test_scaled(200);
	unsigned first = heap_arena_create(NULL), arena;
	size_t mapped = 0, resident = 0;

	heap_arena_call(first, "destroy");
	for (round = 0; round < rounds; round++) {
		struct shadow_limits limits;
		struct shadow shadow;

		arena = heap_arena_create(NULL);
		expect(arena == first, "index %u is free, but the arena created is %u", first,
		       arena);
		limits = strict_limits(arena);
		shadow_init(&shadow, &limits, test_seed() + round);
		shadow_run(&shadow, 500);
		shadow_fini(&shadow);
		heap_arena_call(arena, "destroy");
		if (round == rounds / 4) {
			mapped = mapped_bytes();
			resident = resident_bytes();
		}
	}
	if (TEST_SANITIZED)
		return;
	/* jemalloc 5.3.0 keeps 2 MiB of address space of every arena destroyed */
	if (heap_is_moonheap())
		expect(mapped_bytes() < mapped + (64u << 20), "%zu bytes mapped grew to %zu",
		       mapped, mapped_bytes());
	expect(resident_bytes() < resident + (8u << 20), "%zu bytes resident grew to %zu", resident,
	       resident_bytes());
}
END_TEST

/* The limit is the numbering, not a table that somebody sized. */
START_TEST(hundreds_of_arenas)
{
	enum { ARENAS = 500 };
	static unsigned arenas[ARENAS];
	static char *objects[ARENAS];
	unsigned i;

	for (i = 0; i < ARENAS; i++) {
		arenas[i] = heap_arena_create(NULL);
		objects[i] = H(mallocx)(1000, MALLOCX_ARENA(arenas[i]) | MALLOCX_TCACHE_NONE);
		expect(objects[i] != NULL, "arena %u has no memory", arenas[i]);
		memset(objects[i], (int)(i & 127), 1000);
	}
	heap_refresh();
	for (i = 0; i < ARENAS; i++) {
		expect(heap_arena_of(objects[i]) == arenas[i], "arena %u expected", arenas[i]);
		expect(objects[i][999] == (char)(i & 127), "contents of arena %u changed",
		       arenas[i]);
		H(dallocx)(objects[i], MALLOCX_TCACHE_NONE);
		heap_arena_call(arenas[i], "destroy");
	}
}
END_TEST

/* The library's word that malloc() on this thread now means another arena. */
START_TEST(thread_moves_to_an_arena)
{
	unsigned old = heap_get_unsigned("thread.arena");
	unsigned arena = heap_arena_create(NULL);
	void *objects[100];
	unsigned i;

	heap_set_unsigned("thread.arena", arena);
	expect(heap_get_unsigned("thread.arena") == arena, "the thread did not move to %u", arena);
	heap_call("thread.tcache.flush");
	for (i = 0; i < 100; i++) {
		objects[i] = H(malloc)(3000 + i * 300);
		expect(heap_arena_of(objects[i]) == arena, "malloc() used arena %u, not %u",
		       heap_arena_of(objects[i]), arena);
	}
	heap_set_unsigned("thread.arena", old);
	for (i = 0; i < 100; i++)
		H(free)(objects[i]);
	heap_call("thread.tcache.flush");
	heap_arena_call(arena, "destroy");
}
END_TEST

/* -- thread caches ----------------------------------------------------------------------------- */

START_TEST(explicit_caches)
{
	enum { CACHES = 20 };
	unsigned caches[CACHES], i;
	struct shadow shadows[CACHES];
	unsigned long round, rounds = test_scaled(30);

	for (i = 0; i < CACHES; i++) {
		struct shadow_limits limits = {.slots = 200,
					       .size_max = 50000,
					       .alignment_max = 4096,
					       .live_bytes_max = 4 << 20,
					       .only_extended = true,
					       .check_overlap = true};

		caches[i] = heap_tcache_create();
		limits.flags = MALLOCX_TCACHE(caches[i]);
		shadow_init(&shadows[i], &limits, test_seed() + i);
	}
	for (round = 0; round < rounds; round++)
		for (i = 0; i < CACHES; i++) {
			shadow_run(&shadows[i], 300);
			if ((round + i) % 7 == 0)
				heap_tcache_call("flush", caches[i]);
		}
	for (i = 0; i < CACHES; i++) {
		shadow_check_all(&shadows[i]);
		/* the objects survive their cache */
		shadows[i].limits.flags = 0;
		heap_tcache_call("destroy", caches[i]);
		shadow_fini(&shadows[i]);
	}
}
END_TEST

/* One cache, used by one thread after another. */
struct relay {
	struct shadow shadow;
	pthread_t thread;
};

static void *run_leg(void *argument)
{
	shadow_run(&((struct relay *)argument)->shadow, 1000);
	return NULL;
}

START_TEST(cache_moves_between_threads)
{
	unsigned cache = heap_tcache_create();
	unsigned arena = heap_arena_create(NULL);
	struct relay relay;
	struct shadow_limits limits = {.slots = 300,
				       .size_max = 50000,
				       .alignment_max = 4096,
				       .live_bytes_max = 4 << 20,
				       .flags = (int)(MALLOCX_TCACHE(cache) | MALLOCX_ARENA(arena)),
				       .only_extended = true,
				       .check_overlap = true};
	unsigned long leg, legs = test_scaled(40);

	shadow_init(&relay.shadow, &limits, test_seed());
	for (leg = 0; leg < legs; leg++) {
		expect(pthread_create(&relay.thread, NULL, run_leg, &relay) == 0, "no thread");
		pthread_join(relay.thread, NULL);
	}
	shadow_fini(&relay.shadow);
	heap_tcache_call("destroy", cache);
	heap_arena_call(arena, "destroy");
}
END_TEST

/* The thread's own cache switched off and on while objects of both kinds live. */
START_TEST(cache_switched_off_and_on)
{
	struct shadow shadow;
	struct shadow_limits limits = {.slots = 500,
				       .size_max = 60000,
				       .alignment_max = 4096,
				       .live_bytes_max = 8 << 20,
				       .check_overlap = true};
	unsigned long round, rounds = test_scaled(100);

	shadow_init(&shadow, &limits, test_seed());
	for (round = 0; round < rounds; round++) {
		heap_set_bool("thread.tcache.enabled", round % 2);
		expect(heap_get_bool("thread.tcache.enabled") == (round % 2 == 1),
		       "thread.tcache.enabled is not what was written");
		shadow_run(&shadow, 500);
		if (round % 10 == 9)
			heap_call("thread.tcache.flush");
	}
	heap_set_bool("thread.tcache.enabled", true);
	shadow_fini(&shadow);
}
END_TEST

/* Threads that create, fill, reset and destroy arenas while others do the same and read statistics.
 */
static void *come_and_go(void *argument)
{
	uint64_t seed = (uintptr_t)argument;
	unsigned long round, rounds = test_scaled(20);

	for (round = 0; round < rounds; round++) {
		unsigned arena = heap_arena_create(NULL);
		struct shadow_limits limits = strict_limits(arena);
		struct shadow shadow;

		shadow_init(&shadow, &limits, seed + round * 100);
		shadow_run(&shadow, 300);
		heap_refresh();
		shadow_check_all(&shadow);
		shadow_forget_all(&shadow);
		heap_arena_call(arena, "reset");
		shadow_run(&shadow, 300);
		shadow_fini(&shadow);
		heap_arena_call(arena, "destroy");
	}
	return NULL;
}

START_TEST(arenas_come_and_go_on_threads)
{
	pthread_t threads[6];
	unsigned i;

	for (i = 0; i < 6; i++)
		expect(pthread_create(&threads[i], NULL, come_and_go,
				      (void *)(uintptr_t)(test_seed() + i)) == 0,
		       "no thread");
	for (i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

int main(void)
{
	return suite_run("arenas",
			 (const TTest *[]){objects_come_from_the_arena_named,
					   reset_takes_everything, destroyed_arenas_leave_nothing,
					   hundreds_of_arenas, thread_moves_to_an_arena,
					   explicit_caches, cache_moves_between_threads,
					   cache_switched_off_and_on, arenas_come_and_go_on_threads,
					   NULL});
}
