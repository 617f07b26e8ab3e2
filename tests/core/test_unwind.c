/* test_unwind.c - the callers of a place, through code without frame pointers, through the C
 * library, out of a signal handler; and that a broken stack ends the walk. */
#include "unwind.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include "expect.h"
#include "os.h"
#include "suite.h"

#if __has_attribute(noclone) /* copies of a function lie elsewhere */
#define NOINLINE __attribute__((noinline, noclone))
#else
#define NOINLINE __attribute__((noinline))
#endif

enum { MOST = 40 };
static void *stack[MOST];
static unsigned depth;
static volatile int keep;

/* Whether an address is in a function, or close behind its start: none here is long. */
static bool is_in(const void *address, uintptr_t function)
{
	return (uintptr_t)address > function &&
	       (uintptr_t)address < function + (TEST_SANITIZED ? 2000 : 400);
}

static unsigned count_in(uintptr_t function)
{
	unsigned n = 0;

	for (unsigned i = 0; i < depth; i++)
		n += is_in(stack[i], function);
	return n;
}

NOINLINE static void look(void)
{
	depth = unwind_here(stack, MOST);
	keep++;
}

NOINLINE static void recurse(unsigned n)
{
	char room[100 + 32];

	memset(room, (int)n, sizeof room);
	if (n == 0)
		look();
	else
		recurse(n - 1);
	keep += room[n];
}

START_TEST(through_calls)
{
	unwind_boot();
	recurse(5);
	expect(count_in((uintptr_t)look) >= 1, "not the place itself");
	expect(count_in((uintptr_t)recurse) >= 6, "%u of 6 calls", count_in((uintptr_t)recurse));
	expect(depth > 7 && depth < MOST, "%u frames: the walk has no end or no beginning", depth);
}
END_TEST

START_TEST(no_more_than_asked_for)
{
	unwind_boot();
	void *few[4] = {NULL, NULL, NULL, &few};

	expect(unwind_here(few, 3) == 3, "not three");
	expect(few[3] == &few && few[2] != NULL, "written beyond the end");
}
END_TEST

static int compare(const void *a, const void *b)
{
	look();
	return *(const int *)a - *(const int *)b;
}

START_TEST(through_the_c_library)
{
	int two[2] = {2, 1};

	unwind_boot();
	qsort(two, 2, sizeof two[0], compare);
	expect(count_in((uintptr_t)compare) >= 1, "the callback is not there");
	expect(count_in((uintptr_t)through_the_c_library_fn) >= 1, "the caller of qsort() is not");
}
END_TEST

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	depth = unwind_from(context, stack, MOST);
}

NOINLINE static void raise_here(void)
{
	keep++;
	raise(SIGUSR1);
	keep++;
}

START_TEST(from_a_handler)
{
	static char other_stack[65536];
	stack_t alternative = {.ss_sp = other_stack, .ss_size = sizeof other_stack};
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	unwind_boot();
	sigaltstack(&alternative, NULL);
	sigaction(SIGUSR1, &action, NULL);
	raise_here();
	expect(count_in((uintptr_t)raise_here) >= 1, "the interrupted call is not there");
	expect(count_in((uintptr_t)from_a_handler_fn) >= 1, "its caller is not");
}
END_TEST

static void look_in_handler(int number)
{
	(void)number;
	look();
	keep++;
}

/* From inside a handler, over the frame that the kernel made, to another stack. */
START_TEST(through_a_handler)
{
	static char other_stack[65536];
	stack_t alternative = {.ss_sp = other_stack, .ss_size = sizeof other_stack};
	struct sigaction action = {.sa_handler = look_in_handler, .sa_flags = SA_ONSTACK};

	unwind_boot();
	sigaltstack(&alternative, NULL);
	sigaction(SIGUSR1, &action, NULL);
	raise_here();
	expect(count_in((uintptr_t)look_in_handler) >= 1, "the handler is not there");
	expect(count_in((uintptr_t)raise_here) >= 1, "what it interrupted is not");
}
END_TEST

/* Registers that lead into nothing. */
START_TEST(a_broken_stack)
{
	ucontext_t context;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *hole =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	unwind_boot();
	os_boot();
	memset(&context, 0, sizeof context);
	mprotect(hole + page, page, PROT_NONE);
	const uintptr_t places[] = {0,
				    1,
				    8,
				    (uintptr_t)hole + page,
				    (uintptr_t)hole + page - 8,
				    (uintptr_t)hole + page - 16,
				    UINTPTR_MAX - 7,
				    UINTPTR_MAX};
	for (unsigned i = 0; i < ARRAY_LEN(places); i++) {
		for (unsigned j = 0; j < ARRAY_LEN(places); j++) {
#if defined(__x86_64__)
			context.uc_mcontext.gregs[REG_RSP] = (greg_t)places[i];
			context.uc_mcontext.gregs[REG_RBP] = (greg_t)places[j];
			context.uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)recurse + 20;
#else
			context.uc_mcontext.sp = places[i];
			context.uc_mcontext.regs[29] = places[j];
			context.uc_mcontext.pc = (uintptr_t)recurse + 20;
#endif
			expect(unwind_from(&context, stack, MOST) <= 2, "a stack out of nothing");
		}
	}
}
END_TEST

START_TEST(addresses_in_words)
{
	char line[600];
	struct fmt f;

	unwind_boot();
	fmt_begin(&f, line, sizeof line);
	unwind_tell(&f, (void *)(uintptr_t)srand48);
	expect(strstr(line, "libc.so") != NULL && strstr(line, "+0x") != NULL, "%s", line);
	fmt_begin(&f, line, sizeof line);
	unwind_tell(&f, (void *)(uintptr_t)16);
	expect(strcmp(line, "0x10") == 0, "%s", line);
}
END_TEST

int main(void)
{
	os_boot();
	return suite_run("unwind",
			 (const TTest *[]){through_calls, no_more_than_asked_for,
					   through_the_c_library, from_a_handler, through_a_handler,
					   a_broken_stack, addresses_in_words, NULL});
}
