/* batch.c - many blocks of one size allocated, then all of them freed: what lies behind the fast
 * path once a thread's cache has run empty or full.
 *
 *     batch fifo|lifo|random SIZE BATCH ROUNDS
 */
#include "bench.h"

/* The order in which the blocks of a batch are freed, as indices. */
static uint32_t *order_make(const char *name, size_t batch)
{
	uint32_t *order = malloc(batch * sizeof *order);
	if (order == NULL)
		bench_die("out of memory", "");
	for (size_t i = 0; i < batch; i++)
		order[i] = (uint32_t)i;
	if (strcmp(name, "lifo") == 0) {
		for (size_t i = 0; i < batch; i++)
			order[i] = (uint32_t)(batch - 1 - i);
	} else if (strcmp(name, "random") == 0) {
		struct bench_random random = bench_random_seeded(1);
		for (size_t i = batch - 1; i > 0; i--) {
			size_t other = bench_random_below(&random, i + 1);
			uint32_t swap = order[i];
			order[i] = order[other];
			order[other] = swap;
		}
	} else if (strcmp(name, "fifo") != 0) {
		bench_die("the order is fifo, lifo or random", name);
	}
	return order;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		bench_die("missing argument", "ORDER");
	size_t size = bench_arg(argc, argv, 2, "SIZE");
	size_t batch = bench_arg(argc, argv, 3, "BATCH");
	size_t rounds = bench_arg(argc, argv, 4, "ROUNDS");
	uint32_t *order = order_make(argv[1], batch);
	void **blocks = malloc(batch * sizeof *blocks);
	if (blocks == NULL)
		bench_die("out of memory", "");
	uint64_t sum = 0;
	for (size_t round = 0; round < rounds; round++) {
		for (size_t i = 0; i < batch; i++)
			blocks[i] = block_make(size, (uint8_t)(round + i));
		for (size_t i = 0; i < batch; i++)
			sum += block_free(blocks[order[i]]);
	}
	free(blocks);
	free(order);
	return bench_finish(sum);
}
