/* zeroed.c - calloc of a few sizes; the memory was dirty when it was freed.
 *
 *     zeroed COUNT SIZE…
 */
#include "bench.h"

#define LIVE 32u

int main(int argc, char **argv)
{
	size_t count = bench_arg(argc, argv, 1, "COUNT");
	uint64_t sum = 0;
	for (int index = 2; index < argc; index++) {
		size_t size = bench_arg(argc, argv, index, "SIZE");
		void *blocks[LIVE] = {NULL};
		for (size_t done = 0; done < count; done++) {
			void **slot = &blocks[done % LIVE];
			if (*slot != NULL)
				sum += block_free(*slot);
			unsigned char *memory = calloc(1, size);
			if (memory == NULL)
				bench_die("out of memory", "");
			if (block_word(memory) != 0 || memory[size / 2] != 0 ||
			    memory[size - 1] != 0)
				bench_die("calloc gave memory that is not zero", "");
			*slot = block_mark(memory, size, (uint8_t)(done | 1));
		}
		for (unsigned i = 0; i < LIVE; i++) {
			if (blocks[i] != NULL)
				sum += block_free(blocks[i]);
		}
	}
	return bench_finish(sum);
}
