/* test_fault.c - the line that is written before the end, whole or cut, and errno kept. */
#include "fault.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include "child.h"
#include "expect.h"
#include "suite.h"

static int die(void *unused)
{
	(void)unused;
	fault_die("one ", "two ", "three", (char *)0);
}

static int warn(void *unused)
{
	(void)unused;
	errno = 4711;
	fault_warn("only ", "words", (char *)0);
	return errno == 4711 ? 0 : 1;
}

static int warn_at_length(void *unused)
{
	static char text[3000];

	(void)unused;
	memset(text, 'x', sizeof text - 1);
	fault_warn("begins ", text, " ends", (char *)0);
	return 0;
}

static int assert_wrong(void *two)
{
	fault_assert(*(int *)two == 2);
	fault_assert(*(int *)two == 3);
	return 0;
}

START_TEST(lines)
{
	struct child_end end;
	int two = 2;

	child_run(die, NULL, 20, &end);
	expect(end.signal == SIGABRT && strcmp(end.output, "<moonheap>: one two three\n") == 0,
	       "%s: %s", child_describe(&end), end.output);
	child_run(warn, NULL, 20, &end);
	expect(end.status == 0 && strcmp(end.output, "<moonheap>: only words\n") == 0, "%s: %s",
	       child_describe(&end), end.output);
	child_run(warn_at_length, NULL, 20, &end);
	expect(end.status == 0 && strlen(end.output) == 512 && end.output[511] == '\n',
	       "%zu characters", strlen(end.output));
	child_run(assert_wrong, &two, 20, &end);
	expect(end.signal == SIGABRT &&
		       strstr(end.output, "assertion failed: *(int *)two == 3 at ") != NULL &&
		       strstr(end.output, "test_fault.c:") != NULL,
	       "%s: %s", child_describe(&end), end.output);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {lines, NULL};

	return suite_run("fault", cases);
}
