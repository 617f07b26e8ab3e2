/* test_emitter.c - the same calls as text and as JSON, byte by byte; escapes; the buffer's edges.
 */
#include "emitter.h"

#include <string.h>
#include "expect.h"
#include "suite.h"

static char written[1 << 20];
static size_t pieces;

static void collect(void *opaque, const char *text)
{
	size_t length = strlen(text), used = strlen(written);
	expect(opaque == &pieces, "another opaque value");
	expect(length > 0 && length < EMITTER_BUFFER, "a piece of %zu bytes", length);
	expect(used + length < sizeof written, "too much was written");
	memcpy(written + used, text, length + 1);
	pieces++;
}

static struct emitter e;

static void begin(enum emitter_format format)
{
	written[0] = '\0';
	pieces = 0;
	emitter_begin(&e, format, collect, &pieces);
}

static void expect_written(const char *text)
{
	emitter_end(&e);
	expect(strcmp(written, text) == 0, "\"%s\" instead of \"%s\"", written, text);
}

/* One report with everything in it. */
static void report(void)
{
	const union ctl_value yes = {.boolean = true};
	const union ctl_value minus = {.ssize = -1};
	const union ctl_value many = {.u64 = UINT64_MAX};
	const union ctl_value word = {.string = "a\"b"};
	const union ctl_value u32 = {.u32 = UINT32_MAX};

	emitter_json_object(&e, "top");
	emitter_text(&e, "begin\n");
	emitter_open(&e, "part", "A part");
	emitter_pair(&e, "yes", "is it", MOONHEAP_CTL_BOOL, &yes);
	emitter_open(&e, "deep", "Deeper");
	emitter_pair(&e, "minus", "minus", MOONHEAP_CTL_SSIZE, &minus);
	emitter_close(&e);
	emitter_pair_beside(&e, "word", "word", MOONHEAP_CTL_STRING, &word, "now",
			    MOONHEAP_CTL_UINT64, &many);
	emitter_close(&e);
	emitter_json_array(&e, "list");
	emitter_json_object(&e, NULL);
	emitter_json(&e, "n", MOONHEAP_CTL_UINT32, &u32);
	emitter_json_close(&e);
	emitter_json(&e, NULL, MOONHEAP_CTL_BOOL, &yes);
	emitter_json_array(&e, NULL);
	emitter_json_close(&e);
	emitter_json_close(&e);
	emitter_cell(&e, "left", 6, EMITTER_LEFT);
	emitter_number_cell(&e, 12, 5);
	emitter_number_cell(&e, 123456, 5);
	emitter_cell(&e, "right", 6, EMITTER_RIGHT);
	emitter_text(&e, "\n");
	emitter_json_close(&e);
}

START_TEST(text_has_headings_indents_and_cells)
{
	begin(EMITTER_TEXT);
	report();
	expect_written("begin\n"
		       "A part\n"
		       "  is it: true\n"
		       "  Deeper\n"
		       "    minus: -1\n"
		       "  word: \"a\"b\" (now: 18446744073709551615)\n"
		       "left     12123456 right\n");
}
END_TEST

START_TEST(json_has_keys_nesting_and_commas)
{
	begin(EMITTER_JSON);
	report();
	expect_written("{\"top\":{\"part\":{\"yes\":true,\"deep\":{\"minus\":-1},"
		       "\"word\":\"a\\\"b\"},\"list\":[{\"n\":4294967295},true,[]]}}");
}
END_TEST

START_TEST(every_type_is_written)
{
	static const struct {
		enum moonheap_ctl_type type;
		union ctl_value value;
		const char *text;
	} cases[] = {
		{MOONHEAP_CTL_BOOL, {.boolean = false}, "[false]"},
		{MOONHEAP_CTL_UNSIGNED, {.number = UINT32_MAX}, "[4294967295]"},
		{MOONHEAP_CTL_UINT32, {.u32 = 7}, "[7]"},
		{MOONHEAP_CTL_UINT64, {.u64 = UINT64_MAX}, "[18446744073709551615]"},
		{MOONHEAP_CTL_INT64, {.i64 = INT64_MIN}, "[-9223372036854775808]"},
		{MOONHEAP_CTL_SIZE, {.size = 0}, "[0]"},
		{MOONHEAP_CTL_SSIZE, {.ssize = -2}, "[-2]"},
		{MOONHEAP_CTL_STRING, {.string = ""}, "[\"\"]"},
		{MOONHEAP_CTL_STRING, {.string = NULL}, "[null]"},
		{MOONHEAP_CTL_POINTER, {.u64 = 255}, "[255]"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		begin(EMITTER_JSON);
		written[0] = '\0';
		e.used = 0;
		emitter_json_array(&e, NULL);
		emitter_json(&e, NULL, cases[i].type, &cases[i].value);
		emitter_json_close(&e);
		e.format = EMITTER_TEXT; /* no closing brace */
		expect_written(cases[i].text);
	}
}
END_TEST

START_TEST(strings_are_always_valid_json)
{
	static const struct {
		const char *string;
		const char *json;
	} cases[] = {
		{"plain", "plain"},
		{"\"\\/", "\\\"\\\\/"},
		{"\x01\n\x1f\x7f", "\\u0001\\u000a\\u001f\\u007f"},
		{"\xc3\xa4\xe2\x82\xac\xf0\x9f\x8c\x99", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x8c\x99"},
		{"\x80", "\\ufffd"},                                  /* a continuation alone */
		{"\xc3", "\\ufffd"},                                  /* cut */
		{"\xe2\x82", "\\ufffd\\ufffd"},                       /* cut */
		{"\xc0\xaf", "\\ufffd\\ufffd"},                       /* overlong */
		{"\xe0\x80\x80x", "\\ufffd\\ufffd\\ufffdx"},          /* overlong */
		{"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},            /* surrogate */
		{"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"}, /* beyond the last */
		{"\xf0\x80\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"}, /* overlong */
		{"\xff\xfe", "\\ufffd\\ufffd"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const union ctl_value value = {.string = cases[i].string};
		char expected[128] = "{\"k\":\"";
		begin(EMITTER_JSON);
		emitter_json(&e, "k", MOONHEAP_CTL_STRING, &value);
		strcat(strcat(expected, cases[i].json), "\"}");
		expect_written(expected);
	}
}
END_TEST

/* Text of any length arrives whole, in pieces that fit. */
START_TEST(long_text_comes_in_pieces)
{
	static char text[3 * EMITTER_BUFFER];
	for (size_t length = EMITTER_BUFFER - 3; length < EMITTER_BUFFER + 3; length++) {
		memset(text, 'x', length);
		text[length] = '\0';
		begin(EMITTER_TEXT);
		emitter_text(&e, text);
		expect_written(text);
		expect(pieces == (length + EMITTER_BUFFER - 2) / (EMITTER_BUFFER - 1),
		       "%zu pieces for %zu bytes", pieces, length);
	}
	memset(text, 'y', sizeof text - 1);
	begin(EMITTER_TEXT);
	emitter_text(&e, text);
	expect_written(text);
}
END_TEST

START_TEST(nothing_is_written_for_nothing)
{
	begin(EMITTER_TEXT);
	emitter_json_object(&e, "top");
	emitter_json_close(&e);
	expect_written("");
	expect(pieces == 0, "%zu pieces", pieces);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {
		text_has_headings_indents_and_cells,
		json_has_keys_nesting_and_commas,
		every_type_is_written,
		strings_are_always_valid_json,
		long_text_comes_in_pieces,
		nothing_is_written_for_nothing,
		NULL,
	};
	return suite_run("emitter", cases);
}
