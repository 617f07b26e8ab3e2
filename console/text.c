#include "text.h"

#include <stdint.h>
#include <string.h>

/* Bytes of the UTF-8 sequence that this byte begins; 0 when it cannot begin one. */
static size_t sequence_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xC2 && first <= 0xDF)
		return 2;
	if (first >= 0xE0 && first <= 0xEF)
		return 3;
	if (first >= 0xF0 && first <= 0xF4)
		return 4;
	return 0;
}

/* May this byte be number `at` of the sequence that `first` begins? The second byte has narrower
 * bounds where overlong forms, surrogates and numbers above U+10FFFF would begin. */
static bool is_continuation(unsigned char first, size_t at, unsigned char byte)
{
	unsigned char low = 0x80, high = 0xBF;
	if (at == 1) {
		if (first == 0xE0)
			low = 0xA0;
		else if (first == 0xED)
			high = 0x9F;
		else if (first == 0xF0)
			low = 0x90;
		else if (first == 0xF4)
			high = 0x8F;
	}
	return byte >= low && byte <= high;
}

static uint32_t decode(const unsigned char *bytes, size_t length)
{
	static const unsigned char first_mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
	uint32_t code = bytes[0] & first_mask[length];
	for (size_t i = 1; i < length; i++)
		code = code << 6 | (bytes[i] & 0x3F);
	return code;
}

static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7F && code <= 0x9F);
}

static bool is_bidirectional_control(uint32_t code)
{
	return code == 0x061C || code == 0x200E || code == 0x200F ||
	       (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

static void put_broken_byte(const struct text_cleaner *cleaner, unsigned char byte,
			    struct buffer *to)
{
	if (cleaner->json)
		buffer_append_text(to, "\\ufffd");
	else
		buffer_printf(to, "\\x%02X", byte);
}

static void put_character(const struct text_cleaner *cleaner, const unsigned char *bytes,
			  size_t length, struct buffer *to)
{
	uint32_t code = decode(bytes, length);
	bool layout = code == '\n' || code == '\t';
	bool harmful = is_control(code) && (cleaner->one_line || !layout);
	if (!harmful && !is_bidirectional_control(code))
		buffer_append(to, bytes, length);
	else if (cleaner->json)
		buffer_printf(to, "\\u%04x", (unsigned)code);
	else if (code < 0x100)
		buffer_printf(to, "\\x%02X", (unsigned)code);
	else
		buffer_printf(to, "\\u{%04X}", (unsigned)code);
}

static void take_byte(struct text_cleaner *cleaner, unsigned char byte, struct buffer *to)
{
	if (cleaner->held_length > 0 &&
	    !is_continuation(cleaner->held[0], cleaner->held_length, byte))
		text_clean_end(cleaner, to);
	if (cleaner->held_length == 0 && sequence_length(byte) == 0) {
		put_broken_byte(cleaner, byte, to);
		return;
	}
	cleaner->held[cleaner->held_length++] = byte;
	if (cleaner->held_length == sequence_length(cleaner->held[0])) {
		put_character(cleaner, cleaner->held, cleaner->held_length, to);
		cleaner->held_length = 0;
	}
}

void text_clean(struct text_cleaner *cleaner, const char *bytes, size_t length, struct buffer *to)
{
	for (size_t i = 0; i < length; i++)
		take_byte(cleaner, (unsigned char)bytes[i], to);
}

void text_clean_end(struct text_cleaner *cleaner, struct buffer *to)
{
	for (size_t i = 0; i < cleaner->held_length; i++)
		put_broken_byte(cleaner, cleaner->held[i], to);
	cleaner->held_length = 0;
}

void text_clean_name(const char *text, char *to, size_t size)
{
	struct text_cleaner cleaner = {.one_line = true};
	struct buffer clean = {0};
	text_clean(&cleaner, text, strlen(text), &clean);
	text_clean_end(&cleaner, &clean);
	size_t length = clean.length < size ? clean.length : size - 1;
	/* Not in the middle of a character. */
	while (length > 0 && length < clean.length && (clean.bytes[length] & 0xC0) == 0x80)
		length--;
	memcpy(to, buffer_text(&clean), length);
	to[length] = '\0';
	buffer_free(&clean);
}
