/* test_watcher.c - the thread that nobody asked for: it is there when a process with several
 * threads leaves memory unused and waits, it ends when its work is done, and it is never where it
 * could do harm. */
#include "watcher.h"

#include <dirent.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "alloc.h"
#include "arenas.h"
#include "boot.h"
#include "child.h"
#include "expect.h"
#include "lock.h"
#include "os.h"
#include "purger.h"
#include "suite.h"

enum { DECAY_MS = 800, PATIENCE_MS = 10000, NPAGES = 500 };

static struct arena *first(void)
{
	expect(boot_ensure(), "boot");
	expect(arena_set_decay_ms(arenas_get(0), PAGES_DIRTY, DECAY_MS) == 0, "decay");
	thread_get();
	return arenas_get(0);
}

static void make_dirty(size_t npages)
{
	struct extent *extent = pages_alloc(&arenas_get(0)->pages, npages * os_page, 0, false);

	expect(extent != NULL, "no memory");
	pages_dalloc(&arenas_get(0)->pages, extent);
	purger_tick(); /* as every slow path does */
}

static size_t dirty(void)
{
	struct pages *pages = &arenas_get(0)->pages;

	lock_take(&pages->lock);
	size_t npages = pages->sets[PAGES_DIRTY].npages + pages->nrecent + pages->in_transit;
	lock_drop(&pages->lock);
	return npages;
}

static size_t threads(void)
{
	struct purger_stats stats;

	purger_stats(&stats);
	return stats.threads;
}

/* As the kernel counts them, of the whole process. */
static unsigned tasks(void)
{
	DIR *directory = opendir("/proc/self/task");
	unsigned n = 0;

	while (readdir(directory) != NULL)
		n++;
	closedir(directory);
	return n - 2;
}

static bool is_clean_within(unsigned ms)
{
	for (unsigned waited = 0; waited < ms && dirty() != 0; waited += 10)
		usleep(10000);
	return dirty() == 0;
}

static bool is_gone_within(unsigned ms)
{
	for (unsigned waited = 0; waited < ms && threads() != 0; waited += 10)
		usleep(10000);
	return threads() == 0;
}

static pthread_barrier_t here, leave;

static void *wait_attached(void *unused)
{
	thread_get();
	pthread_barrier_wait(&here);
	pthread_barrier_wait(&leave);
	return unused;
}

/* A second thread, that uses the allocator and then waits. */
static pthread_t second(void)
{
	pthread_t thread;

	pthread_barrier_init(&here, NULL, 2);
	pthread_barrier_init(&leave, NULL, 2);
	expect(pthread_create(&thread, NULL, wait_attached, NULL) == 0, "no thread");
	pthread_barrier_wait(&here);
	return thread;
}

START_TEST(an_idle_process_is_cleaned)
{
	first();
	pthread_t thread = second();
	unsigned before = tasks();

	for (int round = 0; round < 2; round++) {
		make_dirty(NPAGES);
		expect(threads() == 1 && tasks() == before + 1, "%zu threads", threads());
		expect(!purger_enabled(), "background_thread reads true");
		expect(is_clean_within(PATIENCE_MS), "%zu pages are not purged", dirty());
		expect(is_gone_within(PATIENCE_MS), "the watcher stays");
		usleep(100000);
		expect(tasks() == before, "its thread stays");
	}
	pthread_barrier_wait(&leave);
	pthread_join(thread, NULL);
}
END_TEST

START_TEST(one_thread_is_left_alone)
{
	first();
	unsigned before = tasks();

	for (int i = 0; i < 100; i++) {
		make_dirty(NPAGES);
		usleep(10000);
		expect(tasks() == before && threads() == 0, "a thread in a process with one");
	}
	/* And when it has one again. */
	pthread_t thread = second();

	pthread_barrier_wait(&leave);
	pthread_join(thread, NULL);
	usleep(50000);
	before = tasks(); /* the sanitizer may have one of its own now */
	for (int i = 0; i < 50; i++) {
		make_dirty(NPAGES);
		usleep(10000);
		expect(tasks() == before && threads() == 0, "a thread in a process with one again");
	}
	/* Its own thread comes by and does it. */
	usleep(2 * DECAY_MS * 1000);
	for (int i = 0; i < 100 && dirty() != 0; i++) {
		purger_tick();
		usleep(20000);
	}
	expect(dirty() == 0, "%zu pages are not purged", dirty());
}
END_TEST

