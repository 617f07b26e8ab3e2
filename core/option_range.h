/* option_range.h - a number for each range of sizes, as options have them: "lo-hi:n|lo-hi:n".
 *
 * Users write numbers as C does. A list that is kept has plain decimals and nothing else, so that
 * who reads it need not check. Pure: the caller owns the texts.
 */
#ifndef OPTION_RANGE_H
#define OPTION_RANGE_H

#include "build.h"

/* One segment: n is for the sizes lo..hi. */
struct option_range {
	uint64_t lo;
	uint64_t hi;
	uint64_t n;
};

/* One "lo-hi:n" of a user; false: it is none. *range is good on true only. */
INTERNAL bool option_range_read(const char *text, size_t length, struct option_range *range);

/* Appends a segment to a list in so many bytes; false: there is no room, and nothing was changed.
 */
INTERNAL bool option_range_append(char *list, size_t size, const struct option_range *range);

/* Takes the next segment off a list that was made by appending; false at its end. */
INTERNAL bool option_next_range(const char **text, struct option_range *range);

#endif
