/* pairs.c - malloc and free back to back: the fast path alone.
 *
 *     pairs COUNT SIZE…
 *
 * COUNT pairs of each size in turn. A large block is touched in its first page only, as by a
 * program that asks for a buffer and uses the head of it.
 */
#include "bench.h"

#define TOUCHED_MAX 4096u

int main(int argc, char **argv)
{
	size_t count = bench_arg(argc, argv, 1, "COUNT");
	uint64_t sum = 0;
	for (int index = 2; index < argc; index++) {
		size_t size = bench_arg(argc, argv, index, "SIZE");
		size_t touched = size < TOUCHED_MAX ? size : TOUCHED_MAX;
		if (touched < BLOCK_SIZE_MIN)
			bench_die("a size is at least 16", argv[index]);
		for (size_t done = 0; done < count; done++)
			sum += block_free(block_mark(malloc(size), touched, (uint8_t)done));
	}
	return bench_finish(sum);
}
