/* test_trap.c - what a fault on a guarded object says, what happens then, and that faults of others
 * are theirs: each in a process of its own. */
#include "trap.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "boot.h"
#include "checked.h"
#include "child.h"
#include "expect.h"
#include "guard.h"
#include "heap_under_test.h"
#include "options.h"
#include "os.h"
#include "os_call.h"
#include "suite.h"
#include "unwind.h"
#include "thread.h"

static void sample_all(uint8_t action)
{
	expect(boot_ensure(), "boot");
	options.safety = SAFETY_SAMPLED;
	options.safety_action = action;
	options.safety_sample_bytes = 1;
	thread_sample(thread_get(), 0);
	unwind_boot();
	trap_install();
}

/* A guarded object of 100 bytes at the start, or the end, of its page; hidden from the compiler,
 * which would rightly complain about what is done with it. */
static volatile char *object_at(bool start)
{
	char *volatile p;

	do
		p = H(malloc)(100);
	while ((((uintptr_t)p & (os_page - 1)) == 0) != start);
	return p;
}

static int overflow(void *action)
{
	sample_all(*(uint8_t *)action);
	object_at(false)[112 + 5] = 1;
	return 0;
}

static int underflow(void *action)
{
	sample_all(*(uint8_t *)action);
	return object_at(true)[-2] != 0;
}

static int use_after_free(void *action)
{
	sample_all(*(uint8_t *)action);
	volatile char *p = object_at(true);

	H(free)((void *)p);
	p[7] = 1;
	p[8] = 1;
	return p[7] != 1;
}

static uint8_t with_abort = SAFETY_ABORT, with_report = SAFETY_REPORT, with_ignore = SAFETY_IGNORE;

static void expect_words(int (*body)(void *), const char *words)
{
	struct child_end end;

	child_run(body, &with_abort, 20, &end);
	/* A sanitizer has a handler of its own, which ends with a status, or aborts. */
	expect(end.signal == SIGSEGV ||
		       (TEST_SANITIZED && (end.status != 0 || end.signal == SIGABRT)),
	       "%s: %s: %s", words, child_describe(&end), end.output);
	expect(strstr(end.output, words) != NULL, "no \"%s\" in %s", words, end.output);
	expect(strstr(end.output, "(100 bytes, size class 112, arena 0)") != NULL, "%s",
	       end.output);
	expect(strstr(end.output, "made by") != NULL, "%s", end.output);
	expect(strstr(end.output, "allocated by thread ") != NULL, "%s", end.output);

	child_run(body, &with_report, 20, &end);
	expect(end.signal == 0 && end.status == 0, "%s: %s: %s", words, child_describe(&end),
	       end.output);
	expect(strstr(end.output, words) != NULL, "no \"%s\" in %s", words, end.output);

	child_run(body, &with_ignore, 20, &end);
	expect(end.signal == 0 && end.status == 0 && end.output[0] == '\0', "%s: %s: %s", words,
	       child_describe(&end), end.output);
}

START_TEST(words)
{
	expect_words(overflow, "overflow: a write at 0x");
	expect_words(overflow, "5 bytes behind the end of the object at 0x");
	expect_words(underflow, "underflow: a read at 0x");
	expect_words(underflow, "2 bytes before the start of the object at 0x");
	expect_words(use_after_free, "use after free: a write at 0x");
	expect_words(use_after_free, "7 bytes inside the object at 0x");
	expect_words(use_after_free, "freed by thread ");
}
END_TEST

/* A large object that is held back after it was freed, and begins inside its page. */
static volatile char *held_with_a_lead(uint8_t action)
{
	expect(boot_ensure(), "boot");
	options.cache_oblivious = true;
	large_boot();
	char *volatile p = H(malloc)(300000);

	expect(((uintptr_t)p & 4095) >= 64, "%p begins at its page", p);
	/* Only now: it would be guarded, and need no lead. Nobody has a cache at that level. */
	options.safety = SAFETY_FULL;
	thread_cache_set_enabled(thread_get(), true); /* looks at the options again */
	options.safety_action = action;
	checked_begin(p, 300000);
	unwind_boot();
	trap_install();
	H(free)(p);
	return p;
}

static int use_of_held(void *action)
{
	return held_with_a_lead(*(uint8_t *)action)[7] == 1;
}

static int use_before_held(void *action)
{
	return held_with_a_lead(*(uint8_t *)action)[-7] == 1;
}

START_TEST(held_back)
{
	struct child_end end;

	child_run(use_of_held, &with_report, 20, &end);
	expect(strstr(end.output, "use after free: a read at 0x") != NULL &&
		       strstr(end.output, " 7 bytes inside the large object at 0x") != NULL &&
		       strstr(end.output, "(300000 bytes, size class 327680, arena 0)") != NULL,
	       "%s", end.output);
	child_run(use_before_held, &with_report, 20, &end);
	expect(strstr(end.output, " 7 bytes before the start of the large object at 0x") != NULL,
	       "%s", end.output);
}
END_TEST

/* After a report the slot serves again, clean. */
static int goes_on(void *unused)
{
	(void)unused;
	options.safety_slots = 16;
	sample_all(SAFETY_REPORT);
	for (unsigned i = 0; i < 100; i++) {
		volatile char *p = object_at(i % 2 != 0);

		H(free)((void *)p);
		p[i] = 1;
		char *zero = H(calloc)(1, 300);

		for (unsigned j = 0; j < 300; j++)
			expect(zero[j] == 0, "what was written shows");
		H(free)(zero);
	}
	return 0;
}

