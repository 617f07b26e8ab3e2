/* test_os_map.c - mappings as the kernel reports them, and errno kept. */
#include "os_map.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include "bits.h"
#include "expect.h"
#include "os.h"
#include "pattern.h"
#include "resident.h"
#include "suite.h"

enum { UNTOUCHED = 4711 }; /* an errno that no function sets */

static bool is_mapped(void *address)
{
	unsigned char in;
	int saved = errno;
	bool mapped = mincore(address, os_page, &in) == 0;

	errno = saved;
	return mapped;
}

START_TEST(map_aligned)
{
	size_t before = mapped_bytes();

	errno = UNTOUCHED;
	for (unsigned lg = os_lg_page; lg <= 30; lg++) {
		size_t alignment = (size_t)1 << lg;
		size_t size = 3 * os_page;
		char *p = os_map(size, alignment);

		expect(p != NULL && ((uintptr_t)p & (alignment - 1)) == 0, "%p at 2^%u", (void *)p,
		       lg);
		expect(pattern_zero(p, size) == size, "a mapping is not zero");
		memset(p, 1, size);
		expect(os_unmap(p, size), "unmap");
		expect(!is_mapped(p), "still mapped at 2^%u", lg);
		/* Neither it nor what was taken to align it is left. */
		expect(TEST_SANITIZED || mapped_bytes() == before, "left behind at 2^%u", lg);
	}
	expect(errno == UNTOUCHED, "errno %d", errno);
}
END_TEST

START_TEST(map_at_a_place)
{
	char *p = os_map(4 * os_page, os_page);

	errno = UNTOUCHED;
	expect(os_unmap(p + os_page, os_page), "unmap a page in the middle");
	expect(os_map_at(p + 2 * os_page, os_page) == NULL, "mapped over a mapping");
	expect(os_map_at(p + os_page, 2 * os_page) == NULL, "mapped half over a mapping");
	expect(os_map_at(p + os_page, os_page) == p + os_page, "refused a free place");
	p[os_page] = 1;
	expect(errno == UNTOUCHED, "errno %d", errno);
	expect(os_unmap(p, 4 * os_page), "unmap all");
}
END_TEST

START_TEST(map_too_much)
{
	errno = UNTOUCHED;
	expect(os_map((size_t)1 << 60, os_page) == NULL, "2^60 bytes");
	expect(os_map(align_down(SIZE_MAX, os_page), os_page) == NULL, "all");
	expect(os_map(os_page, (size_t)1 << 62) == NULL, "an alignment of 2^62");
	expect(os_map(align_down(SIZE_MAX, os_page), (size_t)1 << 62) == NULL, "a wrapping sum");
	expect(errno == UNTOUCHED, "errno %d", errno);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {map_aligned, map_at_a_place, map_too_much, NULL};

	return suite_run("os_map", cases);
}
