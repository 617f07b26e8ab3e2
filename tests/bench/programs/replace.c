/* replace.c - a working set whose members are replaced at random: the steady state of a program
 * that lives long.
 *
 *     replace SLOTS STEPS LG_SIZE_MAX
 */
#include "bench.h"

int main(int argc, char **argv)
{
	size_t slots = bench_arg(argc, argv, 1, "SLOTS");
	size_t steps = bench_arg(argc, argv, 2, "STEPS");
	unsigned lg_size_max = (unsigned)bench_arg(argc, argv, 3, "LG_SIZE_MAX");
	void **blocks = calloc(slots, sizeof *blocks);
	if (blocks == NULL || lg_size_max < 5)
		bench_die("out of memory, or LG_SIZE_MAX below 5", "");
	struct bench_random random = bench_random_seeded(2);
	uint64_t sum = 0;
	for (size_t step = 0; step < steps; step++) {
		size_t slot = bench_random_below(&random, slots);
		if (blocks[slot] != NULL)
			sum += block_free(blocks[slot]);
		blocks[slot] = block_make(bench_random_size(&random, lg_size_max), (uint8_t)step);
	}
	for (size_t slot = 0; slot < slots; slot++) {
		if (blocks[slot] != NULL)
			sum += block_free(blocks[slot]);
	}
	free(blocks);
	return bench_finish(sum);
}
