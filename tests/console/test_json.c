/* test_json.c - members of a greeting, and strings of our own. */
#include "json.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static void expect(const char *json, const char *key, const char *expected)
{
	struct buffer value = {0};
	bool found = json_member(json, strlen(json), key, &value);
	ck_assert_msg(found == (expected != NULL), "%s in %s", key, json);
	if (expected != NULL)
		ck_assert_str_eq(buffer_text(&value), expected);
	buffer_free(&value);
}

START_TEST(members)
{
	const char *json = " {\"a\": 1, \"b\" :\"two\",\"c\":true , \"d\":null, \"e\":-1.5e3}";
	expect(json, "a", "1");
	expect(json, "b", "two");
	expect(json, "c", "true");
	expect(json, "d", "null");
	expect(json, "e", "-1.5e3");
	expect(json, "f", NULL);
	expect("{}", "a", NULL);
}
END_TEST

START_TEST(nested_values_are_passed_over)
{
	const char *json = "{\"x\":{\"a\":[1,{\"b\":\"}]\\\"\"}]},\"y\":[\"a\",[]],\"a\":\"yes\"}";
	expect(json, "a", "yes");
	expect(json, "x", NULL);
	expect(json, "b", NULL);
}
END_TEST

START_TEST(escapes)
{
	expect("{\"a\":\"q\\\"b\\\\s\\/n\\nt\\t\"}", "a", "q\"b\\s/n\nt\t");
	expect("{\"a\":\"\\u0041\\u00e9\\u20AC\\ud834\\udd1e\"}", "a", "Aé€𝄞");
	expect("{\"a\":\"\\ud834x\"}", "a", "\xEF\xBF\xBDx"); /* half a pair */
	expect("{\"a\":\"\\ud834\\u0041\"}", "a", NULL);
	expect("{\"a\":\"\\x41\"}", "a", NULL);
}
END_TEST

START_TEST(malformed)
{
	static const char *const texts[] = {"",
					    "{",
					    "[\"a\"]",
					    "{\"a\"",
					    "{\"a\":",
					    "{\"a\":\"",
					    "{\"a\":\"\\u",
					    "{\"a\" 1}",
					    "{a:1}",
					    "{\"x\":{,\"a\":1}",
					    "{\"x\":[",
					    "\"a\":1",
					    "{\"a\":\"\\u12",
					    "{\"x\":\"\\",
					    "HTTP/1.1 400"};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		expect(texts[i], "a", NULL);
}
END_TEST

START_TEST(strings)
{
	struct buffer to = {0};
	json_append_string(&to, "a\"b\\c\n\033é\xFF");
	ck_assert_str_eq(to.bytes, "\"a\\\"b\\\\c\\u000a\\u001bé\\ufffd\"");
	buffer_free(&to);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("json");
	TCase *tcase = tcase_create("json");
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, members);
	tcase_add_test(tcase, nested_values_are_passed_over);
	tcase_add_test(tcase, escapes);
	tcase_add_test(tcase, malformed);
	tcase_add_test(tcase, strings);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
