/* test_checked.c - safety:full: sizes to the byte through every function, every finding in words,
 * and a heap that goes on. */
#include "checked.h"

#include <errno.h>
#include <string.h>
#include "boot.h"
#include "expect.h"
#include "guard.h"
#include "heap_under_test.h"
#include "options.h"
#include "pagemap.h"
#include "said.h"
#include "suite.h"
#include "tcache.h"
#include "thread.h"

static void check_all(void)
{
	expect(boot_ensure(), "boot");
	options.safety = SAFETY_FULL;
	options.safety_action = SAFETY_REPORT;
	options.safety_sample_bytes = 0;
	said_listen();
}

static void expect_said(const char *words)
{
	expect(strstr(said, words) != NULL, "no \"%s\" in: %s", words, said);
	said_forget();
}

static void expect_nothing(void)
{
	expect(said[0] == '\0', "%s", said);
}

/* To the byte, whichever function. */
START_TEST(exact)
{
	check_all();
	for (unsigned sampled = 0; sampled < 2; sampled++) {
		options.safety_sample_bytes = sampled;
		thread_sample(thread_get(), 0);
		for (size_t size = 1; size < 300000; size += 1 + size / 5) {
			char *p = H(malloc)(size);

			expect(H(malloc_usable_size)(p) == size && H(sallocx)(p, 0) == size &&
				       H(nallocx)(size, 0) == size,
			       "%zu", size);
			memset(p, 3, size);
			p = H(realloc)(p, size + 1);
			expect(p[0] == 3 && p[size - 1] == 3, "realloc");
			p[size] = 4;
			expect(H(xallocx)(p, size + 100, 50, 0) == size + 1, "xallocx");
			p = H(rallocx)(p, size + 50, MALLOCX_ZERO);
			expect(p[size] == 4 && p[size + 1] == 0 && p[size + 49] == 0, "rallocx");
			H(sdallocx)(p, size + 50, 0);
			p = H(calloc)(size, 1);
			for (size_t i = 0; i < size; i++)
				expect(p[i] == 0, "calloc");
			memset(p, 1, size);
			H(free_sized)(p, size);
			for (size_t alignment = 16; alignment <= 32768; alignment *= 4) {
				p = H(aligned_alloc)(alignment, size);
				expect(((uintptr_t)p & (alignment - 1)) == 0 &&
					       H(malloc_usable_size)(p) == size,
				       "aligned");
				memset(p, 1, size);
				H(free)(p);
			}
		}
	}
	expect(H(malloc_usable_size)(heap_opaque(H(malloc)(0))) == 1, "malloc(0)");
	expect(H(nallocx)(SIZE_MAX, 0) == 0 && H(nallocx)(SIZE_MAX_CLASS, 0) == 0, "too large");
	errno = 0;
	expect(H(malloc)((size_t)(uintptr_t)heap_opaque((void *)(SIZE_MAX - 4))) == NULL &&
		       errno == ENOMEM,
	       "too large");
	H(sdallocx)(H(pvalloc)(100), 100, 0);
	expect_nothing();
}
END_TEST

START_TEST(overflows)
{
	check_all();
	for (size_t size = 1; size < 200000; size += 1 + size / 3) {
		char *p = heap_opaque(H(malloc)(size));

		p[size] = 1;
		H(free)(p);
		expect_said("overflow: 1 bytes beyond the end of 0x");
	}
	char *p = heap_opaque(H(malloc)(100));

	memset(p + 100, 0, 12);
	H(free)(p);
	expect_said("overflow: the end of the region beyond 0x");
	p = heap_opaque(H(malloc)(100));
	p[103] = 1;
	expect(H(realloc)(p, 200) != NULL, "realloc");
	expect_said("overflow: 4 bytes beyond the end of 0x");
}
END_TEST

START_TEST(freed_twice)
{
	check_all();
	for (size_t size = 10; size < 100000; size *= 7) {
		char *p = H(malloc)(size);

		H(free)(heap_opaque(p));
		H(free)(heap_opaque(p));
		expect_said(size < 10000 ? "double free: free of 0x" : ", which was freed");
		expect(H(realloc)(heap_opaque(p), 50) == NULL, "it is resized");
		expect_said("realloc of 0x");
		expect(H(malloc_usable_size)(heap_opaque(p)) == 0, "it has a size");
		/* Also when nobody holds it back any more. */
		heap_call("thread.tcache.flush");
		expect_nothing();
		if (size < 10000) {
			H(free)(heap_opaque(p));
			expect_said("double free: free of 0x");
		}
	}
	expect(heap_stat("stats.safety.double_frees") >= 6, "not counted");
}
END_TEST

START_TEST(freed_inside)
{
	check_all();
	char *p = H(malloc)(100);

	H(free)(heap_opaque(p + 16));
	expect_said("which is inside an object");
	H(free)(p);
	expect_nothing();
}
END_TEST

START_TEST(sizes)
{
	check_all();
	H(sdallocx)(H(malloc)(100), 101, 0);
	expect_said("<jemalloc>: size mismatch detected (true size 100 vs input size 101), likely "
		    "caused by application sized deallocation bugs (source address: 0x");
	H(free_sized)(H(malloc)(100), 99);
	expect_said("(true size 100 vs input size 99)");
	H(sdallocx)(H(malloc)(100000), 100001, MALLOCX_TCACHE_NONE);
	expect_said("(true size 100000 vs input size 100001)");
	expect(heap_stat("stats.safety.size_mismatches") == 3, "not counted");
}
END_TEST

/* Without safety:full the class is what is known, where the size comes by at all. */
START_TEST(sizes_of_classes)
{
	check_all();
	options.safety = SAFETY_DEFAULT;
	void *p = H(mallocx)(100, MALLOCX_TCACHE_NONE);

	H(sdallocx)(p, 113, MALLOCX_TCACHE_NONE);
	expect_said("(true size 112 vs input size 113)");
	H(sdallocx)(H(mallocx)(100, MALLOCX_TCACHE_NONE), 112, MALLOCX_TCACHE_NONE);
	expect_nothing();
}
END_TEST

START_TEST(counted_as_classes)
{
	check_all();
	struct thread *self = thread_get();
	uint64_t allocated = self->allocated, freed = self->deallocated;
	void *p = H(malloc)(112);

	expect(self->allocated == allocated + 128, "%lu", self->allocated - allocated);
	H(free)(p);
	expect(self->deallocated == freed + 128, "%lu", self->deallocated - freed);
	p = H(malloc)(size_class_large_min);
	expect(((const struct extent *)pagemap_lookup(p))->guards == EXTENT_GUARDED_BOTH,
	       "a large object without guards");
	H(free)(p);
}
END_TEST

int main(void)
{
	return suite_run("checked",
			 (const TTest *[]){exact, overflows, freed_twice, freed_inside, sizes,
					   sizes_of_classes, counted_as_classes, NULL});
}
