/* test_process.c - what /proc says, with this very process as the known one. */
#include "process.h"

#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(ourselves)
{
	struct process process;
	prctl(PR_SET_NAME, "a\033b c");
	ck_assert(process_read(getpid(), &process));
	ck_assert_int_eq(process.pid, getpid());
	ck_assert_int_eq(process.inner_pid, getpid());
	ck_assert_uint_eq(process.uid, geteuid());
	ck_assert_int_eq(process.state, 'R');
	ck_assert_uint_gt(process.rss_bytes, 100000);
	ck_assert_str_eq(process.program, "a\\x1Bb c"); /* harmless */
}
END_TEST

START_TEST(names)
{
	struct process process;
	prctl(PR_SET_NAME, "other");
	ck_assert(process_read(getpid(), &process));
	ck_assert(process_is_named(&process, "other"));
	ck_assert(process_is_named(&process, "test_console_process")); /* the executable */
	ck_assert(!process_is_named(&process, "test_console"));
	ck_assert(!process_is_named(&process, ""));
}
END_TEST

/* The kernel keeps 15 bytes of a name; the executable's name completes it when it begins alike. */
START_TEST(long_name)
{
	struct process process;
	prctl(PR_SET_NAME, "test_console_pr");
	ck_assert(process_read(getpid(), &process));
	ck_assert_str_eq(process.program, "test_console_process");
	prctl(PR_SET_NAME, "test_console_xx");
	ck_assert(process_read(getpid(), &process));
	ck_assert_str_eq(process.program, "test_console_xx");
}
END_TEST

START_TEST(nobody)
{
	struct process process;
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	siginfo_t info;
	waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
	ck_assert(process_read(child, &process));
	ck_assert_int_eq(process.state, 'Z');
	waitpid(child, NULL, 0);
	ck_assert(!process_read(child, &process));
}
END_TEST

static void *read_own_thread(void *found)
{
	struct process process;
	*(int *)found = process_read((pid_t)syscall(SYS_gettid), &process);
	return NULL;
}

/* /proc has a directory for each thread, too; none of them is a process. */
START_TEST(threads_are_no_processes)
{
	pthread_t thread;
	int found = 1;
	ck_assert_int_eq(pthread_create(&thread, NULL, read_own_thread, &found), 0);
	pthread_join(thread, NULL);
	ck_assert_int_eq(found, 0);
}
END_TEST

static bool find_ourselves(pid_t pid, void *opaque)
{
	*(int *)opaque += pid == getpid();
	return true;
}

START_TEST(each)
{
	int times = 0;
	process_each(find_ourselves, &times);
	ck_assert_int_eq(times, 1);
}
END_TEST

#define MAPPED_BYTES 4096

static char folder[] = "/tmp/moonheap-test.XXXXXX";

/* A page at this address, from a file of this name. */
static void map_file(const char *name, char *address)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, MAPPED_BYTES), 0);
	void *page = mmap(address, MAPPED_BYTES, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0);
	ck_assert_ptr_eq(page, address);
	close(fd);
	unlink(path);
}

START_TEST(the_preloaded_allocator_is_named)
{
	ck_assert_str_eq(process_allocator(getpid()), "libc");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	char *room = mmap(NULL, 3 * MAPPED_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(room, MAP_FAILED);

	/* In the order of their addresses, which is not the order in which they were loaded. */
	map_file("libjemalloc.so.2", room);
	ck_assert_str_eq(process_allocator(getpid()), "jemalloc");
	map_file("libmoonheap.so", room + MAPPED_BYTES);
	ck_assert_str_eq(process_allocator(getpid()), "moonheap");
	map_file("libtcmalloc_minimal.so.4", room + 2 * (size_t)MAPPED_BYTES);
	ck_assert_str_eq(process_allocator(getpid()), "moonheap");
	rmdir(folder);
}
END_TEST

START_TEST(nothing_is_said_about_a_process_that_cannot_be_read)
{
	ck_assert_str_eq(process_allocator(-1), "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("process");
	TCase *tcase = tcase_create("process");
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, ourselves);
	tcase_add_test(tcase, names);
	tcase_add_test(tcase, long_name);
	tcase_add_test(tcase, nobody);
	tcase_add_test(tcase, threads_are_no_processes);
	tcase_add_test(tcase, each);
	tcase_add_test(tcase, the_preloaded_allocator_is_named);
	tcase_add_test(tcase, nothing_is_said_about_a_process_that_cannot_be_read);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
