/* test_start.c - a process that has no memory when its constructors run is a whole one later: what
 * waits for memory is done at the first call that finds some.
 *
 * From before any constructor on, the system refuses memory to this program. */
#include "boot.h"
#include "thread.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "child.h"
#include "ctl_read.h"
#include "expect.h"
#include "heap_under_test.h"
#include "options.h"
#include "os_call.h"
#include "page_due.h"
#include "suite.h"

const char *mh_malloc_conf = "safety:sampled,background_thread:true,no_such_option:1";

static unsigned refusals, lines;

static int refuse_memory(enum os_call call)
{
	if (call != OS_CALL_mmap)
		return 0;
	__atomic_add_fetch(&refusals, 1, __ATOMIC_RELAXED);
	return ENOMEM;
}

static void count_lines(void *opaque, const char *text)
{
	(void)opaque;
	lines += strstr(text, "no_such_option") != NULL;
}

static void before_constructors(void)
{
	os_call_fault = refuse_memory;
	API(malloc_message) = count_lines;
}
__attribute__((section(".preinit_array"),
	       used)) static void (*const preinit)(void) = before_constructors;

static bool is_trap_set(void)
{
	struct sigaction action;
	sigaction(SIGSEGV, NULL, &action);
	return (action.sa_flags & SA_SIGINFO) != 0;
}

/* Without memory every call says so; what needs none is answered. */
START_TEST(without_memory)
{
	expect(refusals > 0 && !boot_is_done(), "there was memory");
	expect(lines == 1, "the options were read %u times", lines);
	expect(H(nallocx)(100, 0) == 112, "nallocx: %zu", H(nallocx)(100, 0));
	expect(H(nallocx)(100, MALLOCX_ALIGN(4096)) == 4096, "nallocx, aligned");
	errno = 0;
	expect(H(malloc)(100) == NULL && errno == ENOMEM, "malloc: %d", errno);
	expect(H(calloc)(10, 10) == NULL && H(realloc)(NULL, 10) == NULL, "calloc, realloc");
	expect(H(mallocx)(100, MALLOCX_ARENA(1)) == NULL, "mallocx");
	H(free)(NULL);
	/* A sanitizer has a handler of its own. */
	expect((TEST_SANITIZED || !is_trap_set()) && pages_alarm == NULL, "begun without memory");
	expect(lines == 1, "the options were read %u times", lines);
}
END_TEST

START_TEST(with_memory_later)
{
	os_call_fault = NULL;
	char *p = H(malloc)(100);
	expect(p != NULL && boot_is_done(), "no memory");
	memset(p, 1, 100);
	H(free)(p);
	expect(lines == 1, "the options were read %u times", lines);
	expect(is_trap_set(), "no handler of faults");
	expect(pages_alarm != NULL, "nobody purges");
	expect(heap_get_bool("background_thread"), "no background thread");
}
END_TEST

/* Handlers of fork() are there, whenever memory came. */
START_TEST(forks)
{
	os_call_fault = NULL;
	H(free)(H(malloc)(100));
	pid_t child = fork();
	if (child == 0)
		_exit(heap_get_bool("background_thread") ? 1 : 0);
	int status = child_wait(child, "the child");
	expect(status == 0, "the child has a background thread, it thinks: %d", status);
}
END_TEST

int main(void)
{
	return suite_run("start",
			 (const TTest *[]){without_memory, with_memory_later, forks, NULL});
}
