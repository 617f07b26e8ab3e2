/* The *allocx() functions at their edges: flags, sizes out of range, resizing in place. */
#include "expect.h"
#include "heap_under_test.h"
#include "pattern.h"
#include "size_formula.h"
#include "suite.h"
#include <errno.h>
#include <limits.h>
#include <string.h>

enum { UNTOUCHED = 4711 }; /* an errno that no function sets */

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The numbers are part of the binary interface. */
_Static_assert(MALLOCX_ZERO == 0x40, "MALLOCX_ZERO");
_Static_assert(MALLOCX_TCACHE_NONE == 0x100, "MALLOCX_TCACHE_NONE");
_Static_assert(MALLOCX_TCACHE(0) == 0x200, "MALLOCX_TCACHE");
_Static_assert(MALLOCX_TCACHE(4093) == 0xfff00, "MALLOCX_TCACHE");
_Static_assert(MALLOCX_ARENA(0) == 0x100000, "MALLOCX_ARENA");
_Static_assert((unsigned)MALLOCX_ARENA(4094) == 0xfff00000u, "MALLOCX_ARENA");
_Static_assert(MALLOCX_LG_ALIGN(12) == 12, "MALLOCX_LG_ALIGN");
_Static_assert(MALLOCX_ALIGN(4096) == 12, "MALLOCX_ALIGN");
_Static_assert(MALLOCX_ALIGN((size_t)1 << 40) == 40, "MALLOCX_ALIGN");
_Static_assert(MALLCTL_ARENAS_ALL == 4096 && MALLCTL_ARENAS_DESTROYED == 4097, "MALLCTL_ARENAS");
_Static_assert(sizeof(extent_hooks_t) == 72, "extent_hooks_t");

START_TEST(nallocx_is_the_formula)
{
	size_t sizes[SIZE_CLASS_COUNT], i;
	int lg_align;

	size_classes(sizes);
	for (i = 0; i < SIZE_CLASS_COUNT; i++) {
		expect(H(nallocx)(sizes[i], 0) == sizes[i], "nallocx(%zu) is %zu", sizes[i],
		       H(nallocx)(sizes[i], 0));
		expect(H(nallocx)(sizes[i] + 1, 0) == (i + 1 < SIZE_CLASS_COUNT ? sizes[i + 1] : 0),
		       "nallocx(%zu) is %zu", sizes[i] + 1, H(nallocx)(sizes[i] + 1, 0));
	}
	for (i = 1; i < 40000; i += 7)
		for (lg_align = 0; lg_align < 30; lg_align++) {
			size_t expected = lg_align == 0
						  ? size_rounded(i)
						  : size_rounded_aligned(i, (size_t)1 << lg_align);

			expect(H(nallocx)(i, MALLOCX_LG_ALIGN(lg_align)) == expected,
			       "nallocx(%zu, 2^%d) is %zu, not %zu", i, lg_align,
			       H(nallocx)(i, MALLOCX_LG_ALIGN(lg_align)), expected);
		}
}
END_TEST

START_TEST(nallocx_out_of_range)
{
	expect(H(nallocx)(SIZE_CLASS_MAX, 0) == SIZE_CLASS_MAX, "the largest class is missing");
	expect(H(nallocx)(SIZE_CLASS_MAX + 1, 0) == 0, "beyond the largest class");
	expect(H(nallocx)(SIZE_MAX, 0) == 0, "SIZE_MAX");
	expect(H(nallocx)(SIZE_MAX, MALLOCX_ALIGN(64)) == 0, "SIZE_MAX, aligned");
	expect(H(nallocx)(SIZE_MAX - 100, MALLOCX_ALIGN(4096)) == 0, "near SIZE_MAX, aligned");
	expect(H(nallocx)(8, MALLOCX_LG_ALIGN(63)) == 0, "alignment 2^63");
	/* flags that have nothing to do with size change nothing */
	expect(H(nallocx)(100, MALLOCX_ZERO | MALLOCX_TCACHE_NONE | MALLOCX_ARENA(0)) == 112,
	       "other flags");
}
END_TEST

