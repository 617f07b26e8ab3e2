/* test_os_purge.c - what has memory behind it after a purge, and errno kept. */
#include "os_purge.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "expect.h"
#include "os.h"
#include "os_map.h"
#include "pattern.h"
#include "suite.h"

enum { UNTOUCHED = 4711 }; /* an errno that no function sets */

static const size_t many = 64;

/* Pages of the range that have memory behind them. */
static size_t pages_in_memory(void *address, size_t size)
{
	unsigned char in[1024]; /* of the kernel's own, which may be smaller than os_page says */
	size_t kernel_page = (size_t)sysconf(_SC_PAGESIZE), count = 0;

	expect(size / kernel_page <= sizeof in, "too many pages for the test");
	expect(mincore(address, size, in) == 0, "mincore: %s", strerror(errno));
	for (size_t i = 0; i < size / kernel_page; i += os_page / kernel_page)
		count += in[i] & 1;
	return count;
}

static bool madvise_drops_nothing;

/* The program's definition wins over the C library's: a system that takes MADV_DONTNEED for a hint.
 */
int madvise(void *address, size_t size, int advice)
{
	if (madvise_drops_nothing && advice == MADV_DONTNEED)
		return 0;
	return (int)syscall(SYS_madvise, address, size, advice);
}

START_TEST(a_purge_that_keeps)
{
	size_t size = 2 * os_page;
	char *p = os_map(size, os_page);

	errno = UNTOUCHED;
	memset(p, 1, size);
	madvise_drops_nothing = true;
	expect(!os_purge_forced(p, size) && p[0] == 1, "purged by a hint");
	expect(!os_purge_forced(p, size), "forgotten what was found out");
	os_trust_purge();
	expect(os_purge_forced(p, size), "not trusted");
	expect(errno == UNTOUCHED, "errno %d", errno);
	os_unmap(p, size);
}
END_TEST

START_TEST(purge)
{
	size_t size = many * os_page;
	char *p = os_map(size, os_page);

	errno = UNTOUCHED;
	memset(p, 1, size);
	expect(pages_in_memory(p, size) == many, "touched pages are in memory");
	expect(os_purge_forced(p, size / 2), "forced");
	expect(pages_in_memory(p, size) == many / 2, "%zu pages are left",
	       pages_in_memory(p, size));
	expect(pattern_zero(p, size / 2) == size / 2 && p[size / 2] == 1,
	       "purged what it should not, or not all");
	memset(p, 1, size);
	expect(os_purge_lazy(p, size), "lazy");
	memset(p, 2, size);
	expect(p[0] == 2 && p[size - 1] == 2, "lazily purged memory cannot be used");
	expect(os_unmap(p, size), "unmap");
	expect(!os_purge_forced(p, size) && !os_purge_lazy(p, size), "purged what is not mapped");
	expect(errno == UNTOUCHED, "errno %d", errno);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {a_purge_that_keeps, purge, NULL};

	return suite_run("os_purge", cases);
}
