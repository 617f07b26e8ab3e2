/* test_arguments.c - command lines taken apart. */
#include "arguments.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 16
#define ALL       ((1u << OPTION_COUNT) - 1)

static struct arguments parsed;
static struct failure failure;
static char *words[WORDS_MAX];
static char line_copy[256];

/* Splits a line at blanks and parses it. */
static int parse(const char *line, unsigned options, enum argument_style style)
{
	int count = 0;
	failure.text[0] = '\0';
	strcpy(line_copy, line);
	for (char *word = strtok(line_copy, " "); word != NULL; word = strtok(NULL, " "))
		words[count++] = word;
	words[count] = NULL;
	return arguments_parse(count, words, options, style, &parsed, &failure);
}

static void expect_words(const char *expected)
{
	char joined[256] = "";
	for (int i = 0; i < parsed.count; i++) {
		strcat(joined, i > 0 ? " " : "");
		strcat(joined, parsed.words[i]);
	}
	ck_assert_str_eq(joined, expected);
}

START_TEST(defaults)
{
	ck_assert_int_eq(parse("12 x", ALL, ARGUMENTS_STRICT), 0);
	expect_words("12 x");
	ck_assert_str_eq(parsed.role, "observer");
	ck_assert_uint_eq(parsed.timeout_ms, 30000);
	ck_assert(!parsed.json && !parsed.pager && !parsed.help);
	ck_assert_int_eq(parsed.color, COLOR_AUTO);
}
END_TEST

START_TEST(options_anywhere)
{
	ck_assert_int_eq(parse("--role operator 12 --json x --timeout=0.5 --color never --pager",
			       ALL, ARGUMENTS_STRICT),
			 0);
	expect_words("12 x");
	ck_assert_str_eq(parsed.role, "operator");
	ck_assert_uint_eq(parsed.timeout_ms, 500);
	ck_assert(parsed.json && parsed.pager);
	ck_assert_int_eq(parsed.color, COLOR_NEVER);
	ck_assert_int_eq(parse("-h", 0, ARGUMENTS_STRICT), 0);
	ck_assert(parsed.help);
}
END_TEST

START_TEST(dashes_end_the_options)
{
	ck_assert_int_eq(parse("12 -- --json -", ALL, ARGUMENTS_STRICT), 0);
	expect_words("12 --json -");
	ck_assert(!parsed.json);
	ck_assert_int_eq(parse("12 -", ALL, ARGUMENTS_STRICT), 0); /* standard input */
	expect_words("12 -");
}
END_TEST

START_TEST(all_behind_a_program_is_its_own)
{
	ck_assert_int_eq(parse("redis-server --port 0 --help -- x", 0, ARGUMENTS_STOP_AT_ONE), 0);
	expect_words("redis-server --port 0 --help -- x");
	ck_assert(!parsed.help);
	ck_assert_int_eq(parse("-- redis-server --port 0", 0, ARGUMENTS_STOP_AT_ONE), 0);
	expect_words("redis-server --port 0");
	ck_assert_int_eq(parse("-- --odd-name -- x", 0, ARGUMENTS_STOP_AT_ONE), 0);
	expect_words("--odd-name -- x");
	ck_assert_int_eq(parse("--port redis-server", 0, ARGUMENTS_STOP_AT_ONE), EXIT_USAGE);
}
END_TEST

START_TEST(a_script_gets_what_is_not_ours)
{
	ck_assert_int_eq(parse("12 top --arena 2 -x --json", ALL, ARGUMENTS_PASS_ON), 0);
	expect_words("12 top --arena 2 -x");
	ck_assert(parsed.json);
	ck_assert_int_eq(parse("12 --arena top", ALL, ARGUMENTS_PASS_ON), EXIT_USAGE);
}
END_TEST

START_TEST(time_limits)
{
	static const struct {
		const char *line;
		int code;
		uint32_t ms;
	} rows[] = {
		{"--timeout 10", 0, 10000},         {"--timeout 0", 0, 0},
		{"--timeout 0.0001", 0, 1},         {"--timeout 86400", 0, 86400000},
		{"--timeout 86401", EXIT_USAGE, 0}, {"--timeout -1", EXIT_USAGE, 0},
		{"--timeout nan", EXIT_USAGE, 0},   {"--timeout 1s", EXIT_USAGE, 0},
		{"--timeout=", EXIT_USAGE, 0},      {"--timeout inf", EXIT_USAGE, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		ck_assert_msg(parse(rows[i].line, ALL, ARGUMENTS_STRICT) == rows[i].code, "%s",
			      rows[i].line);
		if (rows[i].code == 0)
			ck_assert_uint_eq(parsed.timeout_ms, rows[i].ms);
		else
			ck_assert(strstr(failure.text, "give seconds") != NULL);
	}
}
END_TEST

START_TEST(errors_say_what_is_wrong)
{
	ck_assert_int_eq(parse("x --role", ALL, ARGUMENTS_STRICT), EXIT_USAGE);
	ck_assert_str_eq(failure.text, "--role needs a value: --role ROLE");
	ck_assert_int_eq(parse("x --jsonx", ALL, ARGUMENTS_STRICT), EXIT_USAGE);
	ck_assert_ptr_nonnull(strstr(failure.text, "no option --jsonx here"));
	ck_assert_int_eq(parse("x --json", OPTION_BIT(ROLE), ARGUMENTS_STRICT), EXIT_USAGE);
	ck_assert_int_eq(parse("x -j", ALL, ARGUMENTS_STRICT), EXIT_USAGE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("arguments");
	TCase *tcase = tcase_create("arguments");
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, defaults);
	tcase_add_test(tcase, options_anywhere);
	tcase_add_test(tcase, dashes_end_the_options);
	tcase_add_test(tcase, all_behind_a_program_is_its_own);
	tcase_add_test(tcase, a_script_gets_what_is_not_ours);
	tcase_add_test(tcase, time_limits);
	tcase_add_test(tcase, errors_say_what_is_wrong);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
