#include "option_range.h"

#include <string.h>
#include "fmt.h"

bool option_range_read(const char *text, size_t length, struct option_range *range)
{
	const char *dash = memchr(text, '-', length);
	const char *colon = memchr(text, ':', length);

	if (dash == NULL || colon == NULL || colon < dash)
		return false;
	return fmt_parse_number(text, (size_t)(dash - text), &range->lo) == FMT_OK &&
	       fmt_parse_number(dash + 1, (size_t)(colon - dash) - 1, &range->hi) == FMT_OK &&
	       fmt_parse_number(colon + 1, (size_t)(text + length - colon) - 1, &range->n) ==
		       FMT_OK;
}

bool option_range_append(char *list, size_t size, const struct option_range *range)
{
	char segment[3 * FMT_DECIMAL_MAX + 3];
	struct fmt f;
	size_t used = strlen(list);

	fmt_begin(&f, segment, sizeof segment);
	fmt_text(&f, used > 0 ? "|" : "");
	fmt_unsigned(&f, range->lo);
	fmt_char(&f, '-');
	fmt_unsigned(&f, range->hi);
	fmt_char(&f, ':');
	fmt_unsigned(&f, range->n);
	if (used + f.length >= size)
		return false;
	memcpy(list + used, segment, f.length + 1);
	return true;
}

static uint64_t take_decimal(const char **text)
{
	uint64_t n = 0;
	while (**text >= '0' && **text <= '9')
		n = n * 10 + (uint64_t)(*(*text)++ - '0');
	*text += **text != '\0';
	return n;
}

bool option_next_range(const char **text, struct option_range *range)
{
	if (**text == '\0')
		return false;
	range->lo = take_decimal(text);
	range->hi = take_decimal(text);
	range->n = take_decimal(text);
	return true;
}
