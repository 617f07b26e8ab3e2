/* transfer.c - threads that keep some blocks, drop others, and swap some through shared slots;
 * in phases, with threads of their own for each phase, so that blocks outlive their makers.
 *
 *     transfer THREADS PHASES STEPS
 */
#include <stdatomic.h>

#include "threads.h"

#define SHARED 1024u
#define KEPT   2048u

static _Atomic(void *) shared[SHARED];

struct worker {
	pthread_t thread;
	size_t steps;
	struct bench_random random;
	uint64_t sum;
};

/* Mostly small; one block in about a thousand is large, up to 256 KiB. */
static size_t transfer_size(struct bench_random *random)
{
	if (bench_random_below(random, 1000) == 0)
		return 16384 + bench_random_below(random, 240 * 1024);
	return bench_random_size(random, 12);
}

static uint64_t free_if_any(void *block)
{
	return block != NULL ? block_free(block) : 0;
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	struct bench_random *random = &worker->random;
	void **kept = calloc(KEPT, sizeof *kept);
	if (kept == NULL)
		bench_die("out of memory", "");
	for (size_t step = 0; step < worker->steps; step++) {
		void *block = block_make(transfer_size(random), (uint8_t)step);
		if (bench_random_below(random, 4) != 0) {
			void **slot = &kept[bench_random_below(random, KEPT)];
			void *old = *slot;
			*slot = block;
			block = old;
		}
		if (bench_random_below(random, 4) == 0)
			block = atomic_exchange_explicit(
				&shared[bench_random_below(random, SHARED)], block,
				memory_order_acq_rel);
		worker->sum += free_if_any(block);
	}
	for (size_t slot = 0; slot < KEPT; slot++)
		worker->sum += free_if_any(kept[slot]);
	free(kept);
	return NULL;
}

int main(int argc, char **argv)
{
	size_t threads = threads_arg(argc, argv, 1);
	size_t phases = bench_arg(argc, argv, 2, "PHASES");
	size_t steps = bench_arg(argc, argv, 3, "STEPS");
	struct worker workers[THREADS_MAX];
	uint64_t sum = 0;
	for (size_t phase = 0; phase < phases; phase++) {
		for (size_t i = 0; i < threads; i++) {
			uint64_t seed = phase * THREADS_MAX + i + 1;
			workers[i] = (struct worker){.steps = steps,
						     .random = bench_random_seeded(seed)};
			workers[i].thread = thread_start(work, &workers[i]);
		}
		for (size_t i = 0; i < threads; i++) {
			thread_join(workers[i].thread);
			sum += workers[i].sum;
		}
	}
	for (size_t slot = 0; slot < SHARED; slot++)
		sum += free_if_any(shared[slot]);
	return bench_finish(sum);
}
