/* fmt.c - see fmt.h. */
#include "fmt.h"

#include <string.h>

ALWAYS_RUN void fmt_begin(struct fmt *f, char *buffer, size_t size)
{
	f->text = buffer;
	f->size = size;
	f->length = 0;
	f->cut = false;
	buffer[0] = '\0';
}

ALWAYS_RUN void fmt_bytes(struct fmt *f, const char *text, size_t length)
{
	size_t room = f->size - 1 - f->length;
	if (length > room) {
		length = room;
		f->cut = true;
	}
	memcpy(f->text + f->length, text, length);
	f->length += length;
	f->text[f->length] = '\0';
}

void fmt_char(struct fmt *f, char c)
{
	fmt_bytes(f, &c, 1);
}

ALWAYS_RUN void fmt_text(struct fmt *f, const char *text)
{
	fmt_bytes(f, text, strlen(text));
}

static const char two_digits[201] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";

char *fmt_decimal_before(char *end, uint64_t value)
{
	while (value >= 100) {
		end -= 2;
		memcpy(end, two_digits + value % 100 * 2, 2);
		value /= 100;
	}
	if (value >= 10) {
		end -= 2;
		memcpy(end, two_digits + value * 2, 2);
	} else {
		*--end = (char)('0' + value);
	}
	return end;
}

/* Digits of value, base 10 or 16, at least min_digits of them. They are made from the back. */
static ALWAYS_RUN void fmt_digits(struct fmt *f, uint64_t value, unsigned base, unsigned min_digits)
{
	char digits[FMT_DECIMAL_MAX];
	char *end = digits + sizeof digits;
	char *at = end;
	do {
		unsigned digit = (unsigned)(value % base);
		*--at = (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);
		value /= base;
	} while (value != 0 || (size_t)(end - at) < min_digits);
	fmt_bytes(f, at, (size_t)(end - at));
}

ALWAYS_RUN void fmt_unsigned(struct fmt *f, uint64_t value)
{
	fmt_digits(f, value, 10, 1);
}

void fmt_signed(struct fmt *f, int64_t value)
{
	if (value < 0)
		fmt_char(f, '-');
	/* Negation in unsigned arithmetic: INT64_MIN has no positive twin. */
	fmt_unsigned(f, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void fmt_hex(struct fmt *f, uint64_t value)
{
	fmt_digits(f, value, 16, 1);
}

void fmt_pointer(struct fmt *f, const void *value)
{
	fmt_text(f, "0x");
	fmt_hex(f, (uintptr_t)value);
}

void fmt_fixed(struct fmt *f, uint64_t value, unsigned digits)
{
	uint64_t scale = 1;
	for (unsigned i = 0; i < digits; i++)
		scale *= 10;
	fmt_unsigned(f, value / scale);
	if (digits > 0) {
		fmt_char(f, '.');
		fmt_digits(f, value % scale, 10, digits);
	}
}

#define RATIO_DECIMALS 14

void fmt_ratio(struct fmt *f, uint32_t value)
{
	if (value == UINT32_MAX) {
		fmt_text(f, "-1");
		return;
	}
	fmt_unsigned(f, value >> 16);
	fmt_char(f, '.');
	uint32_t rest = value & 0xffff;
	unsigned decimals = 0;
	do {
		rest *= 10;
		fmt_char(f, (char)('0' + (rest >> 16)));
		rest &= 0xffff;
	} while (rest != 0 && ++decimals < RATIO_DECIMALS);
}

/* Value of a digit, or a number no base has. */
static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 99;
}

static enum fmt_parse parse_digits(const char *text, size_t length, unsigned base, uint64_t *value)
{
	uint64_t sum = 0;
	bool overflow = false;
	if (length == 0)
		return FMT_MALFORMED;
	for (size_t i = 0; i < length; i++) {
		unsigned digit = digit_value(text[i]);
		if (digit >= base)
			return FMT_MALFORMED;
		overflow |= __builtin_mul_overflow(sum, (uint64_t)base, &sum);
		overflow |= __builtin_add_overflow(sum, (uint64_t)digit, &sum);
	}
	if (overflow)
		return FMT_OVERFLOW;
	*value = sum;
	return FMT_OK;
}

enum fmt_parse fmt_parse_integer(const char *text, size_t length, uint64_t *value)
{
	bool negative = false;
	unsigned base = 10;

	if (length > 0 && (text[0] == '+' || text[0] == '-')) {
		negative = text[0] == '-';
		text++;
		length--;
	}
	if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
		length -= 2;
	} else if (length > 1 && text[0] == '0') {
		base = 8;
	}
	enum fmt_parse result = parse_digits(text, length, base, value);
	if (result == FMT_OK && negative)
		*value = 0 - *value;
	return result;
}

enum fmt_parse fmt_parse_number(const char *text, size_t length, uint64_t *value)
{
	while (length > 0 && (*text == ' ' || (*text >= '\t' && *text <= '\r'))) {
		text++;
		length--;
	}
	return fmt_parse_integer(text, length, value);
}

enum fmt_parse fmt_parse_index(const char *text, size_t length, uint64_t *value)
{
	return parse_digits(text, length, 10, value);
}

#define RATIO_DIGITS 13 /* of the fraction that count: 10^13 * 2^16 is below 2^60 */

enum fmt_parse fmt_parse_ratio(const char *text, size_t length, uint32_t *value)
{
	const char *point = memchr(text, '.', length);
	size_t whole_length = point != NULL ? (size_t)(point - text) : length;
	uint64_t whole = 0;
	uint64_t fraction = 0;
	uint64_t scale = 1;

	/* ".5" has no whole part; "5." and "." are no numbers */
	if (length == 0 || whole_length + 1 == length)
		return FMT_MALFORMED;
	if (whole_length > 0) {
		enum fmt_parse result = parse_digits(text, whole_length, 10, &whole);
		if (result != FMT_OK)
			return result;
	}
	for (size_t i = whole_length + 1; i < length; i++) {
		unsigned digit = digit_value(text[i]);
		if (digit > 9)
			return FMT_MALFORMED;
		if (i - whole_length <= RATIO_DIGITS) {
			fraction = fraction * 10 + digit;
			scale *= 10;
		}
	}
	if (whole > UINT16_MAX)
		return FMT_OVERFLOW;
	*value = (uint32_t)(whole << 16) | (uint32_t)((fraction << 16) / scale);
	return FMT_OK;
}
