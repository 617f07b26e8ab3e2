/* fmt.h - numbers and text into a bounded buffer, and numbers out of text. No locale, no heap, no
 * errno, no state but the caller's.
 *
 * A struct fmt writes into memory of the caller. The text is NUL-terminated at all times. What does
 * not fit is dropped, and cut says so.
 */
#ifndef FMT_H
#define FMT_H

#include "bits.h"
#include "build.h"

#define FMT_DECIMAL_MAX 21 /* longest decimal of 64 bits with sign, and its NUL */

struct fmt {
	char *text;
	size_t size;   /* of the buffer, at least 1 */
	size_t length; /* of the text so far, below size */
	bool cut;      /* something did not fit */
};

INTERNAL void fmt_begin(struct fmt *f, char *buffer, size_t size);
INTERNAL void fmt_char(struct fmt *f, char c);
INTERNAL void fmt_text(struct fmt *f, const char *text);
INTERNAL void fmt_bytes(struct fmt *f, const char *text, size_t length);
INTERNAL void fmt_unsigned(struct fmt *f, uint64_t value);
/* The decimal digits of value, the last of them right before end; returns the first. Without a
 * struct fmt, for who writes many. */
INTERNAL char *fmt_decimal_before(char *end, uint64_t value);
INTERNAL void fmt_signed(struct fmt *f, int64_t value);
INTERNAL void fmt_hex(struct fmt *f, uint64_t value);        /* lower case, no prefix */
INTERNAL void fmt_pointer(struct fmt *f, const void *value); /* 0x and fmt_hex */

/* value / 10^digits as a decimal with that many digits after the point: fmt_fixed(f, 1234, 2)
 * writes 12.34. */
INTERNAL void fmt_fixed(struct fmt *f, uint64_t value, unsigned digits);

/* 16.16 fixed point as the shortest decimal that is all of it, of 14 decimals at most: 0.25, 1.0;
 * all bits set as -1. */
INTERNAL void fmt_ratio(struct fmt *f, uint32_t value);

enum fmt_parse { FMT_OK, FMT_MALFORMED, FMT_OVERFLOW };

/* An integer in the syntax of C: optional sign, 0x and 0 prefixes, nothing before or after. A
 * negative number is stored as its two's complement, as strtoull() would. OVERFLOW: more than 64
 * bits. *value is set on FMT_OK only. */
INTERNAL enum fmt_parse fmt_parse_integer(const char *text, size_t length, uint64_t *value);

/* The same behind blanks, which do not matter in C's own conversions either. */
INTERNAL enum fmt_parse fmt_parse_number(const char *text, size_t length, uint64_t *value);

/* Decimal digits and nothing else: an index of the control tree. */
INTERNAL enum fmt_parse fmt_parse_index(const char *text, size_t length, uint64_t *value);

/* A decimal such as 4, 0.25 or .5 as 16.16 fixed point, cut, not rounded. OVERFLOW: 65536 or more.
 */
INTERNAL enum fmt_parse fmt_parse_ratio(const char *text, size_t length, uint32_t *value);

#endif
