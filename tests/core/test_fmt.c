/* test_fmt.c - bounded formatting and parsing: exact texts, every cut, every end of a range. */
#include "fmt.h"

#include <string.h>
#include "expect.h"
#include "suite.h"

/* A buffer with a canary behind each size that a test gives to fmt. */
static char buffer[128];
static struct fmt f;

static void begin(size_t size)
{
	memset(buffer, '~', sizeof buffer);
	fmt_begin(&f, buffer, size);
}

static void expect_text(const char *text)
{
	expect(strcmp(buffer, text) == 0, "\"%s\" instead of \"%s\"", buffer, text);
	expect(f.length == strlen(text), "length %zu of \"%s\"", f.length, text);
}

START_TEST(numbers_are_written_in_full)
{
	begin(sizeof buffer);
	fmt_unsigned(&f, 0);
	fmt_char(&f, ' ');
	fmt_unsigned(&f, UINT64_MAX);
	fmt_char(&f, ' ');
	fmt_signed(&f, INT64_MIN);
	fmt_char(&f, ' ');
	fmt_signed(&f, INT64_MAX);
	fmt_char(&f, ' ');
	fmt_signed(&f, -7);
	expect_text("0 18446744073709551615 -9223372036854775808 9223372036854775807 -7");
	begin(sizeof buffer);
	fmt_hex(&f, 0);
	fmt_char(&f, ' ');
	fmt_hex(&f, UINT64_MAX);
	fmt_char(&f, ' ');
	fmt_pointer(&f, (const void *)(uintptr_t)0x7f00);
	expect_text("0 ffffffffffffffff 0x7f00");
	expect(!f.cut, "nothing was cut");
}
END_TEST

START_TEST(fixed_point_keeps_its_zeros)
{
	begin(sizeof buffer);
	fmt_fixed(&f, 1234, 2);
	fmt_char(&f, ' ');
	fmt_fixed(&f, 3, 3);
	fmt_char(&f, ' ');
	fmt_fixed(&f, 1000, 3);
	fmt_char(&f, ' ');
	fmt_fixed(&f, 42, 0);
	fmt_char(&f, ' ');
	fmt_fixed(&f, UINT64_MAX, 19);
	expect_text("12.34 0.003 1.000 42 1.8446744073709551615");
}
END_TEST

/* Whatever the size of the buffer: a prefix of the text, terminated, nothing behind the buffer. */
START_TEST(text_is_cut_at_any_size)
{
	static const char whole[] = "abc 12345 0xdeadbeef    x";
	for (size_t size = 1; size <= sizeof whole + 1; size++) {
		begin(size);
		fmt_text(&f, "abc ");
		fmt_unsigned(&f, 12345);
		fmt_char(&f, ' ');
		fmt_pointer(&f, (const void *)(uintptr_t)0xdeadbeef);
		fmt_text(&f, "    x");
		size_t length = size - 1 < sizeof whole - 1 ? size - 1 : sizeof whole - 1;
		expect(f.length == length, "length %zu in a buffer of %zu", f.length, size);
		expect(memcmp(buffer, whole, length) == 0, "\"%s\" in a buffer of %zu", buffer,
		       size);
		expect(buffer[length] == '\0', "not terminated in a buffer of %zu", size);
		expect(f.cut == (length < sizeof whole - 1), "cut is wrong in a buffer of %zu",
		       size);
		expect(buffer[size] == '~', "wrote behind a buffer of %zu", size);
	}
}
END_TEST

struct integer_case {
	const char *text;
	enum fmt_parse result;
	uint64_t value;
};

