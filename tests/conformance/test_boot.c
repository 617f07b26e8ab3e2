/* The first call that ever reaches the library, whatever it is and however early it comes. Runs the
 * program first_call with each stage and call. */
#include "child.h"
#include "expect.h"
#include "heap.h"
#include "suite.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void run(const char *stage, const char *call)
{
	char program[] = FIRST_CALL_PROGRAM, stage_text[32], call_text[32];
	char *argv[] = {program, stage_text, call_text, NULL};
	struct child_end end;

	snprintf(stage_text, sizeof stage_text, "%s", stage);
	snprintf(call_text, sizeof call_text, "%s", call);
	child_exec(argv, NULL, 30, &end);
	expect(!end.timed_out && end.signal == 0 && end.status == 0, "first_call %s %s: %s\n%s",
	       stage, call, child_describe(&end), end.output);
}

static void run_all(const char *stage)
{
	static const char *const calls[] = {"malloc",        "malloc-large",
					    "free-null",     "calloc",
					    "realloc",       "posix_memalign",
					    "aligned_alloc", "memalign",
					    "valloc",        "mallocx",
					    "nallocx",       "mallctl",
					    "stats",         "usable-size-of-null",
					    "fork",          "thread",
					    "failing",       "setenv"};
	size_t i;

	for (i = 0; i < sizeof calls / sizeof *calls; i++)
		run(stage, calls[i]);
}

START_TEST(before_all_constructors)
{
	run_all("preinit");
}
END_TEST

START_TEST(in_the_first_constructor)
{
	run_all("constructor");
}
END_TEST

START_TEST(in_main)
{
	run_all("main");
}
END_TEST

/* Options count from the first call on, however early that is. */
START_TEST(options_are_read_in_time)
{
	static const char *const stages[] = {"preinit", "constructor", "main"};
	char confirm[] = "MALLOC_CONF=confirm_conf:true", preload[4096];
	char *environment[] = {confirm, preload, NULL};

	snprintf(preload, sizeof preload, "LD_PRELOAD=%s", getenv("LD_PRELOAD"));
	for (size_t i = heap_is_moonheap() ? 0 : 1; i < sizeof stages / sizeof *stages; i++) {
		char program[] = FIRST_CALL_PROGRAM, stage[32], call[] = "malloc";
		char *argv[] = {program, stage, call, NULL};
		struct child_end end;

		snprintf(stage, sizeof stage, "%s", stages[i]);
		child_exec(argv, environment, 30, &end);
		expect(!end.timed_out && end.signal == 0 && end.status == 0, "%s: %s", stage,
		       child_describe(&end));
		expect(strstr(end.output, "-- Set conf value: confirm_conf:true\n") != NULL,
		       "in %s the environment was not read: %s", stage, end.output);
	}
}
END_TEST

int main(void)
{
	return suite_run("boot",
			 (const TTest *[]){before_all_constructors, in_the_first_constructor,
					   in_main, options_are_read_in_time, NULL});
}
