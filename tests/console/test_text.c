/* test_text.c - remote text is made harmless, whole or in pieces. */
#include "text.h"

#include <check.h>
#include <stdlib.h>

static void expect(struct text_cleaner cleaner, const char *text, size_t length,
		   const char *expected)
{
	/* At once, and byte by byte: the result is the same. */
	for (size_t piece = length == 0 ? 1 : length;; piece = 1) {
		struct text_cleaner copy = cleaner;
		struct buffer clean = {0};
		for (size_t at = 0; at < length; at += piece)
			text_clean(&copy, text + at, piece, &clean);
		text_clean_end(&copy, &clean);
		ck_assert_str_eq(buffer_text(&clean), expected);
		buffer_free(&clean);
		if (piece == 1)
			break;
	}
}

#define EXPECT(cleaner, text, expected)                                                            \
	expect((struct text_cleaner)cleaner, text, sizeof(text) - 1, expected)
#define PLAIN                                                                                      \
	{                                                                                          \
		.json = false                                                                      \
	}
#define JSON                                                                                       \
	{                                                                                          \
		.json = true                                                                       \
	}
#define ONE_LINE                                                                                   \
	{                                                                                          \
		.one_line = true                                                                   \
	}

START_TEST(ordinary_text_passes)
{
	EXPECT(PLAIN, "", "");
	EXPECT(PLAIN, "stats.allocated\t12\n", "stats.allocated\t12\n");
	EXPECT(PLAIN, "é € 𝄞 日本", "é € 𝄞 日本");
	EXPECT(JSON, "{\"a\":\"\\u001b\"}\n", "{\"a\":\"\\u001b\"}\n");
}
END_TEST

START_TEST(controls_become_visible)
{
	EXPECT(PLAIN, "\033[2J", "\\x1B[2J");
	EXPECT(PLAIN,
	       "a\rb\bc\x7f"
	       "d\0e",
	       "a\\x0Db\\x08c\\x7Fd\\x00e");
	EXPECT(PLAIN,
	       "\xC2\x9B"
	       "31m",
	       "\\x9B31m"); /* C1: CSI in one character */
	EXPECT(JSON, "\033\x7f\xC2\x9B", "\\u001b\\u007f\\u009b");
	EXPECT(ONE_LINE, "a\nb\tc", "a\\x0Ab\\x09c");
}
END_TEST

START_TEST(direction_marks_become_visible)
{
	EXPECT(PLAIN, "a\u202Eb\u2066c\u2069d\u200Fe\u061Cf",
	       "a\\u{202E}b\\u{2066}c\\u{2069}d\\u{200F}e\\u{061C}f");
	EXPECT(JSON, "\u202E", "\\u202e");
	EXPECT(PLAIN, "\u202F\u2065\u2010", "\u202F\u2065\u2010"); /* their neighbours pass */
}
END_TEST

START_TEST(broken_utf8_becomes_visible)
{
	EXPECT(PLAIN,
	       "a\xFF"
	       "b",
	       "a\\xFFb");
	EXPECT(PLAIN, "\xC3", "\\xC3");              /* ends too early */
	EXPECT(PLAIN, "\xE2\x82x", "\\xE2\\x82x");   /* a character breaks off */
	EXPECT(PLAIN, "\xE2\xE2\x82\xAC", "\\xE2€"); /* and another begins */
	EXPECT(PLAIN, "\xC0\xAF", "\\xC0\\xAF");     /* overlong */
	EXPECT(PLAIN, "\xE0\x80\x9B", "\\xE0\\x80\\x9B");
	EXPECT(PLAIN, "\xED\xA0\x80", "\\xED\\xA0\\x80");          /* a surrogate */
	EXPECT(PLAIN, "\xF4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"); /* above U+10FFFF */
	EXPECT(PLAIN, "\xF5", "\\xF5");
	EXPECT(JSON, "\xFF", "\\ufffd");
}
END_TEST

static bool is_harmless(const struct buffer *clean)
{
	bool harmless = true;
	for (size_t i = 0; i < clean->length; i++) {
		unsigned char c = (unsigned char)clean->bytes[i];
		harmless &= c >= 0x20 || c == '\n' || c == '\t';
		harmless &= c != 0x7F;
		harmless &= c != 0xC2 || (unsigned char)clean->bytes[i + 1] >= 0xA0;
	}
	return harmless;
}

/* Whatever comes in, nothing that steers a terminal goes out. */
START_TEST(nothing_harmful_goes_out)
{
	unsigned state = 1;
	for (int round = 0; round < 2000; round++) {
		char bytes[64];
		struct text_cleaner cleaner = {.json = round % 2 == 0};
		struct buffer clean = {0};
		for (size_t i = 0; i < sizeof bytes; i++) {
			state = state * 1103515245u + 12345u;
			bytes[i] = (char)(state >> 16);
		}
		text_clean(&cleaner, bytes, sizeof bytes, &clean);
		text_clean_end(&cleaner, &clean);
		ck_assert(is_harmless(&clean)); /* one per round: Check's are slow */
		buffer_free(&clean);
	}
}
END_TEST

START_TEST(names_are_cut_between_characters)
{
	char name[6];
	text_clean_name("redis", name, sizeof name);
	ck_assert_str_eq(name, "redis");
	text_clean_name("redis-server", name, sizeof name);
	ck_assert_str_eq(name, "redis");
	text_clean_name("abcdé", name, sizeof name);
	ck_assert_str_eq(name, "abcd");
	text_clean_name("a\nb", name, sizeof name);
	ck_assert_str_eq(name, "a\\x0A");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("text");
	TCase *tcase = tcase_create("text");
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, ordinary_text_passes);
	tcase_add_test(tcase, controls_become_visible);
	tcase_add_test(tcase, direction_marks_become_visible);
	tcase_add_test(tcase, broken_utf8_becomes_visible);
	tcase_add_test(tcase, nothing_harmful_goes_out);
	tcase_add_test(tcase, names_are_cut_between_characters);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
