/* test_os.c - the page, the clocks, processors, standard error, names; and errno kept. */
#include "os.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "child.h"
#include "expect.h"
#include "os_call.h"
#include "suite.h"

enum { UNTOUCHED = 4711 }; /* an errno that no function sets */

START_TEST(page)
{
	const char *pretended = getenv("MOONHEAP_TEST_PAGE");

	expect(os_page == (pretended != NULL ? strtoul(pretended, NULL, 10)
					     : (unsigned long)sysconf(_SC_PAGESIZE)),
	       "%zu", os_page);
	expect((size_t)1 << os_lg_page == os_page, "lg %u", os_lg_page);
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
	const TTest *const cases[] = {page, clocks, processors, standard_error, thread_name, NULL};

	return suite_run("os", cases);
}
