/* test_utf8.c - what is a character, by the first and last of each length and their neighbours. */
#include "utf8.h"

#include <string.h>
#include "expect.h"
#include "suite.h"

static const struct {
	const char *text;
	size_t length;
} rows[] = {
	{"", 1}, /* NUL is one, too: who reads a text ends there */
	{"a", 1},
	{"\x7f", 1},
	{"\x80", 0},
	{"\xc1\xbf", 0}, /* overlong */
	{"\xc2\x80", 2},
	{"\xdf\xbf", 2},
	{"\xc2", 0},
	{"\xc2g", 0},
	{"\xe0\x9f\xbf", 0}, /* overlong */
	{"\xe0\xa0\x80", 3},
	{"\xed\x9f\xbf", 3},
	{"\xed\xa0\x80", 0}, /* a surrogate */
	{"\xee\x80\x80", 3},
	{"\xef\xbf\xbf", 3},
	{"\xef\xbf", 0},
	{"\xf0\x8f\xbf\xbf", 0}, /* overlong */
	{"\xf0\x90\x80\x80", 4},
	{"\xf4\x8f\xbf\xbf", 4},
	{"\xf4\x90\x80\x80", 0}, /* beyond U+10FFFF */
	{"\xf5\x80\x80\x80", 0},
	{"\xf0\x90\x80", 0},
	{"\xff", 0},
	{"\xc3\xa4rger", 2},
};

START_TEST(characters)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t length = utf8_length((const unsigned char *)rows[i].text);
		expect(length == rows[i].length, "row %zu: %zu, not %zu", i, length,
		       rows[i].length);
	}
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {characters, NULL};
	return suite_run("utf8", cases);
}
