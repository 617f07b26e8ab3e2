/* test_page_guard.c - pages without access round slabs and large objects: there while the extent
 * is, gone when it goes; counts; what the kernel refuses. */
#include "page_guard.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "arenas.h"
#include "boot.h"
#include "child.h"
#include "expect.h"
#include "heap_under_test.h"
#include "options.h"
#include "random.h"
#include "suite.h"
#include "trap.h"
#include "unwind.h"

static void guard_all(void)
{
	expect(boot_ensure(), "boot");
	options.san_guard_small = 1;
	options.san_guard_large = 1;
}

static bool is_readable(const void *p)
{
	return os_is_readable(p);
}

START_TEST(round_a_large_object)
{
	guard_all();
	for (size_t size = size_class_large_min; size < (size_t)4 << 20; size *= 2) {
		size_t active = heap_stat("stats.active");
		char *p = H(mallocx)(size, MALLOCX_TCACHE_NONE | MALLOCX_ZERO);

		expect(heap_stat("stats.active") == active + size, "guards are counted as memory");
		expect(((uintptr_t)p & (os_page - 1)) == 0, "not at a page");
		expect(H(malloc_usable_size)(p) == size, "usable");
		for (size_t i = 0; i < size; i += 512)
			expect(p[i] == 0, "not zero");
		memset(p, 1, size);
		expect(!is_readable(p - 8) && !is_readable(p + size), "no guards round %zu", size);
		H(dallocx)(p, MALLOCX_TCACHE_NONE);
		expect(heap_stat("stats.active") == active, "not given back");
		expect(page_guard_count() == 0, "a guard stays");
	}
}
END_TEST

START_TEST(aligned)
{
	guard_all();
	for (size_t alignment = 2 * os_page; alignment <= (size_t)4 << 20; alignment *= 2) {
		char *p = H(mallocx)(100000, MALLOCX_ALIGN(alignment) | MALLOCX_TCACHE_NONE);

		expect(((uintptr_t)p & (alignment - 1)) == 0, "%p", (void *)p);
		size_t usable = H(sallocx)(p, 0);

		memset(p, 1, usable);
		expect(!is_readable(p + usable), "no guard behind");
		H(dallocx)(p, MALLOCX_TCACHE_NONE);
	}
	expect(page_guard_count() == 0, "a guard stays");
}
END_TEST

START_TEST(round_a_slab)
{
	void *objects[2000];

	guard_all();
	unsigned index = heap_arena_create(NULL);
	int flags = MALLOCX_ARENA(index) | MALLOCX_TCACHE_NONE;

	for (unsigned i = 0; i < 2000; i++) {
		objects[i] = H(mallocx)(200, flags);
		memset(objects[i], 1, 200);
		const struct extent *slab = pagemap_lookup(objects[i]);

		expect(slab->guards == EXTENT_GUARDED_BOTH, "no guards");
		expect(!is_readable((char *)slab->address - 8) && !is_readable(extent_end(slab)),
		       "readable");
	}
	size_t most = page_guard_count();

	expect(most > 1, "%zu slabs", most);
	for (unsigned i = 0; i < 2000; i++)
		H(dallocx)(objects[i], flags);
	expect(page_guard_count() < most, "slabs stay");
	heap_arena_call(index, "reset");
	expect(page_guard_count() == 0, "a guard stays");
	expect(arenas_get(index)->pages.nactive == 0, "%zu pages",
	       arenas_get(index)->pages.nactive);
	heap_arena_call(index, "destroy");
}
END_TEST

/* realloc() moves what has guards, and nothing is lost. */
START_TEST(resizing)
{
	guard_all();
	char *p = H(malloc)(20000);

	memset(p, 5, 20000);
	for (size_t size = 20000; size < (size_t)8 << 20; size *= 2) {
		p = H(realloc)(p, size * 2);
		for (size_t i = 0; i < 20000; i++)
			expect(p[i] == 5, "lost at %zu", size);
		size_t usable = H(malloc_usable_size)(p);

		expect(!is_readable(p - 8) && !is_readable(p + usable), "no guards");
		expect(H(xallocx)(p, usable * 2, 0, 0) == usable, "it grew through its guard");
	}
	p = H(realloc)(p, 20000);
	expect(p[0] == 5 && p[19999] == 5, "lost");
	H(free)(p);
}
END_TEST

START_TEST(each_third)
{
	void *objects[300];
	unsigned with = 0;

	expect(boot_ensure(), "boot");
	options.san_guard_large = 3;
	for (unsigned i = 0; i < 300; i++) {
		objects[i] = H(mallocx)(50000, MALLOCX_TCACHE_NONE);
		with += ((const struct extent *)pagemap_lookup(objects[i]))->guards != 0;
	}
	expect(with == 100, "%u of 300", with);
	expect(heap_stat("stats.safety.guarded_extents") == 100, "not counted");
	for (unsigned i = 0; i < 300; i++)
		H(dallocx)(objects[i], MALLOCX_TCACHE_NONE);
}
END_TEST

/* Beyond the limit objects have no guards, and that is all. */
START_TEST(too_many)
{
	enum { N = 5000 };
	static void *objects[N];
	unsigned with = 0;

	guard_all();
	for (unsigned i = 0; i < N; i++) {
		objects[i] = H(malloc)(40000);
		expect(objects[i] != NULL, "%u", i);
		with += ((const struct extent *)pagemap_lookup(objects[i]))->guards != 0;
	}
	expect(with > 4000 && with < N, "%u", with);
	for (unsigned i = 0; i < N; i++)
		H(free)(objects[i]);
}
END_TEST

static int overrun(void *beyond)
{
	guard_all();
	options.safety_action = SAFETY_REPORT;
	unwind_boot();
	trap_install();
	volatile char *p = H(malloc)(20480);

	p[*(int *)beyond] = 1;
	H(free)((void *)p);
	return page_guard_count() != 0;
}

START_TEST(told)
{
	struct child_end end;
	int behind = 20480 + 3, before = -1;

	child_run(overrun, &behind, 20, &end);
	expect(end.signal == 0, "%s: %s", child_describe(&end), end.output);
	expect(strstr(end.output, "3 bytes behind the end of the large object at 0x") != NULL &&
		       strstr(end.output, "(size class 20480, arena ") != NULL,
	       "%s", end.output);
	child_run(overrun, &before, 20, &end);
	expect(strstr(end.output, "1 bytes before the start of the large object at 0x") != NULL,
	       "%s", end.output);
}
END_TEST

/* Objects come and go, as with every other extent: nothing is left inaccessible. */
START_TEST(reuse)
{
	enum { N = 100 };
	char *objects[N] = {NULL};
	struct random random;

	random_init(&random, test_seed());
	guard_all();
	for (unsigned i = 0; i < 20000; i++) {
		size_t at = random_below(&random, N);
		size_t size = 1 + random_below(&random, i % 3 == 0 ? 200000 : 3000);

		options.san_guard_small = i % 2;
		options.san_guard_large = i % 5;
		H(free)(objects[at]);
		objects[at] = H(malloc)(size);
		memset(objects[at], 1, H(malloc_usable_size)(objects[at]));
	}
	for (unsigned i = 0; i < N; i++)
		H(free)(objects[i]);
}
END_TEST

int main(void)
{
	return suite_run("page_guard",
			 (const TTest *[]){round_a_large_object, aligned, round_a_slab, resizing,
					   each_third, too_many, told, reuse, NULL});
}