START_TEST(little_is_not_worth_it)
{
	first();
	pthread_t thread = second();

	make_dirty(16);
	usleep(100000);
	expect(threads() == 0, "a thread for 16 pages");
	make_dirty(NPAGES);
	expect(threads() == 1, "no thread");
	expect(is_clean_within(PATIENCE_MS), "%zu pages are not purged", dirty());
	pthread_barrier_wait(&leave);
	pthread_join(thread, NULL);
}
END_TEST

static void *leave_dirty(void *unused)
{
	thread_get();
	make_dirty(NPAGES);
	return unused;
}

START_TEST(threads_that_end_leave_nothing)
{
	pthread_t ending;

	first();
	pthread_t thread = second();

	expect(pthread_create(&ending, NULL, leave_dirty, NULL) == 0, "no thread");
	pthread_join(ending, NULL);
	expect(threads() == 1, "nobody watches");
	expect(is_clean_within(PATIENCE_MS), "%zu pages are not purged", dirty());
	pthread_barrier_wait(&leave);
	pthread_join(thread, NULL);
}
END_TEST

/* Whoever decided about background_thread decided. */
START_TEST(not_where_it_was_forbidden)
{
	first();
	pthread_t thread = second();

	expect(purger_set_enabled(false) == 0, "set");
	make_dirty(NPAGES);
	usleep(200000);
	expect(threads() == 0, "a thread although background_thread was set to false");
	pthread_barrier_wait(&leave);
	pthread_join(thread, NULL);
}
END_TEST

START_TEST(forbidding_ends_it)
{
	first();
	pthread_t thread = second();

	expect(arena_set_decay_ms(arenas_get(0), PAGES_DIRTY, 3600000) == 0, "decay");
	make_dirty(NPAGES);
	expect(threads() == 1, "nobody watches");
	expect(purger_set_enabled(false) == 0 && is_gone_within(PATIENCE_MS), "stays");
	make_dirty(NPAGES);
	expect(threads() == 0, "comes again");
	/* One that was asked for takes its place at once. */
	expect(purger_set_enabled(true) == 0 && purger_enabled() && threads() == 1, "not started");
	expect(purger_set_enabled(false) == 0 && threads() == 0, "not stopped");
	pthread_barrier_wait(&leave);
	pthread_join(thread, NULL);
}
END_TEST

static void dirty_handler(int number)
{
	(void)number;
	make_dirty(NPAGES);
}

START_TEST(not_from_a_signal_handler)
{
	first();
	pthread_t thread = second();

	signal(SIGUSR1, dirty_handler);
	raise(SIGUSR1);
	expect(dirty() == NPAGES && threads() == 0, "started in a handler");
	pthread_barrier_wait(&leave);
	pthread_join(thread, NULL);
}
END_TEST