START_TEST(mallocx_by_flags)
{
	static const size_t sizes[] = {1, 100, 3000, 14336, 16384, 100000, 5 << 20};
	static const int others[] = {0, MALLOCX_ZERO, MALLOCX_TCACHE_NONE, MALLOCX_ARENA(0),
				     MALLOCX_ZERO | MALLOCX_TCACHE_NONE | MALLOCX_ARENA(0)};
	size_t s, o;
	int lg_align;

	for (s = 0; s < COUNT(sizes); s++)
		for (o = 0; o < COUNT(others); o++)
			for (lg_align = 0; lg_align <= 24; lg_align++) {
				int flags = others[o] | MALLOCX_LG_ALIGN(lg_align);
				size_t usable = H(nallocx)(sizes[s], flags);
				void *ptr = H(mallocx)(sizes[s], flags);

				expect(ptr != NULL && (uintptr_t)ptr % ((size_t)1 << lg_align) == 0,
				       "mallocx(%zu, %#x) gives %p", sizes[s], (unsigned)flags,
				       ptr);
				expect(H(sallocx)(ptr, 0) == usable,
				       "mallocx(%zu, %#x): usable size %zu, nallocx() says %zu",
				       sizes[s], (unsigned)flags, H(sallocx)(ptr, 0), usable);
				if (flags & MALLOCX_ZERO)
					expect(pattern_zero(ptr, sizes[s]) == sizes[s],
					       "mallocx(%zu, %#x) is not zero", sizes[s],
					       (unsigned)flags);
				memset(ptr, 0xff, usable);
				H(dallocx)(ptr, flags);
			}
}
END_TEST

START_TEST(failures_keep_the_object)
{
	static const size_t too_large[] = {SIZE_MAX, PTRDIFF_MAX, SIZE_CLASS_MAX + 1,
					   SIZE_CLASS_MAX, (size_t)1 << 47};
	unsigned char *small = H(mallocx)(100, 0), *large = H(mallocx)(100000, 0);
	size_t i;

	pattern_fill(small, 100, 1);
	pattern_fill(large, 100000, 2);
	errno = UNTOUCHED;
	for (i = 0; i < COUNT(too_large); i++) {
		volatile size_t size = too_large[i];

		expect(H(mallocx)(size, 0) == NULL, "mallocx(%zu)", size);
		expect(H(mallocx)(size, MALLOCX_ALIGN(64)) == NULL, "mallocx(%zu), aligned", size);
		expect(H(mallocx)(size, MALLOCX_ZERO) == NULL, "mallocx(%zu), zero", size);
		expect(H(rallocx)(small, size, 0) == NULL, "rallocx(%zu)", size);
		expect(H(rallocx)(large, size, MALLOCX_ALIGN(1 << 20)) == NULL, "rallocx(%zu)",
		       size);
		expect(H(xallocx)(small, size, 0, 0) == 112, "xallocx(small, %zu)", size);
		expect(H(xallocx)(large, size, 0, 0) == 114688, "xallocx(large, %zu)", size);
	}
	expect(H(mallocx)(8, MALLOCX_LG_ALIGN(63)) == NULL, "alignment 2^63");
	expect(H(mallocx)(8, MALLOCX_LG_ALIGN(62)) == NULL, "alignment 2^62");
	expect(H(rallocx)(small, 8, MALLOCX_LG_ALIGN(63)) == NULL, "alignment 2^63");
	/* what the system says to a request of its own may show, and nothing else */
	expect(errno == UNTOUCHED || errno == ENOMEM, "errno became %d", errno);
	expect(pattern_check(small, 100, 100, 1) == 100, "the small object changed");
	expect(pattern_check(large, 100000, 100000, 2) == 100000, "the large object changed");
	H(dallocx)(small, 0);
	H(dallocx)(large, 0);
}
END_TEST

/* An arena that nobody created: no memory, or memory that can be used; never a crash. */
START_TEST(arenas_that_do_not_exist)
{
	static const unsigned arenas[] = {100, 1000, 4094};
	size_t i;

	for (i = 0; i < COUNT(arenas); i++) {
		void *ptr = H(mallocx)(100, MALLOCX_ARENA(arenas[i]) | MALLOCX_TCACHE_NONE);

		if (ptr != NULL)
			H(dallocx)(memset(ptr, 1, 100), MALLOCX_TCACHE_NONE);
		else
			expect(heap_is_moonheap(), "arena %u has no memory", arenas[i]);
	}
	expect(H(mallocx)(100, 0) != NULL, "the heap does not go on");
}
END_TEST

