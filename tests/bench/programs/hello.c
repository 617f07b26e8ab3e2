/* hello.c - the smallest program: one block, so its peak memory is what the allocator needs to be
 * there at all. */
#include "bench.h"

int main(void)
{
	return bench_finish(block_free(block_make(64, 1)));
}
