/* test_script.c - what a script's text says about itself: its summary, its modules. */
#include "script.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static void expect_requires(const char *text, const char *expected)
{
	char name[32], joined[256] = "";
	size_t at = 0;
	while (script_next_require(text, &at, name, sizeof name)) {
		strcat(joined, name);
		strcat(joined, ";");
	}
	ck_assert_str_eq(joined, expected);
	ck_assert_uint_le(at, strlen(text));
}

START_TEST(requires)
{
	expect_requires("", "");
	expect_requires("local u = require \"lib.units\"", "lib.units;");
	expect_requires("require('a')require 'b'\nlocal c = require ( \"c\" )", "a;b;c;");
	expect_requires("required 'a' xrequire 'b' x.require 'c' require_d 'e'", "");
	expect_requires("require(name) require [[x]] require", "");
	expect_requires("-- require 'a'\nrequire 'b' --[[ require 'c'\n]] require 'd'", "b;d;");
	expect_requires("require 'open\n", "");
	expect_requires("require ''", "");
	expect_requires("require 'a-name-that-is-longer-than-the-room-for-it' require 'b'", "b;");
	expect_requires("--[[ never closed require 'a'", "");
}
END_TEST

static void expect_summary(const char *line, const char *expected)
{
	char summary[64];
	script_summary(line, "overview", summary, sizeof summary);
	ck_assert_str_eq(summary, expected);
}

START_TEST(summaries)
{
	expect_summary("-- overview — where the memory goes\n", "where the memory goes");
	expect_summary("-- overview.lua - where the memory goes\r\n", "where the memory goes");
	expect_summary("--- overview: where it goes", "where it goes");
	expect_summary("--[[ overview – where it goes", "where it goes");
	expect_summary("-- where the memory goes\n", "where the memory goes");
	expect_summary("", "");
	expect_summary("-- overview", "");
	expect_summary("-- overview: \033[31m\n", "\\x1B[31m");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("script");
	TCase *tcase = tcase_create("script");
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, requires);
	tcase_add_test(tcase, summaries);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
