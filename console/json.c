#include "json.h"

#include "text.h"

#include <stdint.h>
#include <string.h>

struct scan {
	const char *at;
	const char *end;
};

static void skip_space(struct scan *scan)
{
	while (scan->at < scan->end && strchr(" \t\r\n", *scan->at) != NULL && *scan->at != '\0')
		scan->at++;
}

static bool take(struct scan *scan, char expected)
{
	skip_space(scan);
	if (scan->at == scan->end || *scan->at != expected)
		return false;
	scan->at++;
	return true;
}

static bool hex4(struct scan *scan, uint32_t *code)
{
	*code = 0;
	if (scan->end - scan->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = *scan->at++;
		uint32_t digit;
		if (c >= '0' && c <= '9')
			digit = (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (uint32_t)((c | 0x20) - 'a') + 10;
		else
			return false;
		*code = *code << 4 | digit;
	}
	return true;
}

static void put_utf8(struct buffer *to, uint32_t code)
{
	char bytes[4];
	size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char first_mark[] = {0, 0, 0xC0, 0xE0, 0xF0};
	for (size_t i = length; i-- > 1; code >>= 6)
		bytes[i] = (char)(0x80 | (code & 0x3F));
	bytes[0] = (char)(first_mark[length] | code);
	buffer_append(to, bytes, length);
}

/* The part of an escape behind the backslash. */
static bool take_escape(struct scan *scan, struct buffer *to)
{
	static const char names[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	if (scan->at == scan->end)
		return false;
	char c = *scan->at++;
	if (c == 'u') {
		uint32_t code, low;
		if (!hex4(scan, &code))
			return false;
		bool paired = code >= 0xD800 && code < 0xDC00 && scan->end - scan->at >= 6 &&
			      scan->at[0] == '\\' && scan->at[1] == 'u';
		if (paired) {
			scan->at += 2;
			if (!hex4(scan, &low) || low < 0xDC00 || low > 0xDFFF)
				return false;
			code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
		}
		put_utf8(to, code >= 0xD800 && code <= 0xDFFF ? 0xFFFD : code);
		return true;
	}
	const char *name = c == '\0' ? NULL : strchr(names, c);
	if (name == NULL)
		return false;
	buffer_append(to, &meanings[name - names], 1);
	return true;
}

static bool take_string(struct scan *scan, struct buffer *to)
{
	buffer_clear(to);
	if (!take(scan, '"'))
		return false;
	while (scan->at < scan->end) {
		char c = *scan->at++;
		if (c == '"')
			return true;
		if (c != '\\')
			buffer_append(to, &c, 1);
		else if (!take_escape(scan, to))
			return false;
	}
	return false;
}

/* An object or array with all that is in it; brackets inside strings do not count. */
static bool skip_nested(struct scan *scan, struct buffer *scratch)
{
	size_t depth = 0;
	while (scan->at < scan->end) {
		char c = *scan->at;
		if (c == '"') {
			if (!take_string(scan, scratch))
				return false;
			continue;
		}
		scan->at++;
		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && --depth == 0)
			return true;
	}
	return false;
}

static bool take_word(struct scan *scan, struct buffer *to)
{
	buffer_clear(to);
	const char *begin = scan->at;
	while (scan->at < scan->end && *scan->at != '\0' && strchr(",}] \t\r\n", *scan->at) == NULL)
		scan->at++;
	buffer_append(to, begin, (size_t)(scan->at - begin));
	return to->length > 0;
}

/* Takes any value; plain says whether `to` now holds it. */
static bool take_value(struct scan *scan, struct buffer *to, bool *plain)
{
	skip_space(scan);
	if (scan->at == scan->end)
		return false;
	*plain = *scan->at != '{' && *scan->at != '[';
	if (!*plain)
		return skip_nested(scan, to);
	return *scan->at == '"' ? take_string(scan, to) : take_word(scan, to);
}

bool json_member(const char *text, size_t length, const char *key, struct buffer *value)
{
	struct scan scan = {text, text + length};
	struct buffer name = {0};
	bool found = false;
	bool open = take(&scan, '{');
	while (open && !found) {
		bool plain = false;
		if (!take_string(&scan, &name) || !take(&scan, ':') ||
		    !take_value(&scan, value, &plain))
			break;
		found = plain && strcmp(buffer_text(&name), key) == 0;
		open = take(&scan, ',');
	}
	buffer_free(&name);
	return found;
}

void json_append_string(struct buffer *to, const char *text)
{
	struct text_cleaner cleaner = {.json = true, .one_line = true};
	buffer_append(to, "\"", 1);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buffer_append(to, "\\", 1);
		text_clean(&cleaner, text, 1, to);
	}
	text_clean_end(&cleaner, to);
	buffer_append(to, "\"", 1);
}
