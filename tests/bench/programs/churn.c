/* churn.c - threads that live for a moment: the price of a thread's first allocation and of its
 * end, as in a server with a thread for each connection.
 *
 *     churn THREADS ROUNDS BLOCKS
 *
 * In each round THREADS threads start together; each makes BLOCKS blocks, frees most of them and
 * leaves every eighth to the main thread, which frees those after the thread has ended.
 */
#include "threads.h"

#define BLOCKS_MAX 512u

struct worker {
	pthread_t thread;
	size_t count;
	struct bench_random random;
	void *blocks[BLOCKS_MAX];
	uint64_t sum;
};

static void *live_shortly(void *argument)
{
	struct worker *worker = argument;
	for (size_t i = 0; i < worker->count; i++)
		worker->blocks[i] = block_make(bench_random_size(&worker->random, 12), (uint8_t)i);
	for (size_t i = 0; i < worker->count; i++) {
		if (i % 8 != 0)
			worker->sum += block_free(worker->blocks[i]);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	size_t threads = threads_arg(argc, argv, 1);
	size_t rounds = bench_arg(argc, argv, 2, "ROUNDS");
	size_t count = bench_arg(argc, argv, 3, "BLOCKS");
	if (count > BLOCKS_MAX)
		bench_die("at most 512 blocks", "BLOCKS");
	static struct worker workers[THREADS_MAX];
	uint64_t sum = 0;
	for (size_t round = 0; round < rounds; round++) {
		for (size_t i = 0; i < threads; i++) {
			workers[i].count = count;
			workers[i].sum = 0;
			workers[i].random = bench_random_seeded(round * THREADS_MAX + i + 1);
			workers[i].thread = thread_start(live_shortly, &workers[i]);
		}
		for (size_t i = 0; i < threads; i++) {
			thread_join(workers[i].thread);
			sum += workers[i].sum;
			for (size_t left = 0; left < count; left += 8)
				sum += block_free(workers[i].blocks[left]);
		}
	}
	return bench_finish(sum);
}