/* Slots of automatic arenas start when they are named. */
START_TEST(automatic_arenas_start_when_named)
{
	unsigned count = heap_get_unsigned("opt.narenas"), i;

	for (i = 0; i < count; i++) {
		void *ptr = H(mallocx)(100, MALLOCX_ARENA(i) | MALLOCX_TCACHE_NONE);

		expect(ptr != NULL, "arena %u has no memory", i);
		expect(heap_arena_of(ptr) == i, "asked from arena %u, came from %u", i,
		       heap_arena_of(ptr));
		H(dallocx)(ptr, MALLOCX_TCACHE_NONE);
	}
}
END_TEST

START_TEST(rallocx_zeroes_what_it_adds)
{
	static const size_t sizes[] = {1, 100, 1000, 14336, 20000, 100000, 1 << 20, 4 << 20};
	size_t from, to;

	for (from = 0; from < COUNT(sizes); from++)
		for (to = from + 1; to < COUNT(sizes); to++) {
			unsigned char *dirty = H(mallocx)(sizes[to], 0), *ptr;
			size_t old;

			H(dallocx)(memset(dirty, 0xff, sizes[to]), 0);
			ptr = H(mallocx)(sizes[from], 0);
			old = H(sallocx)(ptr, 0);
			memset(ptr, 0xee, old);
			ptr = H(rallocx)(ptr, sizes[to], MALLOCX_ZERO);
			expect(ptr[0] == 0xee && ptr[old - 1] == 0xee, "contents lost");
			expect(pattern_zero(ptr + old, sizes[to] - old) == sizes[to] - old,
			       "rallocx from %zu to %zu: byte %zu is not zero", sizes[from],
			       sizes[to], old + pattern_zero(ptr + old, sizes[to] - old));
			H(dallocx)(ptr, 0);
		}
}
END_TEST

START_TEST(rallocx_aligns)
{
	int lg_align;

	for (lg_align = 0; lg_align <= 22; lg_align++) {
		unsigned char *ptr = H(mallocx)(300, 0);

		pattern_fill(ptr, 300, 3);
		ptr = H(rallocx)(ptr, 400, MALLOCX_LG_ALIGN(lg_align));
		expect((uintptr_t)ptr % ((size_t)1 << lg_align) == 0, "rallocx to 2^%d gives %p",
		       lg_align, (void *)ptr);
		expect(pattern_check(ptr, 300, 300, 3) == 300, "contents lost");
		H(sdallocx)(ptr, 400, MALLOCX_LG_ALIGN(lg_align));
	}
}
END_TEST

START_TEST(xallocx_of_small_objects_changes_nothing)
{
	void *ptr = H(mallocx)(100, 0);

	expect(H(xallocx)(ptr, 100, 0, 0) == 112, "the same size");
	expect(H(xallocx)(ptr, 112, 0, 0) == 112, "its usable size");
	expect(H(xallocx)(ptr, 113, 0, 0) == 112, "one more");
	expect(H(xallocx)(ptr, 50, 100, 0) == 112, "less, and extra");
	expect(H(xallocx)(ptr, 1, 0, 0) == 112, "much less");
	expect(H(xallocx)(ptr, 1 << 20, 0, 0) == 112, "much more");
	expect(H(xallocx)(ptr, SIZE_CLASS_MAX + 1, 0, 0) == 112, "more than there is");
	expect(H(xallocx)(ptr, 100, SIZE_MAX - 100, 0) == 112, "extra beyond all bounds");
	H(dallocx)(ptr, 0);
}
END_TEST

