/* test_chunk.c - which input is not finished yet. */
#include "chunk.h"

#include <check.h>
#include <stdlib.h>

static const char *const finished[] = {
	"",
	"1",
	"stats.allocated",
	"= stats.allocated",
	"=1 +* 2", /* wrong, not unfinished: the agent says so */
	"x = 1",
	"return",
	"for i = 1, 2 do end",
	"local function f() return 1 end",
	"if then",
	"end",
	"stats.allocated stats.active",
	"help stats",
	"f() g()",
	"-- a comment",
	"[[long]]",
	"'open string", /* a short string ends with its line */
	"=",
	"\x1bLua",
};

static const char *const unfinished[] = {
	"for i = 1, 2 do",
	"for i = 1, 2 do\nprint(i)",
	"function f(",
	"f(",
	"x = ",
	"x = {",
	"{1, 2,",
	"1 +",
	"= 1 +",
	"=f(",
	"x ==",
	"if a then",
	"if a then b() else",
	"[[long",
	"--[[ a comment",
	"x = [==[ a ]] b",
	"stats.",
	"local",
	"repeat",
	"do do end",
};

START_TEST(finished_ones)
{
	ck_assert_msg(!chunk_is_unfinished(finished[_i]), "%s", finished[_i]);
}
END_TEST

START_TEST(unfinished_ones)
{
	ck_assert_msg(chunk_is_unfinished(unfinished[_i]), "%s", unfinished[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("chunk");
	TCase *tcase = tcase_create("chunk");
	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, finished_ones, 0, sizeof finished / sizeof finished[0]);
	tcase_add_loop_test(tcase, unfinished_ones, 0, sizeof unfinished / sizeof unfinished[0]);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