START_TEST(integers_follow_the_syntax_of_c)
{
	static const struct integer_case cases[] = {
		{"0", FMT_OK, 0},
		{"00", FMT_OK, 0},
		{"-0", FMT_OK, 0},
		{"+5", FMT_OK, 5},
		{"-5", FMT_OK, (uint64_t)-5},
		{"0x1F", FMT_OK, 31},
		{"0Xff", FMT_OK, 255},
		{"-0x10", FMT_OK, (uint64_t)-16},
		{"010", FMT_OK, 8},
		{"18446744073709551615", FMT_OK, UINT64_MAX},
		{"0xffffffffffffffff", FMT_OK, UINT64_MAX},
		{"01777777777777777777777", FMT_OK, UINT64_MAX},
		{"18446744073709551616", FMT_OVERFLOW, 0},
		{"0x10000000000000000", FMT_OVERFLOW, 0},
		{"02000000000000000000000", FMT_OVERFLOW, 0},
		{"99999999999999999999999999999999999999999", FMT_OVERFLOW, 0},
		/* An overflow in the middle of nonsense is nonsense. */
		{"99999999999999999999999x", FMT_MALFORMED, 0},
		{"", FMT_MALFORMED, 0},
		{"-", FMT_MALFORMED, 0},
		{"+-5", FMT_MALFORMED, 0},
		{"0x", FMT_MALFORMED, 0},
		{"08", FMT_MALFORMED, 0},
		{"0b11", FMT_MALFORMED, 0},
		{"12a", FMT_MALFORMED, 0},
		{"a", FMT_MALFORMED, 0},
		{" 5", FMT_MALFORMED, 0},
		{"5 ", FMT_MALFORMED, 0},
		{"1.5", FMT_MALFORMED, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint64_t value = 4711;
		const char *text = cases[i].text;
		enum fmt_parse result = fmt_parse_integer(text, strlen(text), &value);
		expect(result == cases[i].result, "\"%s\": result %d", text, result);
		uint64_t expected = result == FMT_OK ? cases[i].value : 4711;
		expect(value == expected, "\"%s\": value %lu", text, value);
	}
}
END_TEST

START_TEST(length_ends_the_text)
{
	uint64_t value;
	expect(fmt_parse_integer("123,456", 3, &value) == FMT_OK && value == 123, "%lu", value);
	expect(fmt_parse_index("12.pdirty", 2, &value) == FMT_OK && value == 12, "%lu", value);
	expect(fmt_parse_integer("123", 0, &value) == FMT_MALFORMED, "an empty text is a number");
	expect(fmt_parse_number(" \t\r-1", 5, &value) == FMT_OK && value == UINT64_MAX, "%lu",
	       value);
	expect(fmt_parse_number("  ", 2, &value) == FMT_MALFORMED, "blanks are a number");
	expect(fmt_parse_number("1 ", 2, &value) == FMT_MALFORMED, "a blank behind a number");
}
END_TEST

START_TEST(indices_are_digits_alone)
{
	uint64_t value;
	expect(fmt_parse_index("007", 3, &value) == FMT_OK && value == 7, "%lu", value);
	expect(fmt_parse_index("18446744073709551616", 20, &value) == FMT_OVERFLOW, "no overflow");
	expect(fmt_parse_index("+7", 2, &value) == FMT_MALFORMED, "a sign is a digit");
	expect(fmt_parse_index("0x7", 3, &value) == FMT_MALFORMED, "x is a digit");
	expect(fmt_parse_index("a", 1, &value) == FMT_MALFORMED, "a is a digit");
}
END_TEST

START_TEST(ratios_are_cut_to_sixteen_bits)
{
	static const struct integer_case cases[] = {
		{"4", FMT_OK, 4u << 16},
		{"0.25", FMT_OK, 1u << 14},
		{".5", FMT_OK, 1u << 15},
		{"1.5", FMT_OK, 3u << 15},
		{"0", FMT_OK, 0},
		{"65535", FMT_OK, 65535u << 16},
		{"65535.9999999999999999999999", FMT_OK, UINT32_MAX},
		{"0.0000152587890625", FMT_OK, 0}, /* 2^-16, with digits that are not looked at */
		{"0.0000152587891", FMT_OK, 1},
		{"1.00000000000000000000000000000000001", FMT_OK, 1u << 16},
		{"65536", FMT_OVERFLOW, 0},
		{"99999999999999999999999", FMT_OVERFLOW, 0},
		{"5.", FMT_MALFORMED, 0},
		{".", FMT_MALFORMED, 0},
		{"", FMT_MALFORMED, 0},
		{"-1", FMT_MALFORMED, 0},
		{"1x", FMT_MALFORMED, 0},
		{"1.x", FMT_MALFORMED, 0},
		{"1.2.3", FMT_MALFORMED, 0},
		{"1.0000000000000000000000x", FMT_MALFORMED, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint32_t value = 4711;
		const char *text = cases[i].text;
		enum fmt_parse result = fmt_parse_ratio(text, strlen(text), &value);
		expect(result == cases[i].result, "\"%s\": result %d", text, result);
		uint64_t expected = result == FMT_OK ? cases[i].value : 4711;
		expect(value == expected, "\"%s\": value %u", text, value);
	}
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {
		numbers_are_written_in_full,    fixed_point_keeps_its_zeros,
		text_is_cut_at_any_size,        integers_follow_the_syntax_of_c,
		length_ends_the_text,           indices_are_digits_alone,
		ratios_are_cut_to_sixteen_bits, NULL,
	};
	return suite_run("fmt", cases);
}
