/* zeroed.c - calloc of a few sizes; the memory was dirty when it was freed.
 *
 *     zeroed whole|head COUNT SIZE…
 *
 * The program writes to every page of a block, or to its first page only, as one that asks for a
 * large table and uses the beginning of it: there the memory that nobody touches need not be
 * cleared if the allocator knows that it is clean.
 */
#include "bench.h"

#define LIVE 32u
#define HEAD 4096u

int main(int argc, char **argv)
{
	if (argc < 2 || (strcmp(argv[1], "whole") != 0 && strcmp(argv[1], "head") != 0))
		bench_die("what is written is whole or head", "");
	size_t touched_max = strcmp(argv[1], "head") == 0 ? HEAD : SIZE_MAX;
	size_t count = bench_arg(argc, argv, 2, "COUNT");
	uint64_t sum = 0;
	for (int index = 3; index < argc; index++) {
		size_t size = bench_arg(argc, argv, index, "SIZE");
		size_t touched = size < touched_max ? size : touched_max;
		void *blocks[LIVE] = {NULL};
		for (size_t done = 0; done < count; done++) {
			void **slot = &blocks[done % LIVE];
			if (*slot != NULL)
				sum += block_free(*slot);
			unsigned char *memory = calloc(1, size);
			if (memory == NULL)
				bench_die("out of memory", "");
			if (block_word(memory) != 0 || memory[touched / 2] != 0 ||
			    memory[touched - 1] != 0)
				bench_die("calloc gave memory that is not zero", "");
			*slot = block_mark(memory, touched, (uint8_t)(done | 1));
		}
		for (unsigned i = 0; i < LIVE; i++) {
			if (blocks[i] != NULL)
				sum += block_free(blocks[i]);
		}
	}
	return bench_finish(sum);
}
