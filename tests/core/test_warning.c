/* test_warning.c - the options abort and xmalloc: what is said, and who goes on. */
#include "warning.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "child.h"
#include "expect.h"
#include "heap_under_test.h"
#include "hooks.h"
#include "options.h"
#include "os.h"
#include "os_map.h"
#include "os_call.h"
#include "suite.h"

static bool told;

static int warn(void *unused)
{
	(void)unused;
	warning_once(&told, "<jemalloc>: something\n");
	warning_once(&told, "<jemalloc>: something\n");
	return 3;
}

START_TEST(abort_is_about_warnings)
{
	struct child_end end;

	child_run(warn, NULL, 20, &end);
	expect(end.status == 3 && strcmp(end.output, "<jemalloc>: something\n") == 0,
	       "%s, told: %s", child_describe(&end), end.output);
	options.abort = true;
	child_run(warn, NULL, 20, &end);
	expect(end.signal == SIGABRT && strcmp(end.output, "<jemalloc>: something\n") == 0,
	       "%s, told: %s", child_describe(&end), end.output);
}
END_TEST

static int refuse_munmap(enum os_call call)
{
	return call == OS_CALL_munmap ? ENOMEM : 0;
}

static int fail_to_unmap(void *unused)
{
	(void)unused;
	void *p = os_map(os_page, os_page);

	os_call_fault = refuse_munmap;
	struct extent_events events = {0};
	return hooks_dalloc(&hooks_default, p, os_page, true, 0, &events) ? 1 : 5;
}

START_TEST(a_mapping_that_stays)
{
	struct child_end end;

	child_run(fail_to_unmap, NULL, 20, &end);
	expect(end.status == 5 && strstr(end.output, "<jemalloc>: Error in munmap(): ") != NULL,
	       "%s, told: %s", child_describe(&end), end.output);
	options.abort = true;
	child_run(fail_to_unmap, NULL, 20, &end);
	expect(end.signal == SIGABRT, "%s", child_describe(&end));
}
END_TEST

static volatile size_t huge = (size_t)1 << 60;
static void *something;

static void by_malloc(void)
{
	H(malloc)(huge);
}

static void by_calloc(void)
{
	H(calloc)(huge, 1);
}

static void by_calloc_overflow(void)
{
	H(calloc)(huge, huge);
}

static void by_realloc(void)
{
	something = H(realloc)(something, huge);
}

static void by_realloc_of_null(void)
{
	something = H(realloc)(NULL, huge);
}

static void by_posix_memalign(void)
{
	expect(H(posix_memalign)(&something, 64, huge) == ENOMEM, "not ENOMEM");
}

static void by_bad_alignment(void)
{
	expect(H(posix_memalign)(&something, 3, 100) == EINVAL, "not EINVAL");
}

static void by_aligned_alloc(void)
{
	H(aligned_alloc)(64, huge);
}

static void by_mallocx(void)
{
	H(mallocx)(huge, 0);
}

static void by_rallocx(void)
{
	something = H(rallocx)(something, huge, 0);
}

static const struct {
	void (*call)(void);
	const char *text;
} rows[] = {
	{by_malloc, "<jemalloc>: Error in malloc(): out of memory\n"},
	{by_calloc, "<jemalloc>: Error in calloc(): out of memory\n"},
	{by_calloc_overflow, "<jemalloc>: Error in calloc(): out of memory\n"},
	{by_realloc, "<jemalloc>: Error in realloc(): out of memory\n"},
	{by_realloc_of_null, "<jemalloc>: Error in malloc(): out of memory\n"},
	{by_posix_memalign, "<jemalloc>: Error allocating aligned memory: out of memory\n"},
	{by_bad_alignment, "<jemalloc>: Error allocating aligned memory: invalid alignment\n"},
	{by_aligned_alloc, "<jemalloc>: Error allocating aligned memory: out of memory\n"},
	{by_mallocx, "<jemalloc>: Error in mallocx(): out of memory\n"},
	{by_rallocx, "<jemalloc>: Error in rallocx(): out of memory\n"},
};

static int call(void *row)
{
	rows[*(int *)row].call();
	return 7;
}

START_TEST(xmalloc)
{
	struct child_end end;

	something = H(malloc)(100);
	child_run(call, &_i, 20, &end);
	expect(end.status == 7 && end.output[0] == '\0', "%s, told: %s", child_describe(&end),
	       end.output);
	options.xmalloc = true;
	child_run(call, &_i, 20, &end);
	expect(end.signal == SIGABRT && strcmp(end.output, rows[_i].text) == 0, "%s, told: %s",
	       child_describe(&end), end.output);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {abort_is_about_warnings, a_mapping_that_stays, NULL};
	const TTest *const calls[] = {xmalloc, NULL};
	int result = suite_run("warning", cases);

	return suite_run_rows("xmalloc", calls, sizeof rows / sizeof *rows) != 0 ? 1 : result;
}
