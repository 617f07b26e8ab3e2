/* test_creator.c - who made something: the running thread, by number and name, and its caller. */
#include "creator.h"

#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "expect.h"
#include "os.h"
#include "os_call.h"
#include "suite.h"
#include "unwind.h"

static void *note_named(void *creator)
{
	prctl(PR_SET_NAME, "a-name-of-fifteen-letters");
	creator_note_thread(creator);
	return (void *)(uintptr_t)syscall(SYS_gettid);
}

START_TEST(it_is_the_running_thread)
{
	struct creator creator;
	pthread_t thread;
	void *number;
	memset(&creator, 0xff, sizeof(creator));
	expect(pthread_create(&thread, NULL, note_named, &creator) == 0, "no thread");
	pthread_join(thread, &number);
	expect(creator.thread == (uint32_t)(uintptr_t)number, "thread %u", creator.thread);
	expect(strcmp(creator.thread_name, "a-name-of-fifte") == 0, "%s", creator.thread_name);
	expect(creator.caller[0] == '\0', "called from %s", creator.caller);
}
END_TEST

/* In this program the library is part of the program, so that the first caller beyond it is that of
 * main(). */
START_TEST(its_caller_is_told)
{
	struct creator creator;
	prctl(PR_SET_NAME, "who-asks"); /* under an emulator the program's is that one's */
	unwind_boot();
	creator_note_call(&creator);
	expect(creator.thread == (uint32_t)getpid(), "thread %u", creator.thread);
	expect(strcmp(creator.thread_name, "who-asks") == 0, "%s", creator.thread_name);
	void *caller;
	if (unwind_here(&caller, 1) == 0)
		return; /* no tables here to find it by */
	expect(creator.caller[0] != '\0' && strcspn(creator.caller, "/ ") == strlen(creator.caller),
	       "%s", creator.caller);
	expect(strstr(creator.caller, "+0x") != NULL, "%s", creator.caller);
}
END_TEST

static int refuse_prctl(enum os_call call)
{
	return call == OS_CALL_prctl ? 22 : 0;
}

START_TEST(a_name_that_is_refused_is_empty)
{
	struct creator creator;
	os_call_fault = refuse_prctl;
	creator_note_thread(&creator);
	os_call_fault = NULL;
	expect(creator.thread != 0 && creator.thread_name[0] == '\0', "%s", creator.thread_name);
}
END_TEST

START_TEST(a_name_is_cut_to_fit)
{
	char name[5] = "xxxx";
	prctl(PR_SET_NAME, "abcdefgh");
	os_thread_name(name, sizeof(name));
	expect(strcmp(name, "abcd") == 0, "%s", name);
	os_thread_name(name, 1);
	expect(name[0] == '\0', "%s", name);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {it_is_the_running_thread, its_caller_is_told,
				      a_name_that_is_refused_is_empty, a_name_is_cut_to_fit, NULL};
	return suite_run("creator", cases);
}