START_TEST(xallocx_of_large_objects)
{
	unsigned char *ptr = H(mallocx)(1 << 20, 0);
	size_t usable;

	memset(ptr, 1, 1 << 20);
	expect(H(xallocx)(ptr, 100, 0, 0) == 1 << 20, "a large object became small");
	expect(H(xallocx)(ptr, (1 << 20) - 1, 0, 0) == 1 << 20, "the same class");
	expect(H(xallocx)(ptr, SIZE_MAX, 0, 0) == 1 << 20, "SIZE_MAX");
	expect(H(xallocx)(ptr, 600000, 0, 0) == 655360, "does not shrink");
	expect(H(xallocx)(ptr, 16384, 0, 0) == 16384, "does not shrink to the least");
	expect(ptr[16383] == 1, "contents changed");
	/* growing depends on what lies behind: all that counts is that the answer is true */
	usable = H(xallocx)(ptr, 16385, 0, MALLOCX_ZERO);
	expect(usable == 16384 || usable == 20480, "grew to %zu", usable);
	if (usable > 16384)
		expect(pattern_zero(ptr + 16384, usable - 16384) == usable - 16384,
		       "grown by memory that is not zero");
	expect(H(sallocx)(ptr, 0) == usable, "sallocx() says %zu", H(sallocx)(ptr, 0));
	H(dallocx)(ptr, 0);
}
END_TEST

/* An alignment that the object does not have cannot be had in place. */
START_TEST(xallocx_refuses_an_alignment)
{
	unsigned char *ptr = NULL;
	void *before[8];
	unsigned i;

	/* one of several lies off a multiple of 1 GiB */
	for (i = 0; i < 8; i++) {
		before[i] = H(mallocx)(1 << 20, 0);
		if ((uintptr_t)before[i] % (1 << 30) != 0)
			ptr = before[i];
	}
	expect(ptr != NULL, "all objects lie at multiples of 1 GiB");
	expect(H(xallocx)(ptr, 500000, 0, MALLOCX_LG_ALIGN(30)) == 1 << 20, "resized");
	for (i = 0; i < 8; i++)
		H(dallocx)(before[i], 0);
}
END_TEST

START_TEST(sdallocx_takes_any_size_in_between)
{
	static const size_t sizes[] = {1, 7, 100, 1025, 14336, 14337, 100000, 3 << 20};
	size_t i;

	for (i = 0; i < COUNT(sizes); i++) {
		H(sdallocx)(H(mallocx)(sizes[i], 0), sizes[i], 0);
		H(sdallocx)(H(mallocx)(sizes[i], 0), H(nallocx)(sizes[i], 0), 0);
		H(sdallocx)(H(mallocx)(sizes[i], MALLOCX_ALIGN(64)), sizes[i], MALLOCX_ALIGN(64));
		H(sdallocx)
		(H(mallocx)(sizes[i], MALLOCX_ALIGN(8192)), sizes[i],
		 MALLOCX_ALIGN(8192) | MALLOCX_TCACHE_NONE);
	}
}
END_TEST

/* Statistics and messages reach the function that the program named. */
static unsigned pieces;
static char cookie;

static void count_piece(void *opaque, const char *text)
{
	expect(opaque == &cookie, "another pointer than was given");
	expect(text != NULL && text[0] != '\0', "a piece of nothing");
	pieces++;
}

static void count_message(void *opaque, const char *text)
{
	(void)opaque;
	(void)text;
	pieces++;
}

START_TEST(statistics_go_where_told)
{
	H(malloc_stats_print)(count_piece, &cookie, "");
	expect(pieces > 0, "nothing was printed");
	pieces = 0;
	H(malloc_stats_print)(count_piece, &cookie, "J");
	expect(pieces > 0, "nothing was printed as JSON");
	pieces = 0;
	H(malloc_message) = count_message;
	H(malloc_stats_print)(NULL, NULL, NULL);
	H(malloc_message) = NULL;
	expect(pieces > 0, "malloc_message was not called");
}
END_TEST

int main(void)
{
	return suite_run(
		"api_mallocx",
		(const TTest *[]){nallocx_is_the_formula, nallocx_out_of_range, mallocx_by_flags,
				  failures_keep_the_object, arenas_that_do_not_exist,
				  automatic_arenas_start_when_named, rallocx_zeroes_what_it_adds,
				  rallocx_aligns, xallocx_of_small_objects_changes_nothing,
				  xallocx_of_large_objects, xallocx_refuses_an_alignment,
				  sdallocx_takes_any_size_in_between, statistics_go_where_told,
				  NULL});
}
