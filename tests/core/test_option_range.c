/* test_option_range.c - segments of users in, plain decimals kept, the same numbers out. */
#include "option_range.h"

#include <string.h>
#include "expect.h"
#include "suite.h"

static bool read_text(const char *text, struct option_range *range)
{
	return option_range_read(text, strlen(text), range);
}

START_TEST(a_segment_is_read_as_c_writes_numbers)
{
	struct option_range range;
	expect(read_text("0x10-0100: 3", &range), "refused");
	expect(range.lo == 16 && range.hi == 64 && range.n == 3, "%lu-%lu:%lu", range.lo, range.hi,
	       range.n);
	expect(option_range_read("1-2:34", 5, &range) && range.n == 3, "read beyond the length");

	static const char *const wrong[] = {
		"",     "1",     "1-2",   "1:2-3", "-:",     "1-2:",    "-2:3",
		"1-:3", "a-2:3", "1-2:x", "1-2 ",  "1--2:x", "1-2:3:4", "1 -2:3"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		expect(!read_text(wrong[i], &range), "\"%s\" is read", wrong[i]);
	expect(!read_text("18446744073709551616-2:3", &range), "more than 64 bits");
}
END_TEST

START_TEST(what_is_kept_comes_out_again)
{
	static const struct option_range ranges[] = {
		{1, 2, 3}, {0, UINT64_MAX, UINT64_MAX}, {7, 5, 0}};
	char list[200] = "";
	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		expect(option_range_append(list, sizeof list, &ranges[i]), "no room");
	expect(strcmp(list, "1-2:3|0-18446744073709551615:18446744073709551615|7-5:0") == 0, "%s",
	       list);
	const char *text = list;
	struct option_range range;
	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		expect(option_next_range(&text, &range) &&
			       memcmp(&range, &ranges[i], sizeof range) == 0,
		       "segment %zu of %s", i, list);
	expect(!option_next_range(&text, &range), "more than three in %s", list);
}
END_TEST

START_TEST(what_does_not_fit_changes_nothing)
{
	static const struct option_range range = {1, 2, 3};
	char list[12] = "";
	expect(!option_range_append(list, 5, &range) && list[0] == '\0', "in 5 bytes: %s", list);
	expect(option_range_append(list, 6, &range), "not in 6 bytes");
	expect(!option_range_append(list, 11, &range) && strcmp(list, "1-2:3") == 0, "%s", list);
	expect(option_range_append(list, 12, &range) && strcmp(list, "1-2:3|1-2:3") == 0, "%s",
	       list);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {a_segment_is_read_as_c_writes_numbers,
				      what_is_kept_comes_out_again,
				      what_does_not_fit_changes_nothing, NULL};
	return suite_run("option_range", cases);
}
