/* server.c - worker threads that replace blocks at random and hand their whole table to a
 * successor when they end: a server whose connections outlive the threads that serve them.
 *
 *     server THREADS GENERATIONS SLOTS STEPS LG_SIZE_MAX
 *
 * THREADS chains run side by side. In each chain GENERATIONS threads follow one another; every one
 * makes STEPS replacements in the SLOTS that it inherits, so that a block is usually freed by
 * another thread than the one that made it. The successor joins its predecessor.
 */
#include <semaphore.h>
#include <stdbool.h>

#include "threads.h"

struct chain {
	void **blocks;
	size_t slots, steps, generations;
	unsigned lg_size_max;
	struct bench_random random;
	uint64_t sum;
	bool has_previous;
	pthread_t previous;
	sem_t done;
};

static void *serve(void *argument)
{
	struct chain *chain = argument;
	if (chain->has_previous)
		thread_join(chain->previous);
	for (size_t step = 0; step < chain->steps; step++) {
		void **slot = &chain->blocks[bench_random_below(&chain->random, chain->slots)];
		if (*slot != NULL)
			chain->sum += block_free(*slot);
		*slot = block_make(bench_random_size(&chain->random, chain->lg_size_max),
				   (uint8_t)step);
	}
	chain->has_previous = true;
	chain->previous = pthread_self();
	if (--chain->generations > 0)
		(void)thread_start(serve, chain);
	else
		sem_post(&chain->done);
	return NULL;
}

static void chain_start(struct chain *chain, uint64_t seed)
{
	chain->blocks = calloc(chain->slots, sizeof *chain->blocks);
	if (chain->blocks == NULL)
		bench_die("out of memory", "");
	chain->random = bench_random_seeded(seed);
	sem_init(&chain->done, 0, 0);
	(void)thread_start(serve, chain);
}

static uint64_t chain_end(struct chain *chain)
{
	while (sem_wait(&chain->done) != 0)
		;
	thread_join(chain->previous);
	for (size_t slot = 0; slot < chain->slots; slot++) {
		if (chain->blocks[slot] != NULL)
			chain->sum += block_free(chain->blocks[slot]);
	}
	free(chain->blocks);
	return chain->sum;
}

int main(int argc, char **argv)
{
	size_t threads = threads_arg(argc, argv, 1);
	struct chain chain = {
		.generations = bench_arg(argc, argv, 2, "GENERATIONS"),
		.slots = bench_arg(argc, argv, 3, "SLOTS"),
		.steps = bench_arg(argc, argv, 4, "STEPS"),
		.lg_size_max = (unsigned)bench_arg(argc, argv, 5, "LG_SIZE_MAX"),
	};
	struct chain chains[THREADS_MAX];
	for (size_t i = 0; i < threads; i++) {
		chains[i] = chain;
		chain_start(&chains[i], i + 1);
	}
	uint64_t sum = 0;
	for (size_t i = 0; i < threads; i++)
		sum += chain_end(&chains[i]);
	return bench_finish(sum);
}
