/* test_dss.c - address space from sbrk(): what it gives, beside a program that uses it too, and
 * when an arena turns to it. */
#include "dss.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "bits.h"
#include "child.h"
#include "expect.h"
#include "hooks.h"
#include "options.h"
#include "os.h"
#include "page_alloc.h"
#include "pattern.h"
#include "suite.h"

enum { UNTOUCHED = 4711 };

static const size_t size = (size_t)1 << 20;
static bool mmap_fails;
static size_t least_failing = (size_t)4 << 20;

/* The definition of the program wins over that of the C library. Small mappings, of the page map,
 * are to be had. */
void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset)
{
	if (mmap_fails && length > least_failing) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	return (void *)syscall(SYS_mmap, address, length, protection, flags, file, offset);
}

START_TEST(zeroed_aligned_owned)
{
	char *last = NULL;

	errno = UNTOUCHED;
	expect(!dss_owns(&last) && !dss_owns(NULL) && !dss_owns(sbrk(0)), "owns a stranger");
	for (unsigned lg = os_lg_page; lg <= 22; lg++) {
		size_t alignment = (size_t)1 << lg;
		char *p = dss_alloc(size, alignment);

		expect(p != NULL && ((uintptr_t)p & (alignment - 1)) == 0, "%p at 2^%u", (void *)p,
		       lg);
		expect(p > last && pattern_zero(p, size) == size, "not fresh");
		memset(p, 1, size);
		expect(dss_owns(p) && dss_owns(p + size - 1) && !dss_owns(p + size), "not owned");
		last = p + size - 1;
	}
	expect(errno == UNTOUCHED, "errno %d", errno);
}
END_TEST

START_TEST(the_program_uses_it_too)
{
	char *first = dss_alloc(size, os_page);
	char *own = sbrk(1000);
	memset(own, 7, 1000);
	char *second = dss_alloc(size, os_page);

	expect(second >= own + 1000 && pattern_zero(second, size) == size,
	       "in what is the program's");
	memset(second, 1, size);
	memset(first, 1, size);
	expect(own[0] == 7 && own[999] == 7, "the program's was written to");
}
END_TEST

START_TEST(the_end_goes_back)
{
	char *end = sbrk(0);
	char *p = dss_alloc(size, os_page), *q = dss_alloc(size, os_page);

	memset(p, 1, size);
	dss_dalloc(p, size);
	expect((char *)sbrk(0) == q + size && pattern_zero(p + 64, size - 64) == size - 64,
	       "not purged");
	dss_dalloc(q, size);
	expect((char *)sbrk(0) == p && (size_t)(p - end) < os_page, "not both went back");
	expect(dss_alloc(size, os_page) == p && pattern_zero(p, size) == size, "as it was left");
}
END_TEST

START_TEST(ranges_are_given_again)
{
	char *first = dss_alloc(8 * size, os_page);
	char *own = sbrk(16); /* the end is the program's */

	memset(first, 1, 8 * size);
	dss_dalloc(first, 8 * size);
	expect(own != NULL && dss_owns(first) && dss_retained() == 8 * size, "unmapped");
	char *middle = dss_alloc(size, 2 * size);
	expect(middle >= first && middle + size <= first + 8 * size &&
		       pattern_zero(middle, size) == size,
	       "not given again, or not as new");
	memset(middle, 1, size);
	size_t rest = 0;
	for (char *p; (p = dss_alloc(os_page, os_page)) < own; rest += os_page) {
		expect(p >= first && p < first + 8 * size && (p < middle || p >= middle + size) &&
			       pattern_zero(p, os_page) == os_page,
		       "%p", (void *)p);
		memset(p, 1, os_page);
	}
	expect(rest == 7 * size, "%zu bytes of the rest were given", rest);
}
END_TEST

START_TEST(nothing_is_lost_before_an_aligned_one)
{
	dss_alloc(os_page, os_page); /* the end is no multiple of much */
	char *aligned = dss_alloc(size, 4 * size);
	size_t gap = dss_retained();
	expect(gap > 0 && gap < 4 * size, "%zu bytes before it", gap);
	memset(aligned, 1, size);
	for (size_t at = 0; at < gap; at += os_page) {
		char *p = dss_alloc(os_page, os_page);
		expect(p < aligned && dss_owns(p) && pattern_zero(p, os_page) == os_page, "%p",
		       (void *)p);
		memset(p, 1, os_page);
	}
	expect(dss_retained() == 0 && dss_alloc(os_page, os_page) == aligned + size, "more");
}
END_TEST

START_TEST(too_much)
{
	errno = UNTOUCHED;
	expect(dss_alloc((size_t)1 << 60, os_page) == NULL, "2^60 bytes");
	expect(dss_alloc(SIZE_MAX - os_page + 1, os_page) == NULL, "all");
	expect(dss_alloc(size, (size_t)1 << 62) == NULL, "an alignment of 2^62");
	expect(dss_alloc(size, os_page) != NULL, "nothing after a failure");
	expect(errno == UNTOUCHED, "errno %d", errno);
}
END_TEST

