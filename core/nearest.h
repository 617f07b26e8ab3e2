/* nearest.h - how far a word is from another, for whoever looks for the one that was meant. */
#ifndef NEAREST_H
#define NEAREST_H

#include "build.h"

#define NEAREST_MAX 255 /* longest word */

ALWAYS_INLINE char nearest_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Single letters to insert, remove, replace or swap on the way from a to b, up to limit; more
 * counts as limit + 1. */
INTERNAL size_t nearest_distance(const char *a, size_t na, const char *b, size_t nb, size_t limit);

#endif