START_TEST(a_slot_after_a_report)
{
	struct child_end end;

	child_run(goes_on, NULL, 20, &end);
	expect(end.signal == 0 && end.status == 0, "%s: %s", child_describe(&end), end.output);
}
END_TEST

static int no_mprotect(enum os_call call)
{
	return call == OS_CALL_mprotect ? ENOMEM : 0;
}

/* The program was to go on, but the page cannot be opened: no fault after fault without end. */
static int cannot_be_opened(void *unused)
{
	(void)unused;
	sample_all(SAFETY_REPORT);
	volatile char *p = object_at(false);

	__atomic_store_n(&os_call_fault, no_mprotect, __ATOMIC_SEQ_CST);
	p[112 + 5] = 1;
	return 0;
}

START_TEST(a_page_that_stays_closed)
{
	struct child_end end;

	child_run(cannot_be_opened, NULL, 20, &end);
	/* A sanitizer, which takes the fault that is left to it, has ways of its own to end. */
	expect(!end.timed_out && (TEST_SANITIZED ? end.signal != 0 || end.status != 0
						 : end.signal == SIGSEGV),
	       "%s: %s", child_describe(&end), end.output);
	expect(strstr(end.output, "overflow: a write at 0x") != NULL, "%s", end.output);
}
END_TEST

/* ---- the program's own handlers ---- */

static sigjmp_buf back;
static volatile int handled;

static void jump_back(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	handled = info->si_addr != NULL;
	siglongjmp(back, 1);
}

static void count_it(int number)
{
	handled += number == SIGSEGV;
}

static int own_handler_for_own_fault(void *unused)
{
	struct sigaction action = {.sa_sigaction = jump_back, .sa_flags = SA_SIGINFO};
	char *hole = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)unused;
	sigaction(SIGSEGV, &action, NULL);
	sample_all(SAFETY_ABORT);
	for (unsigned i = 0; i < 3; i++) {
		handled = 0;
		if (sigsetjmp(back, 1) == 0)
			*(volatile char *)hole = 1;
		expect(handled == 1, "the program's handler was not called");
	}
	return 0;
}

/* Told, and then it is the program's turn. */
static int own_handler_for_our_fault(void *unused)
{
	struct sigaction action = {.sa_sigaction = jump_back, .sa_flags = SA_SIGINFO};

	(void)unused;
	sigaction(SIGSEGV, &action, NULL);
	sample_all(SAFETY_ABORT);
	volatile char *p = object_at(false);

	if (sigsetjmp(back, 1) == 0)
		p[112] = 1;
	return handled == 1 ? 0 : 1;
}

static int sent_signal_counts(void *unused)
{
	struct sigaction action = {.sa_handler = count_it};

	(void)unused;
	sigaction(SIGSEGV, &action, NULL);
	sample_all(SAFETY_ABORT);
	raise(SIGSEGV);
	raise(SIGSEGV);
	return handled == 2 ? 0 : 1;
}

static int ignored_when_sent(void *unused)
{
	(void)unused;
	signal(SIGSEGV, SIG_IGN);
	sample_all(SAFETY_ABORT);
	raise(SIGSEGV);
	return 0;
}

static int once_only(void *unused)
{
	struct sigaction action = {.sa_handler = count_it, .sa_flags = (int)SA_RESETHAND};

	(void)unused;
	sigaction(SIGSEGV, &action, NULL);
	sample_all(SAFETY_ABORT);
	raise(SIGSEGV);
	expect(handled == 1, "not called");
	raise(SIGSEGV);
	return 0;
}

static int default_when_sent(void *unused)
{
	(void)unused;
	signal(SIGSEGV, SIG_DFL);
	sample_all(SAFETY_ABORT);
	raise(SIGSEGV);
	return 0;
}

static volatile uintptr_t opaque_address = 8;

static int default_for_own_fault(void *unused)
{
	signal(SIGSEGV, SIG_DFL);
	sample_all(SAFETY_REPORT);
	(void)unused;
	*(volatile char *)opaque_address = 1;
	return 0;
}

static int on_another_stack(void *unused)
{
	static char other_stack[65536];
	stack_t alternative = {.ss_sp = other_stack, .ss_size = sizeof other_stack};

	(void)unused;
	sigaltstack(&alternative, NULL);
	sample_all(SAFETY_REPORT);
	object_at(false)[112] = 1;
	return 0;
}

static void expect_end(int (*body)(void *), int signal, const char *said, const char *what)
{
	struct child_end end;

	child_run(body, NULL, 20, &end);
	expect(end.signal == signal && end.status == 0, "%s: %s: %s", what, child_describe(&end),
	       end.output);
	if (said == NULL)
		expect(end.output[0] == '\0', "%s: %s", what, end.output);
	else
		expect(strstr(end.output, said) != NULL, "%s: %s", what, end.output);
}

START_TEST(others)
{
	expect_end(own_handler_for_own_fault, 0, NULL, "the program's own fault");
	expect_end(own_handler_for_our_fault, 0, "overflow: ", "a guarded object and a handler");
	expect_end(sent_signal_counts, 0, NULL, "a signal that is sent");
	expect_end(ignored_when_sent, 0, NULL, "one that is ignored");
	expect_end(once_only, SIGSEGV, NULL, "a handler for once");
	expect_end(default_when_sent, SIGSEGV, NULL, "one that nobody handles");
	expect_end(default_for_own_fault, SIGSEGV, NULL, "a fault that nobody handles");
	expect_end(on_another_stack, 0, "overflow: ", "a stack for signals");
}
END_TEST

int main(void)
{
	return suite_run("trap", (const TTest *[]){words, held_back, a_slot_after_a_report,
						   a_page_that_stays_closed, others, NULL});
}