static void *take_some(void *unused)
{
	for (int i = 0; i < 200; i++) {
		char *p = dss_alloc(os_page, os_page);

		expect(p != NULL && pattern_zero(p, os_page) == os_page, "shared");
		memset(p, 1, os_page);
	}
	return unused;
}

START_TEST(threads_share_it)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, take_some, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

static struct pages pages;
static struct base base;

/* An extent of an arena that prefers this. */
static struct extent *extent_of(uint8_t precedence, extent_hooks_t *hooks)
{
	memset(&pages, 0, sizeof pages);
	base_init(&base);
	base_alloc(&base, 1, 0); /* from mmap() in any case */
	dss_set_default(precedence);
	pages_init(&pages, 77, &base, hooks, -1, 0);
	return pages_alloc(&pages, 8 * os_page, 0, false);
}

START_TEST(precedence)
{
	extent_hooks_t own = hooks_default;

	expect(dss_default() == DSS_SECONDARY, "%u", dss_default());
	struct extent *extent = extent_of(DSS_PRIMARY, &hooks_default);
	expect(extent != NULL && dss_owns(extent->address) && extent->zeroed, "primary");
	expect(dss_default() == DSS_PRIMARY && options.dss == DSS_SECONDARY, "what is set");
	extent = extent_of(DSS_SECONDARY, &hooks_default);
	expect(extent != NULL && !dss_owns(extent->address), "secondary, but first");
	extent = extent_of(DSS_DISABLED, &hooks_default);
	expect(extent != NULL && !dss_owns(extent->address), "disabled");
	extent = extent_of(DSS_PRIMARY, &own);
	expect(extent != NULL && !dss_owns(extent->address), "in spite of the program's hooks");
}
END_TEST

START_TEST(when_mmap_fails)
{
	extent_of(DSS_SECONDARY, &hooks_default);
	mmap_fails = true;
	struct extent *extent = pages_alloc(&pages, 16 * size, 0, false);
	mmap_fails = false;
	expect(extent != NULL && dss_owns(extent->address), "no memory");
	expect(pattern_zero(extent->address, 16 * size) == 16 * size, "not zero");
	extent_of(DSS_DISABLED, &hooks_default);
	mmap_fails = true;
	extent = pages_alloc(&pages, 16 * size, 0, false);
	mmap_fails = false;
	expect(extent == NULL, "memory from nowhere");
}
END_TEST

/* Without the page map no memory of the segment can be used. */
START_TEST(nothing_is_left_behind)
{
	char *end = sbrk(0);

	extent_of(DSS_SECONDARY, &hooks_default);
	least_failing = 0;
	mmap_fails = true;
	for (int i = 0; i < 100; i++) {
		struct extent *extent = pages_alloc(&pages, 16 * size, 0, false);
		expect(extent == NULL, "no page map leads to %p", extent->address);
	}
	mmap_fails = false;
	expect((size_t)((char *)sbrk(0) - end) <= os_page, "%zu bytes are left behind",
	       (size_t)((char *)sbrk(0) - end));
	expect(pages.abandoned == 0, "%zu bytes abandoned", pages.abandoned);
}
END_TEST

START_TEST(it_is_never_unmapped)
{
	unsigned char in[8 * 16]; /* mincore() counts the kernel's pages */

	options.retain = false;
	struct extent *extent = extent_of(DSS_PRIMARY, &hooks_default);
	char *address = extent->address;
	memset(address, 1, 8 * os_page);
	sbrk(16); /* the end is the program's */
	pages_dalloc(&pages, extent);
	pages_purge(&pages, true);
	expect(mincore(address, 8 * os_page, in) == 0 && (in[1] & 1) == 0, "unmapped, or full");
	extent = pages_alloc(&pages, 8 * os_page, 0, false);
	expect(extent->address == address && extent->zeroed &&
		       pattern_zero(address, 8 * os_page) == 8 * os_page,
	       "not given again");
	pages_dalloc(&pages, extent);
	pages_destroy(&pages);
	expect(pages.abandoned == 0, "%zu bytes abandoned", pages.abandoned);
	expect(dss_alloc(8 * os_page, os_page) == address, "a destroyed arena keeps it");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {zeroed_aligned_owned,
				      the_program_uses_it_too,
				      too_much,
				      threads_share_it,
				      precedence,
				      when_mmap_fails,
				      the_end_goes_back,
				      ranges_are_given_again,
				      nothing_is_lost_before_an_aligned_one,
				      nothing_is_left_behind,
				      it_is_never_unmapped,
				      NULL};

	return suite_run("dss", cases);
}
