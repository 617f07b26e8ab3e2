/* growth.c - blocks that grow by realloc.
 *
 *     growth vector COUNT   one array at a time, grown by half from 16 bytes to 1 MiB
 *     growth append COUNT   16 strings that take turns to grow by 64 bytes up to 64 KiB
 *     growth huge COUNT     one array, grown by a quarter from 1 MiB to 64 MiB
 */
#include "bench.h"

static void *grow(void *block, size_t size, uint8_t stamp)
{
	if (block != NULL && (uint8_t)block_check(block) != stamp)
		bench_die("realloc lost the head of a block", "");
	return block_mark(realloc(block, size), size, stamp);
}

static uint64_t grow_vector(size_t count, size_t from, size_t to, size_t divisor)
{
	uint64_t sum = 0;
	for (size_t done = 0; done < count; done++) {
		void *block = NULL;
		for (size_t size = from; size <= to; size += size / divisor)
			block = grow(block, size, (uint8_t)done);
		sum += block_free(block);
	}
	return sum;
}

static uint64_t grow_strings(size_t count)
{
	enum { STRINGS = 16, STEP = 64, LIMIT = 64 * 1024 };
	uint64_t sum = 0;
	for (size_t done = 0; done < count; done++) {
		void *strings[STRINGS] = {NULL};
		for (size_t size = STEP; size <= LIMIT; size += STEP) {
			for (unsigned i = 0; i < STRINGS; i++)
				strings[i] = grow(strings[i], size, (uint8_t)(done + i));
		}
		for (unsigned i = 0; i < STRINGS; i++)
			sum += block_free(strings[i]);
	}
	return sum;
}

int main(int argc, char **argv)
{
	size_t count = bench_arg(argc, argv, 2, "COUNT");
	if (strcmp(argv[1], "vector") == 0)
		return bench_finish(grow_vector(count, 16, 1 << 20, 2));
	if (strcmp(argv[1], "append") == 0)
		return bench_finish(grow_strings(count));
	if (strcmp(argv[1], "huge") == 0)
		return bench_finish(grow_vector(count, 1 << 20, 64 << 20, 4));
	bench_die("what grows is vector, append or huge", argv[1]);
}
