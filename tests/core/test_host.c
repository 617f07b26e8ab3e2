/* test_host.c - what the kernel says of the process and the thread: who made it, filters, signals,
 * name. */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "child.h"
#include "expect.h"
#include "suite.h"

enum { UNTOUCHED = 4711 };

static void *ask_if_library_thread(void *at)
{
	*(bool *)at = host_is_library_thread();
	return NULL;
}

static int answer_if_library_thread(void *unused)
{
	(void)unused;
	return host_is_library_thread() ? 1 : 2;
}

static int answer_of(pid_t child)
{
	int status = child_wait(child, "a child that answers");

	expect(WIFEXITED(status), "it ended with %#x", (unsigned)status);
	return WEXITSTATUS(status);
}

START_TEST(library_thread)
{
	static char stack[1 << 16] __attribute__((aligned(16)));
	bool other = false;
	pthread_t thread;

	errno = UNTOUCHED;
	expect(host_is_library_thread() && errno == UNTOUCHED, "the first thread");
	expect(pthread_create(&thread, NULL, ask_if_library_thread, &other) == 0, "no thread");
	pthread_join(thread, NULL);
	expect(other, "a thread of pthread_create()");
	pid_t forked = fork();
	if (forked == 0)
		_exit(answer_if_library_thread(NULL));
	expect(answer_of(forked) == 1, "a child of fork()");
	pid_t past_the_library = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (past_the_library == 0)
		_exit(answer_if_library_thread(NULL));
	expect(answer_of(past_the_library) == 2, "a child past the library");
	expect(answer_of(clone(answer_if_library_thread, stack + sizeof stack,
			       CLONE_VM | CLONE_VFORK | SIGCHLD, NULL)) == 2,
	       "a child that shares our memory");
}
END_TEST

static bool add_filter(void)
{
	struct sock_filter allow_all[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {.len = 1, .filter = allow_all};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void *filters_of_another_thread(void *at)
{
	*(uint32_t *)at = host_filters();
	return NULL;
}

/* The machine that runs the tests may have filters over it, and an old kernel does not count. */
START_TEST(filters)
{
	uint32_t before, other;
	pthread_t thread;

	errno = UNTOUCHED;
	before = host_filters();
	expect(errno == UNTOUCHED, "errno");
	if (!add_filter() || before == HOST_FILTERS_UNKNOWN ||
	    host_filters() == HOST_FILTERS_UNKNOWN)
		return;
	expect(host_filters() == before + 1, "%u filters, not %u", host_filters(), before + 1);
	expect(pthread_create(&thread, NULL, filters_of_another_thread, &other) == 0, "no thread");
	pthread_join(thread, NULL);
	expect(other == before + 1, "%u filters over a new thread", other);
	add_filter();
	expect(host_filters() == before + 2, "%u filters, not %u", host_filters(), before + 2);
}
END_TEST

static bool seen_in_handler;

static void handler(int number)
{
	(void)number;
	seen_in_handler = host_may_be_in_handler();
}

START_TEST(signal_handlers)
{
	sigset_t usr;

	expect(!host_may_be_in_handler(), "not in a handler");
	signal(SIGUSR1, handler);
	expect(!host_may_be_in_handler(), "a handler that does not run");
	errno = UNTOUCHED;
	raise(SIGUSR1);
	expect(seen_in_handler, "the handler is not noticed");
	expect(!host_may_be_in_handler() && errno == UNTOUCHED, "after it");

	/* Blocked for sigwait(): nobody handles it. */
	sigemptyset(&usr);
	sigaddset(&usr, SIGUSR2);
	sigaddset(&usr, SIGRTMIN + 3);
	pthread_sigmask(SIG_BLOCK, &usr, NULL);
	expect(!host_may_be_in_handler(), "a signal that is blocked and has no handler");
	signal(SIGRTMIN + 3, handler);
	expect(host_may_be_in_handler(), "one that has: in doubt, yes");
}
END_TEST

START_TEST(processors)
{
	struct host_cpus cpus, one = {{0}};
	cpu_set_t set;
	unsigned last = 0;

	expect(sched_getaffinity(0, sizeof set, &set) == 0, "affinity");
	memset(&cpus, 0xff, sizeof cpus);
	errno = UNTOUCHED;
	host_cpus_of_thread(&cpus);
	for (unsigned cpu = 0; cpu < HOST_CPUS_MAX; cpu++) {
		bool is_ours = cpu < CPU_SETSIZE && CPU_ISSET(cpu, &set);
		expect(host_cpus_has(&cpus, cpu) == is_ours, "processor %u", cpu);
		if (is_ours)
			last = cpu;
	}
	expect(!host_cpus_has(&cpus, HOST_CPUS_MAX) && errno == UNTOUCHED, "above the last");
	host_bind_thread(&one); /* to none: refused */
	host_cpus_of_thread(&one);
	expect(memcmp(&one, &cpus, sizeof one) == 0, "bound to nothing");
	memset(&one, 0, sizeof one);
	one.words[last / 64] = (uint64_t)1 << last % 64;
	expect(add_filter(), "no filter");
	host_bind_thread(&one);
	host_cpus_of_thread(&one);
	expect(memcmp(&one, &cpus, sizeof one) == 0, "asked for it under a filter");
	expect(errno == UNTOUCHED, "errno");
}
END_TEST

START_TEST(bound)
{
	struct host_cpus cpus, one = {{0}};
	unsigned last = 0;

	host_cpus_of_thread(&cpus);
	for (unsigned cpu = 0; cpu < HOST_CPUS_MAX; cpu++)
		last = host_cpus_has(&cpus, cpu) ? cpu : last;
	one.words[last / 64] = (uint64_t)1 << last % 64;
	host_bind_thread(&one);
	host_cpus_of_thread(&cpus);
	expect(memcmp(&one, &cpus, sizeof one) == 0 && host_cpu() == (int)last, "not bound");
}
END_TEST

START_TEST(name)
{
	char text[32] = "";

	host_name_thread("a thread");
	prctl(PR_GET_NAME, text);
	expect(strcmp(text, "a thread") == 0, "is called %s", text);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {library_thread, filters, signal_handlers, processors, bound,
				      name,           NULL};

	return suite_run("host", cases);
}
