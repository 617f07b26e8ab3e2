/* fragment.c - a heap that is filled, churned, thinned out, and filled again with other sizes. The
 * peak shows whether what the first phase left behind can serve the second.
 *
 *     fragment OBJECTS STEPS
 */
#include "bench.h"

#define PHASES 3u

struct heap {
	void **blocks;
	size_t objects;
	struct bench_random random;
	uint64_t sum;
};

static void heap_set(struct heap *heap, size_t slot, size_t size)
{
	if (heap->blocks[slot] != NULL)
		heap->sum += block_free(heap->blocks[slot]);
	heap->blocks[slot] = size > 0 ? block_make(size, (uint8_t)slot) : NULL;
}

/* Phase by phase the sizes shift upwards, away from the holes that the phase before has left. */
static size_t heap_size(struct heap *heap, unsigned phase)
{
	return bench_random_size(&heap->random, 13) + phase * 24;
}

int main(int argc, char **argv)
{
	struct heap heap = {.objects = bench_arg(argc, argv, 1, "OBJECTS"),
			    .random = bench_random_seeded(3)};
	size_t steps = bench_arg(argc, argv, 2, "STEPS");
	heap.blocks = calloc(heap.objects, sizeof *heap.blocks);
	if (heap.blocks == NULL)
		bench_die("out of memory", "");
	for (unsigned phase = 0; phase < PHASES; phase++) {
		for (size_t slot = 0; slot < heap.objects; slot++) {
			if (heap.blocks[slot] == NULL)
				heap_set(&heap, slot, heap_size(&heap, phase));
		}
		for (size_t step = 0; step < steps; step++) {
			size_t slot = bench_random_below(&heap.random, heap.objects);
			heap_set(&heap, slot, heap_size(&heap, phase));
		}
		for (size_t slot = 0; slot < heap.objects; slot++) {
			if (bench_random_below(&heap.random, 10) != 0)
				heap_set(&heap, slot, 0);
		}
	}
	for (size_t slot = 0; slot < heap.objects; slot++)
		heap_set(&heap, slot, 0);
	free(heap.blocks);
	return bench_finish(heap.sum);
}
