/* shadow_threads - random scripts on many threads at once. Objects also change hands: what one
 * thread allocated another resizes and frees, while the first goes on, or has long ended. */
#include "expect.h"
#include "heap_under_test.h"
#include "mailbox.h"
#include "suite.h"
#include <pthread.h>

enum { THREADS = 6 };

static struct mailbox mailbox = MAILBOX_EMPTY;

struct worker {
	pthread_t thread;
	struct shadow shadow;
	struct shadow_limits limits;
	unsigned long steps;
	unsigned hand_over_every; /* steps; 0: never */
	uint64_t seed;
	int arena_per_worker;
};

static void *work(void *argument)
{
	struct worker *worker = argument;
	unsigned long step;

	if (worker->arena_per_worker)
		worker->limits.flags |= MALLOCX_ARENA(heap_arena_create(NULL));
	shadow_init(&worker->shadow, &worker->limits, worker->seed);
	for (step = 0; step < worker->steps; step++) {
		shadow_step(&worker->shadow);
		if (worker->hand_over_every != 0 && step % worker->hand_over_every == 0)
			mailbox_exchange(&mailbox, &worker->shadow);
	}
	shadow_fini(&worker->shadow);
	return NULL;
}

static void run_workers(const struct worker *like)
{
	struct worker workers[THREADS];
	unsigned i;

	for (i = 0; i < THREADS; i++) {
		workers[i] = *like;
		workers[i].steps = test_scaled(like->steps);
		workers[i].seed = test_seed() * 31 + i;
		expect(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0,
		       "no thread");
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	mailbox_drain(&mailbox, &like->limits, test_seed());
}

START_TEST(each_its_own)
{
	run_workers(&(struct worker){.limits = {.slots = 500,
						.size_max = 200000,
						.alignment_max = 1 << 16,
						.live_bytes_max = 16 << 20},
				     .steps = 60000});
}
END_TEST

START_TEST(hand_over_small)
{
	run_workers(&(struct worker){.limits = {.slots = 300,
						.size_max = 2048,
						.alignment_max = 4096,
						.live_bytes_max = 8 << 20},
				     .steps = 100000,
				     .hand_over_every = 2});
}
END_TEST

START_TEST(hand_over_large)
{
	run_workers(&(struct worker){.limits = {.slots = 60,
						.size_max = 2 << 20,
						.alignment_max = 1 << 21,
						.live_bytes_max = 24 << 20},
				     .steps = 5000,
				     .hand_over_every = 2});
}
END_TEST

/* Every thread allocates from an arena of its own, past all caches; others free into it. */
START_TEST(hand_over_between_arenas)
{
	run_workers(&(struct worker){.limits = {.slots = 200,
						.size_max = 60000,
						.alignment_max = 4096,
						.live_bytes_max = 8 << 20,
						.flags = MALLOCX_TCACHE_NONE,
						.only_extended = true},
				     .steps = 30000,
				     .hand_over_every = 3,
				     .arena_per_worker = 1});
}
END_TEST

/* One thread only allocates, the others only free what they are handed. */
static void *produce(void *argument)
{
	struct worker *worker = argument;
	unsigned long step;

	shadow_init(&worker->shadow, &worker->limits, worker->seed);
	for (step = 0; step < worker->steps; step++) {
		struct shadow_object object;

		shadow_step(&worker->shadow);
		while (shadow_give(&worker->shadow, &object))
			if (!mailbox_put(&mailbox, &object)) {
				shadow_receive(&worker->shadow, &object);
				break;
			}
	}
	shadow_fini(&worker->shadow);
	return NULL;
}

static void *consume(void *argument)
{
	struct worker *worker = argument;
	unsigned long step;
	struct shadow_object object;

	shadow_init(&worker->shadow, &worker->limits, worker->seed);
	for (step = 0; step < worker->steps; step++)
		if (mailbox_take(&mailbox, &object, step))
			shadow_receive(&worker->shadow, &object);
	shadow_fini(&worker->shadow);
	return NULL;
}

START_TEST(producer_and_consumers)
{
	struct worker workers[THREADS];
	struct worker like = {.limits = {.slots = 100,
					 .size_max = 20000,
					 .alignment_max = 64,
					 .live_bytes_max = 8 << 20},
			      .steps = test_scaled(150000)};
	unsigned i;

	for (i = 0; i < THREADS; i++) {
		workers[i] = like;
		workers[i].seed = test_seed() + i;
		expect(pthread_create(&workers[i].thread, NULL, i == 0 ? produce : consume,
				      &workers[i]) == 0,
		       "no thread");
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	mailbox_drain(&mailbox, &like.limits, test_seed());
}
END_TEST

int main(void)
{
	return suite_run("shadow_threads",
			 (const TTest *[]){each_its_own, hand_over_small, hand_over_large,
					   hand_over_between_arenas, producer_and_consumers, NULL});
}
