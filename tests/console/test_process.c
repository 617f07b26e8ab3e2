/* test_process.c - what /proc says about a process, here about this one. */
#include "process.h"

#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

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
	ck_assert_str_eq(process_allocator(getpid()), "other");
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
	Suite *suite = suite_create("console/process");
	TCase *cases = tcase_create("allocator");
	tcase_add_test(cases, the_preloaded_allocator_is_named);
	tcase_add_test(cases, nothing_is_said_about_a_process_that_cannot_be_read);
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
