/* test_os.c - mapping, purging, the clocks: effects as the kernel reports them, and errno kept. */
#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "bits.h"
#include "child.h"
#include "expect.h"
#include "os_call.h"
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

static bool is_mapped(void *address)
{
	unsigned char in;
	int saved = errno;
	bool mapped = mincore(address, os_page, &in) == 0;

	errno = saved;
	return mapped;
}

/* Pages of address space that the process has. */
static size_t mapped_pages(void)
{
	char text[64] = "";
	int saved = errno;
	int fd = open("/proc/self/statm", O_RDONLY);
	size_t pages = 0;

	expect(fd >= 0 && read(fd, text, sizeof text - 1) > 0 && sscanf(text, "%zu", &pages) == 1,
	       "cannot read /proc/self/statm");
	close(fd);
	errno = saved;
	return pages;
}

static bool is_zero(const char *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (p[i] != 0)
			return false;
	return true;
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

START_TEST(page)
{
	const char *pretended = getenv("MOONHEAP_TEST_PAGE");

	expect(os_page == (pretended != NULL ? strtoul(pretended, NULL, 10)
					     : (unsigned long)sysconf(_SC_PAGESIZE)),
	       "%zu", os_page);
	expect((size_t)1 << os_lg_page == os_page, "lg %u", os_lg_page);
}
END_TEST

START_TEST(map_aligned)
{
	size_t before = mapped_pages();

	errno = UNTOUCHED;
	for (unsigned lg = os_lg_page; lg <= 30; lg++) {
		size_t alignment = (size_t)1 << lg;
		size_t size = 3 * os_page;
		char *p = os_map(size, alignment);

		expect(p != NULL && ((uintptr_t)p & (alignment - 1)) == 0, "%p at 2^%u", (void *)p,
		       lg);
		expect(is_zero(p, size), "a mapping is not zero");
		memset(p, 1, size);
		expect(os_unmap(p, size), "unmap");
		expect(!is_mapped(p), "still mapped at 2^%u", lg);
		/* Neither it nor what was taken to align it is left. */
		expect(TEST_SANITIZED || mapped_pages() == before, "left behind at 2^%u", lg);
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
	expect(is_zero(p, size / 2) && p[size / 2] == 1, "purged what it should not, or not all");
	memset(p, 1, size);
	expect(os_purge_lazy(p, size), "lazy");
	memset(p, 2, size);
	expect(p[0] == 2 && p[size - 1] == 2, "lazily purged memory cannot be used");
	expect(os_unmap(p, size), "unmap");
	expect(!os_purge_forced(p, size) && !os_purge_lazy(p, size), "purged what is not mapped");
	expect(errno == UNTOUCHED, "errno %d", errno);
}
END_TEST

START_TEST(move)
{
	size_t size = 4 * os_page, before = mapped_pages();
	char *from = os_map(size, os_page);
	char *to = os_map(2 * size, os_page);
	char *third = os_map(2 * size, os_page);

	errno = UNTOUCHED;
	memset(from, 7, size);
	memset(to, 8, 2 * size);
	expect(os_move(from, to, size), "move");
	expect(to[0] == 7 && to[size - 1] == 7, "contents did not move");
	expect(to[size] == 8, "more was moved");
	expect(is_zero(from, size), "the old place does not read as zero");
	from[0] = 1; /* and can be used */
	/* Again, out of a range that is two mappings for the kernel by now; not every one can. */
	if (os_move(to, third, 2 * size))
		expect(third[0] == 7 && third[2 * size - 1] == 8 && is_zero(to, 2 * size), "again");
	else
		expect(third[0] == 0 && to[0] == 7 && to[2 * size - 1] == 8, "failed half-way");
	expect(errno == UNTOUCHED, "errno %d", errno);
	os_unmap(from, size);
	os_unmap(to, 2 * size);
	os_unmap(third, 2 * size);
	expect(TEST_SANITIZED || mapped_pages() == before, "left behind");
}
END_TEST

static int move_beyond_a_limit(void *unused)
{
	struct rlimit limit = {1 << 20, 1 << 20}; /* of address space: nothing more can be had */
	size_t size = 4 * os_page;
	char *from = os_map(size, os_page), *to = os_map(size, os_page);

	(void)unused;
	memset(from, 7, size);
	memset(to, 8, size);
	if (setrlimit(RLIMIT_AS, &limit) != 0 || os_move(from, to, size))
		return 1;
	return from[0] == 7 && from[size - 1] == 7 && to[0] == 8 && to[size - 1] == 8 ? 0 : 2;
}

START_TEST(a_failed_move_changes_nothing)
{
	struct child_end end;

	child_run(move_beyond_a_limit, NULL, 20, &end);
	expect(end.signal == 0 && end.status == 0, "%s: %s", child_describe(&end), end.output);
}
END_TEST

START_TEST(clocks)
{
	uint64_t coarse = os_now_ns(), exact = os_now_precise_ns();

	usleep(30000);
	expect(os_now_precise_ns() - exact >= 29000000, "the exact clock stands");
	expect(os_now_ns() - coarse >= 20000000, "the coarse clock stands");
	expect(os_now_ns() <= os_now_precise_ns(), "the coarse clock is ahead");
	expect(os_now_precise_ns() - os_now_ns() < 20000000, "the coarse clock is far behind");
}
END_TEST

START_TEST(processors)
{
	expect(os_cpus() >= 1 && os_cpus() <= (unsigned)sysconf(_SC_NPROCESSORS_CONF), "%u CPUs",
	       os_cpus());
	expect(!os_is_privileged(), "a test runs with rights of somebody else");
}
END_TEST

static int write_long(void *unused)
{
	(void)unused;
	errno = UNTOUCHED;
	os_write_stderr("abcdef", 5);
	return errno == UNTOUCHED ? 0 : 1;
}

static int write_nowhere(void *unused)
{
	(void)unused;
	close(STDERR_FILENO);
	errno = UNTOUCHED;
	os_write_stderr("abcdef", 5);
	return errno == UNTOUCHED ? 0 : 1;
}

START_TEST(standard_error)
{
	struct child_end end;

	child_run(write_long, NULL, 20, &end);
	expect(end.signal == 0 && end.status == 0 && strcmp(end.output, "abcde") == 0, "%s: \"%s\"",
	       child_describe(&end), end.output);
	child_run(write_nowhere, NULL, 20, &end);
	expect(end.signal == 0 && end.status == 0, "closed: %s", child_describe(&end));
}
END_TEST

static int refuse_prctl(enum os_call call)
{
	return call == OS_CALL_prctl ? EPERM : 0;
}

/* A thread without a name, where the system does not tell: a free may be what asks. */
START_TEST(thread_name)
{
	char name[16];

	errno = UNTOUCHED;
	os_thread_name(name, sizeof name);
	expect(name[0] != '\0' && errno == UNTOUCHED, "\"%s\", errno %d", name, errno);
	os_call_fault = refuse_prctl;
	os_thread_name(name, sizeof name);
	os_call_fault = NULL;
	expect(name[0] == '\0' && errno == UNTOUCHED, "\"%s\", errno %d", name, errno);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {page,
				      map_aligned,
				      map_at_a_place,
				      map_too_much,
				      a_purge_that_keeps,
				      purge,
				      a_failed_move_changes_nothing,
				      move,
				      clocks,
				      processors,
				      standard_error,
				      thread_name,
				      NULL};

	return suite_run("os", cases);
}
