/* agent_heap against a shadow: contents survive, blocks do not overlap, the limit holds, memory
 * goes back. */
#include <agent_heap.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "random.h"
#include "cases.h"

#define NBLOCKS 500
#define LIMIT   ((size_t)8 << 20)

struct shadow {
	unsigned char *at;
	size_t size;
	unsigned char fill;
};

static void check_fill(const struct shadow *shadow, size_t size)
{
	/* All bytes are alike when each is like its neighbour. */
	if (size == 0 ||
	    (shadow->at[0] == shadow->fill && memcmp(shadow->at, shadow->at + 1, size - 1) == 0))
		return;
	ck_abort_msg("a block of %zu bytes was overwritten", size);
}

static void resize(struct agent_heap *heap, struct shadow *shadow, size_t size, unsigned char fill)
{
	unsigned char *at = agent_heap_resize(heap, shadow->at, size);

	if (size == 0) {
		*shadow = (struct shadow){0};
		return;
	}
	if (at == NULL) /* the old block is still there */
		return;
	ck_assert_uint_eq((uintptr_t)at % 16, 0);
	shadow->at = at;
	check_fill(shadow, shadow->size < size ? shadow->size : size);
	shadow->size = size;
	shadow->fill = fill;
	memset(at, fill, size);
}

START_TEST(contents_survive_random_operations)
{
	static const size_t ranges[] = {64, 700, 5000, 200000};
	struct shadow shadows[NBLOCKS] = {0};
	struct agent_heap heap;
	struct random random;

	random_init(&random, 17);
	ck_assert_int_eq(agent_heap_init(&heap, LIMIT), 0);
	for (int step = 0; step < 60000; step++) {
		struct shadow *shadow = &shadows[random_below(&random, NBLOCKS)];
		size_t range = ranges[random_below(&random, 4)];
		size_t size = random_below(&random, 3) == 0 ? 0 : random_below(&random, range) + 1;

		if (shadow->at != NULL)
			check_fill(shadow, shadow->size);
		if (shadow->at != NULL || size != 0)
			resize(&heap, shadow, size, (unsigned char)step);
		if (step % 500 == 0)
			ck_assert_int_eq(agent_heap_check(&heap), 0);
	}
	for (int i = 0; i < NBLOCKS; i++)
		if (shadows[i].at != NULL)
			resize(&heap, &shadows[i], 0, 0);
	ck_assert_int_eq(agent_heap_check(&heap), 0);
	ck_assert_uint_eq(heap.used_bytes, 0);
	agent_heap_fini(&heap);
}
END_TEST

START_TEST(limit_holds_and_is_reachable)
{
	struct agent_heap heap;
	size_t total = 0;
	void *last = NULL;

	ck_assert_int_eq(agent_heap_init(&heap, LIMIT), 0);
	ck_assert_ptr_null(agent_heap_resize(&heap, NULL, LIMIT));
	ck_assert_ptr_null(agent_heap_resize(&heap, NULL, SIZE_MAX));
	ck_assert_ptr_null(agent_heap_resize(&heap, NULL, SIZE_MAX - 8));
	for (void *at; (at = agent_heap_resize(&heap, NULL, 1000)) != NULL; last = at) {
		memset(at, 1, 1000);
		total += 1000;
	}
	ck_assert_uint_gt(total, LIMIT / 100 * 97);
	ck_assert_uint_le(heap.peak_bytes, LIMIT);
	/* full, and still of use */
	agent_heap_resize(&heap, last, 0);
	ck_assert_ptr_nonnull(agent_heap_resize(&heap, NULL, 1000));
	ck_assert_int_eq(agent_heap_check(&heap), 0);
	agent_heap_fini(&heap);
}
END_TEST

START_TEST(last_block_grows_and_shrinks_in_place)
{
	struct agent_heap heap;

	ck_assert_int_eq(agent_heap_init(&heap, LIMIT), 0);
	char *at = agent_heap_resize(&heap, NULL, 100);
	for (size_t size = 100; size < LIMIT / 2; size *= 2)
		ck_assert_ptr_eq(agent_heap_resize(&heap, at, size), at);
	ck_assert_ptr_eq(agent_heap_resize(&heap, at, 10), at);
	ck_assert_uint_lt(heap.used_bytes, 64);
	agent_heap_fini(&heap);
}
END_TEST

static size_t resident_pages(const struct agent_heap *heap)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t npages = (size_t)(heap->end - heap->start) / page, n = 0;
	unsigned char *map = malloc(npages);

	ck_assert_int_eq(mincore(heap->start, npages * page, map), 0);
	for (size_t i = 0; i < npages; i++)
		n += map[i] & 1;
	free(map);
	return n;
}

START_TEST(freed_memory_goes_back)
{
	struct agent_heap heap;

	ck_assert_int_eq(agent_heap_init(&heap, LIMIT), 0);
	void *at = agent_heap_resize(&heap, NULL, LIMIT - 4096);
	memset(at, 1, LIMIT - 4096);
	ck_assert_uint_gt(resident_pages(&heap), LIMIT / 4096 - 10);
	agent_heap_resize(&heap, at, 0);
	ck_assert_uint_le(resident_pages(&heap), (1 << 20) / 4096 + 64);
	/* and comes again */
	at = agent_heap_resize(&heap, NULL, LIMIT - 4096);
	ck_assert_ptr_nonnull(at);
	memset(at, 2, LIMIT - 4096);
	agent_heap_fini(&heap);
}
END_TEST

int main(void)
{
	return cases_run("agent_heap", (const TTest *const[]){contents_survive_random_operations,
							      limit_holds_and_is_reachable,
							      last_block_grows_and_shrinks_in_place,
							      freed_memory_goes_back, NULL});
}
