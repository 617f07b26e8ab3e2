/* thread_churn - threads that live for a moment: each starts with nothing, allocates, leaves some
 * of it to others, and ends with a full cache. What a thread cost must be given back with it. */
#include "expect.h"
#include "heap_under_test.h"
#include "resident.h"
#include "shadow.h"
#include "suite.h"
#include <pthread.h>
#include <string.h>
#include <unistd.h>

enum { LEGACY = 64 };

/* What one generation leaves to the next. */
struct generation {
	struct shadow_object legacy[LEGACY];
	size_t count;
	uint64_t seed;
};

static const struct shadow_limits limits = {.slots = 128,
					    .size_max = 30000,
					    .alignment_max = 4096,
					    .live_bytes_max = 1 << 20,
					    .check_overlap = true};

static void *live_for_a_moment(void *argument)
{
	struct generation *generation = argument;
	struct shadow shadow;

	shadow_init(&shadow, &limits, generation->seed);
	while (generation->count > 0)
		shadow_receive(&shadow, &generation->legacy[--generation->count]);
	shadow_run(&shadow, 300);
	while (generation->count < LEGACY / 4)
		if (shadow_give(&shadow, &generation->legacy[generation->count]))
			generation->count++;
		else
			shadow_step(&shadow);
	shadow_fini(&shadow);
	return NULL;
}

static void run_generations(unsigned long count, unsigned at_once)
{
	struct generation generations[8];
	pthread_t threads[8];
	struct shadow last;
	unsigned i;

	memset(generations, 0, sizeof generations);
	while (count-- > 0) {
		for (i = 0; i < at_once; i++) {
			generations[i].seed = test_seed() + count * at_once + i;
			expect(pthread_create(&threads[i], NULL, live_for_a_moment,
					      &generations[i]) == 0,
			       "no thread");
		}
		for (i = 0; i < at_once; i++)
			pthread_join(threads[i], NULL);
	}
	shadow_init(&last, &limits, test_seed());
	for (i = 0; i < at_once; i++)
		while (generations[i].count > 0)
			shadow_receive(&last, &generations[i].legacy[--generations[i].count]);
	shadow_fini(&last);
}

START_TEST(one_after_another)
{
	run_generations(test_scaled(600), 1);
}
END_TEST

START_TEST(several_at_once)
{
	run_generations(test_scaled(150), 8);
}
END_TEST

/* Ten thousand threads later the process is no larger: records and caches of threads that are gone
 * serve those that come. */
static void *touch(void *unused)
{
	void *objects[20];
	size_t i;

	for (i = 0; i < 20; i++)
		objects[i] = memset(H(malloc)((size_t)100 << (i % 8)), 1, 100);
	for (i = 0; i < 20; i++)
		H(free)(objects[i]);
	return unused;
}

static void run_touches(unsigned long count)
{
	pthread_t thread;

	while (count-- > 0) {
		expect(pthread_create(&thread, NULL, touch, NULL) == 0, "no thread");
		pthread_join(thread, NULL);
	}
}

START_TEST(nothing_is_left_behind)
{
	size_t before, after;

	run_touches(1000);
	before = resident_bytes();
	run_touches(test_scaled(10000));
	after = resident_bytes();
	if (!TEST_SANITIZED)
		expect(after < before + (4u << 20), "%zu bytes resident grew to %zu", before,
		       after);
}
END_TEST

/* Detached threads end at no time that anybody waits for. */
static unsigned detached_ended;

static void *touch_detached(void *unused)
{
	touch(NULL);
	__atomic_fetch_add(&detached_ended, 1, __ATOMIC_RELEASE);
	return unused;
}

START_TEST(detached)
{
	unsigned long count = test_scaled(500), i;
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	for (i = 0; i < count; i++) {
		while (pthread_create(&thread, &attributes, touch_detached, NULL) != 0)
			usleep(1000);
		touch(NULL);
	}
	while (__atomic_load_n(&detached_ended, __ATOMIC_ACQUIRE) < count)
		usleep(1000);
	pthread_attr_destroy(&attributes);
}
END_TEST

int main(void)
{
	return suite_run("thread_churn", (const TTest *[]){one_after_another, several_at_once,
							   nothing_is_left_behind, detached, NULL});
}
