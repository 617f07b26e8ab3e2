/* test_place.c - the rules that say where things are. */
#include "place.h"

#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[PATH_MAX];
static char directory[] = "/tmp/console-place-XXXXXX";

static void setup(void)
{
	static const char *const names[] = {"MOONHEAP_RUNTIME_DIR", "XDG_RUNTIME_DIR",
					    "MOONHEAP_SCRIPTS", "XDG_STATE_HOME", "HOME"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		unsetenv(names[i]);
}

START_TEST(runtime_directory)
{
	uid_t nobody = 4294967290u; /* has no /run/user directory */
	ck_assert(place_runtime_dir(nobody, true, path, sizeof path));
	ck_assert_str_eq(path, "/tmp/moonheap-4294967290");
	setenv("XDG_RUNTIME_DIR", "/run/mine", 1);
	ck_assert(place_runtime_dir(nobody, true, path, sizeof path));
	ck_assert_str_eq(path, "/run/mine/moonheap");
	setenv("MOONHEAP_RUNTIME_DIR", "/srv/agents", 1);
	ck_assert(place_runtime_dir(nobody, true, path, sizeof path));
	ck_assert_str_eq(path, "/srv/agents");
	/* Our environment says nothing about other users. */
	ck_assert(place_runtime_dir(nobody, false, path, sizeof path));
	ck_assert_str_eq(path, "/tmp/moonheap-4294967290");
}
END_TEST

START_TEST(relative_directories_do_not_count)
{
	setenv("XDG_RUNTIME_DIR", "mine", 1);
	setenv("MOONHEAP_RUNTIME_DIR", "", 1);
	ck_assert(place_runtime_dir(4294967290u, true, path, sizeof path));
	ck_assert_str_eq(path, "/tmp/moonheap-4294967290");
}
END_TEST

START_TEST(what_does_not_fit_is_no_place)
{
	char small[8];
	setenv("MOONHEAP_RUNTIME_DIR", "/srv/agents", 1);
	ck_assert(!place_runtime_dir(1, true, small, sizeof small));
}
END_TEST

START_TEST(scripts)
{
	setenv("MOONHEAP_SCRIPTS", "/srv/scripts", 1);
	ck_assert(place_scripts(path, sizeof path));
	ck_assert_str_eq(path, "/srv/scripts");
}
END_TEST

START_TEST(state_file)
{
	char expected[PATH_MAX];
	struct stat status;
	ck_assert(!place_state_file("history", path, sizeof path)); /* no home */
	ck_assert_ptr_nonnull(mkdtemp(directory));
	setenv("HOME", directory, 1);
	ck_assert(place_state_file("history", path, sizeof path));
	snprintf(expected, sizeof expected, "%s/.local/state/moonheap/history", directory);
	ck_assert_str_eq(path, expected);
	*strrchr(path, '/') = '\0';
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 0777, 0700);
	rmdir(path);
	snprintf(path, sizeof path, "%s/.local/state", directory);
	rmdir(path);
	snprintf(path, sizeof path, "%s/.local", directory);
	rmdir(path);
	rmdir(directory);
	setenv("XDG_STATE_HOME", "/dev/null/none", 1);
	ck_assert(!place_state_file("history", path, sizeof path));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("place");
	TCase *tcase = tcase_create("place");
	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, runtime_directory);
	tcase_add_test(tcase, relative_directories_do_not_count);
	tcase_add_test(tcase, what_does_not_fit_is_no_place);
	tcase_add_test(tcase, scripts);
	tcase_add_test(tcase, state_file);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
