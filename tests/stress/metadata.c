/* metadata - what the allocator keeps for itself: little for each page in use, little for each
 * arena, and no more when the same is done again. By its own statistics, which the test checks
 * against what the kernel counts. */
#include "expect.h"
#include "heap_under_test.h"
#include "resident.h"
#include "suite.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TOTAL = 64 << 20, OBJECTS = TOTAL / 16, ARENAS = 64, ALL = 4096 };

static void *objects[OBJECTS];

static size_t refreshed(const char *name)
{
	heap_refresh();
	return heap_stat(name);
}

static size_t fill(size_t size)
{
	size_t count = TOTAL / size;
	for (size_t i = 0; i < count; i++) {
		objects[i] = H(malloc)(size);
		expect(objects[i] != NULL, "malloc(%zu)", size);
		memset(objects[i], 1, size);
	}
	return count;
}

static void release(size_t count)
{
	for (size_t i = 0; i < count; i++)
		H(free)(objects[i]);
	heap_call("thread.tcache.flush");
	heap_arena_call(ALL, "purge");
}

/* Regions of 16 bytes are the most to keep account of: a bit each. */
static const struct {
	size_t size, most; /* bytes of metadata for 4096 in use */
} rows[] = {{16, 80}, {64, 48}, {1000, 48}, {14336, 48}, {40000, 48}, {200000, 24}, {4 << 20, 16}};

START_TEST(little_for_each_page)
{
	memset(objects, 0, sizeof objects);
	size_t size = rows[_i].size;
	size_t before = refreshed("stats.metadata");
	size_t active_before = heap_stat("stats.active");
	size_t resident_before = resident_bytes();
	size_t count = fill(size);
	size_t metadata = refreshed("stats.metadata") - before;
	size_t active = heap_stat("stats.active") - active_before;
	size_t resident = resident_bytes() - resident_before;

	expect(active >= count * size, "%zu bytes active of %zu", active, count * size);
	expect(metadata * 4096 <= active * rows[_i].most, "%zu bytes of metadata for %zu", metadata,
	       active);
	/* Beside these there is code that runs for the first time. */
	expect(resident <= active + metadata + (1 << 20) && resident >= count * size,
	       "%zu bytes resident, %zu active and %zu of metadata", resident, active, metadata);
	release(count);

	size_t peak = refreshed("stats.metadata");
	for (unsigned again = 0; again < 2; again++)
		release(fill(size));
	expect(refreshed("stats.metadata") <= peak + peak / 20, "%zu bytes of metadata became %zu",
	       peak, heap_stat("stats.metadata"));
}
END_TEST

static void use_and_destroy(unsigned narenas)
{
	unsigned arenas[ARENAS];
	for (unsigned i = 0; i < narenas; i++) {
		arenas[i] = heap_arena_create(NULL);
		H(dallocx)(heap_arena_alloc(arenas[i], 100), MALLOCX_TCACHE_NONE);
		H(dallocx)(heap_arena_alloc(arenas[i], 100000), MALLOCX_TCACHE_NONE);
	}
	for (unsigned i = 0; i < narenas; i++)
		heap_arena_call(arenas[i], "destroy");
}

START_TEST(little_for_each_arena)
{
	H(free)(H(malloc)(1));
	size_t before = refreshed("stats.metadata");
	use_and_destroy(ARENAS);
	size_t arena = (refreshed("stats.metadata") - before) / ARENAS;
	expect(arena <= 32 << 10, "%zu bytes for an arena", arena);

	size_t peak = heap_stat("stats.metadata");
	for (unsigned again = 0; again < 5; again++)
		use_and_destroy(ARENAS);
	expect(refreshed("stats.metadata") <= peak + peak / 20, "%zu bytes of metadata became %zu",
	       peak, heap_stat("stats.metadata"));
}
END_TEST

int main(void)
{
	heap_require();
	if (sysconf(_SC_PAGESIZE) != 4096)
		return 77; /* the figures are of pages of 4 KiB */
	const TTest *const each_size[] = {little_for_each_page, NULL};
	const TTest *const others[] = {little_for_each_arena, NULL};
	int failed = suite_run_rows("metadata", each_size, sizeof rows / sizeof *rows);
	return suite_run("arenas", others) != 0 || failed != 0;
}
