/* test_message.c - messages reach the program's hook, else standard error, and leave errno alone.
 */
#include "message.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "child.h"
#include "expect.h"
#include "moonheap/moonheap.h"
#include "suite.h"

static char said[64];
static void *said_to;

static void listen(void *opaque, const char *text)
{
	said_to = opaque;
	strncat(said, text, sizeof said - strlen(said) - 1);
	errno = ENOTTY;
}

START_TEST(the_hook_gets_text_and_opaque)
{
	API(malloc_message) = listen;
	errno = EDOM;
	message_write("one ");
	expect(said_to == NULL, "an opaque value from nowhere");
	message_write_cb(&said, "two");
	expect(said_to == &said, "the opaque value is lost");
	expect(strcmp(said, "one two") == 0, "%s", said);
	expect(errno == EDOM, "errno is %d", errno);
}
END_TEST

static int say(void *argument)
{
	(void)argument;
	errno = EDOM;
	message_write("to everybody\n");
	return errno == EDOM ? 0 : 1;
}

START_TEST(without_a_hook_it_is_standard_error)
{
	struct child_end end;
	child_run(say, NULL, 20, &end);
	expect(end.signal == 0 && end.status == 0, "%s", child_describe(&end));
	expect(strcmp(end.output, "to everybody\n") == 0, "%s", end.output);
}
END_TEST

static int say_to_nobody(void *argument)
{
	(void)argument;
	close(STDERR_FILENO);
	errno = EDOM;
	message_write("to nobody\n");
	return errno == EDOM ? 0 : 1;
}

START_TEST(a_closed_standard_error_is_no_error)
{
	struct child_end end;
	child_run(say_to_nobody, NULL, 20, &end);
	expect(end.signal == 0 && end.status == 0, "%s", child_describe(&end));
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {
		the_hook_gets_text_and_opaque,
		without_a_hook_it_is_standard_error,
		a_closed_standard_error_is_no_error,
		NULL,
	};
	return suite_run("message", cases);
}