/* A filter that kills who makes a thread (or a process). */
static bool forbid_clone(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

START_TEST(not_in_a_sandbox_that_closed)
{
	if (TEST_ADDRESS_SANITIZED) /* whose search for leaks at exit is a process of its own */
		return;
	first();
	pthread_t thread = second();

	if (!forbid_clone())
		return;
	make_dirty(NPAGES);
	usleep(100000);
	expect(threads() == 0, "started, and alive?");
	pthread_barrier_wait(&leave);
	pthread_join(thread, NULL);
}
END_TEST

/* A sandbox from before, as a container has it, lets the program make threads: so it does us. */
START_TEST(in_a_sandbox_from_before)
{
	struct sock_filter allow_all[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {.len = 1, .filter = allow_all};
	char status[8192] = "";

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		return;
	os_read_file("/proc/self/status", status, sizeof status - 1);
	if (strstr(status, "Seccomp_filters") == NULL)
		return;
	first();
	pthread_t thread = second();

	make_dirty(NPAGES);
	expect(threads() == 1, "not started under a filter that allows it");
	expect(is_clean_within(PATIENCE_MS), "%zu pages are not purged", dirty());
	pthread_barrier_wait(&leave);
	pthread_join(thread, NULL);
}
END_TEST

/* A child that shares the memory, as of vfork(): a thread of ours would be in the wrong process. */
static int in_a_shared_child(void *unused)
{
	(void)unused;
	make_dirty(NPAGES);
	return (int)threads();
}

START_TEST(not_in_a_child_that_shares_memory)
{
	static char stack[1 << 18] __attribute__((aligned(16)));
	int status;

	first();
	pthread_t thread = second();
	pid_t child = clone(in_a_shared_child, stack + sizeof stack,
			    CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);

	expect(child > 0 && waitpid(child, &status, 0) == child, "no child");
	expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a thread in the child: %x",
	       (unsigned)status);
	expect(threads() == 0, "the parent takes the child's for its own");
	pthread_barrier_wait(&leave);
	pthread_join(thread, NULL);
}
END_TEST

static int come_in_a_shared_child(void *unused)
{
	(void)unused;
	watcher_thread_came();
	make_dirty(NPAGES);
	return (int)threads() + (purger_set_enabled(true) == EAGAIN ? 0 : 2);
}

/* A thread by clone() alone that is the program's second one says nothing about where threads can
 * be made; nor is one made because it asks. */
START_TEST(not_for_a_child_that_shares_memory)
{
	static char stack[1 << 18] __attribute__((aligned(16)));
	int status;

	first();
	pid_t child = clone(come_in_a_shared_child, stack + sizeof stack,
			    CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);

	expect(child > 0 && waitpid(child, &status, 0) == child, "no child");
	expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a thread in the child: %x",
	       (unsigned)status);
	watcher_thread_left();
	if (TEST_THREAD_SANITIZED) /* which lost sight of locks with the clone() */
		return;
	expect(purger_set_enabled(true) == 0 && threads() == 1, "the parent cannot make one");
	purger_set_enabled(false);
}
END_TEST

static int in_the_child(void)
{
	unsigned before = tasks();

	if (threads() != 0)
		return 1;
	make_dirty(NPAGES);
	if (threads() != 0 || tasks() != before)
		return 2;
	if (TEST_THREAD_SANITIZED) /* whose children cannot start threads */
		return 0;
	second();
	make_dirty(NPAGES);
	if (threads() != 1)
		return 3;
	return is_clean_within(PATIENCE_MS) ? 0 : 4;
}

START_TEST(a_forked_child_begins_anew)
{
	int status;

	first();
	pthread_t thread = second();

	make_dirty(NPAGES);
	expect(threads() == 1, "nobody watches");
	pid_t child = fork();

	if (child == 0)
		_exit(in_the_child());
	status = child_wait(child, "a child with a thread of its own");
	expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
	expect(is_clean_within(PATIENCE_MS), "the parent's does nothing any more");
	pthread_barrier_wait(&leave);
	pthread_join(thread, NULL);
}
END_TEST

/* Threads that are busy, many alarms, ends and starts, for a while. */
static bool is_over;

static void *be_busy(void *unused)
{
	thread_get();
	while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED)) {
		make_dirty(100);
		usleep(500);
	}
	return unused;
}

START_TEST(busy_threads)
{
	pthread_t all[4];

	first();
	expect(arena_set_decay_ms(arenas_get(0), PAGES_DIRTY, 20) == 0, "decay");
	for (unsigned i = 0; i < 4; i++)
		expect(pthread_create(&all[i], NULL, be_busy, NULL) == 0, "no thread");
	for (unsigned i = 0; i < 200; i++) {
		expect(threads() <= 1, "%zu watchers", threads());
		usleep(10000);
	}
	__atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(all[i], NULL);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {an_idle_process_is_cleaned,
				      one_thread_is_left_alone,
				      little_is_not_worth_it,
				      threads_that_end_leave_nothing,
				      not_where_it_was_forbidden,
				      forbidding_ends_it,
				      not_from_a_signal_handler,
				      not_in_a_sandbox_that_closed,
				      in_a_sandbox_from_before,
				      not_in_a_child_that_shares_memory,
				      not_for_a_child_that_shares_memory,
				      a_forked_child_begins_anew,
				      busy_threads,
				      NULL};

	return suite_run("watcher", cases);
}
