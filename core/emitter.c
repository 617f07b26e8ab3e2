/* emitter.c - see emitter.h. */
#include "emitter.h"

#include <string.h>
#include "fmt.h"
#include "utf8.h"

/* -- output ---------------------------------------------------------------------------------- */

static void flush(struct emitter *e)
{
	if (e->used == 0)
		return;
	e->buffer[e->used] = '\0';
	e->used = 0;
	e->write(e->opaque, e->buffer);
}

/* Room for so many bytes, fewer than the buffer has, which the caller writes at once. */
ALWAYS_INLINE char *take_room(struct emitter *e, size_t length)
{
	if (unlikely(length > EMITTER_BUFFER - 1 - e->used))
		flush(e);
	char *room = e->buffer + e->used;
	e->used += length;
	return room;
}

#define SHORT_MAX 256 /* bytes that are written at once */

static void put_long(struct emitter *e, const char *text, size_t length)
{
	while (length > 0) {
		size_t room = EMITTER_BUFFER - 1 - e->used;
		size_t n = length < room ? length : room;
		memcpy(e->buffer + e->used, text, n);
		e->used += n;
		text += n;
		length -= n;
		if (e->used == EMITTER_BUFFER - 1)
			flush(e);
	}
}

ALWAYS_INLINE void put_bytes(struct emitter *e, const char *text, size_t length)
{
	if (likely(length <= SHORT_MAX))
		memcpy(take_room(e, length), text, length);
	else
		put_long(e, text, length);
}

ALWAYS_INLINE void put(struct emitter *e, const char *text)
{
	put_bytes(e, text, strlen(text));
}

ALWAYS_INLINE void put_char(struct emitter *e, char c)
{
	*take_room(e, 1) = c;
}

/* A text at one end of so many bytes, blanks at the other; a wider one is written whole. */
static void put_cell(struct emitter *e, const char *text, size_t length, size_t width,
		     enum emitter_align align)
{
	if (unlikely(length > SHORT_MAX || width > SHORT_MAX)) {
		put_long(e, text, length);
		return;
	}
	size_t blanks = width > length ? width - length : 0;
	char *cell = take_room(e, length + blanks);
	memset(align == EMITTER_RIGHT ? cell : cell + length, ' ', blanks);
	memcpy(align == EMITTER_RIGHT ? cell + blanks : cell, text, length);
}

static void put_number(struct emitter *e, uint64_t number, size_t width)
{
	char digits[FMT_DECIMAL_MAX];
	char *end = digits + sizeof(digits), *first = fmt_decimal_before(end, number);
	put_cell(e, first, (size_t)(end - first), width, EMITTER_RIGHT);
}

void emitter_begin(struct emitter *e, enum emitter_format format,
		   void (*write)(void *opaque, const char *text), void *opaque)
{
	e->format = format;
	e->write = write;
	e->opaque = opaque;
	e->indent = 0;
	e->depth = 0;
	e->arrays = 0;
	e->after_value = false;
	e->used = 0;
	if (format == EMITTER_JSON)
		put(e, "{");
}

void emitter_end(struct emitter *e)
{
	if (e->format == EMITTER_JSON)
		put(e, "}");
	flush(e);
}

/* -- values ---------------------------------------------------------------------------------- */

/* Bytes from the start that stand for themselves. */
static size_t plain_length(const char *text)
{
	size_t length = 0;
	for (; text[length] >= 0x20 && text[length] < 0x7f; length++)
		if (text[length] == '"' || text[length] == '\\')
			break;
	return length;
}

static void put_json_string(struct emitter *e, const char *text)
{
	put(e, "\"");
	for (;;) {
		size_t plain = plain_length(text);
		put_bytes(e, text, plain);
		text += plain;
		if (*text == '\0')
			break;
		unsigned char c = (unsigned char)*text;
		size_t length = utf8_length((const unsigned char *)text);
		if (length == 0) {
			put(e, "\\ufffd");
			length = 1;
		} else if (c == '"' || c == '\\') {
			put(e, c == '"' ? "\\\"" : "\\\\");
		} else if (c < 0x20 || c == 0x7f) {
			const char escape[] = {'\\',
					       'u',
					       '0',
					       '0',
					       (char)('0' + c / 16),
					       "0123456789abcdef"[c % 16],
					       '\0'};
			put(e, escape);
		} else {
			put_bytes(e, text, length);
		}
		text += length;
	}
	put(e, "\"");
}

static void put_signed(struct emitter *e, int64_t value)
{
	if (value < 0)
		put_char(e, '-');
	/* Negation in unsigned arithmetic: INT64_MIN has no positive twin. */
	put_number(e, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 0);
}

static void put_string(struct emitter *e, const char *string)
{
	if (string == NULL) {
		put(e, "null");
	} else if (e->format == EMITTER_JSON) {
		put_json_string(e, string);
	} else {
		put(e, "\"");
		put(e, string);
		put(e, "\"");
	}
}

/* Numbers are the same in both formats. JSON has no pointers: they are numbers there. */
static void put_value(struct emitter *e, enum moonheap_ctl_type type, const union ctl_value *value)
{
	switch (type) {
	case MOONHEAP_CTL_BOOL:
		put(e, value->boolean ? "true" : "false");
		break;
	case MOONHEAP_CTL_UNSIGNED:
		put_number(e, value->number, 0);
		break;
	case MOONHEAP_CTL_UINT32:
		put_number(e, value->u32, 0);
		break;
	case MOONHEAP_CTL_UINT64:
		put_number(e, value->u64, 0);
		break;
	case MOONHEAP_CTL_INT64:
		put_signed(e, value->i64);
		break;
	case MOONHEAP_CTL_SIZE:
		put_number(e, value->size, 0);
		break;
	case MOONHEAP_CTL_SSIZE:
		put_signed(e, value->ssize);
		break;
	case MOONHEAP_CTL_POINTER:
		put_number(e, (uintptr_t)value->pointer, 0);
		break;
	case MOONHEAP_CTL_STRING:
		put_string(e, value->string);
		break;
	case MOONHEAP_CTL_NONE:
	case MOONHEAP_CTL_STRUCT:
		put(e, "null");
		break;
	}
}

/* -- JSON ------------------------------------------------------------------------------------ */

static void put_key(struct emitter *e, const char *key)
{
	if (e->after_value)
		put_char(e, ',');
	e->after_value = true;
	if (key != NULL) {
		put_char(e, '"');
		put(e, key);
		put_bytes(e, "\":", 2);
	}
}

static void json_open(struct emitter *e, const char *key, bool array)
{
	uint32_t bit = 1u << (e->depth % EMITTER_DEPTH);
	put_key(e, key);
	put_char(e, array ? '[' : '{');
	e->arrays = array ? e->arrays | bit : e->arrays & ~bit;
	e->depth++;
	e->after_value = false;
}

void emitter_json_object(struct emitter *e, const char *key)
{
	if (e->format == EMITTER_JSON)
		json_open(e, key, false);
}

void emitter_json_array(struct emitter *e, const char *key)
{
	if (e->format == EMITTER_JSON)
		json_open(e, key, true);
}

void emitter_json_close(struct emitter *e)
{
	if (e->format != EMITTER_JSON)
		return;
	e->depth--;
	put_char(e, e->arrays & 1u << (e->depth % EMITTER_DEPTH) ? ']' : '}');
	e->after_value = true;
}

void emitter_json(struct emitter *e, const char *key, enum moonheap_ctl_type type,
		  const union ctl_value *value)
{
	if (e->format != EMITTER_JSON)
		return;
	put_key(e, key);
	put_value(e, type, value);
}

/* -- text ------------------------------------------------------------------------------------ */

static void put_indent(struct emitter *e)
{
	for (unsigned i = 0; i < e->indent; i++)
		put(e, "  ");
}

void emitter_text(struct emitter *e, const char *text)
{
	if (e->format == EMITTER_TEXT)
		put(e, text);
}

void emitter_text_value(struct emitter *e, enum moonheap_ctl_type type,
			const union ctl_value *value)
{
	if (e->format == EMITTER_TEXT)
		put_value(e, type, value);
}

void emitter_cell(struct emitter *e, const char *text, unsigned width, enum emitter_align align)
{
	if (e->format == EMITTER_TEXT)
		put_cell(e, text, strlen(text), width, align);
}

void emitter_number_cell(struct emitter *e, uint64_t number, unsigned width)
{
	if (e->format == EMITTER_TEXT)
		put_number(e, number, width);
}

/* -- both ------------------------------------------------------------------------------------ */

void emitter_open(struct emitter *e, const char *key, const char *heading)
{
	if (e->format == EMITTER_JSON) {
		json_open(e, key, false);
	} else {
		put_indent(e);
		put(e, heading);
		put(e, "\n");
		e->indent++;
	}
}

void emitter_close(struct emitter *e)
{
	if (e->format == EMITTER_JSON)
		emitter_json_close(e);
	else
		e->indent--;
}

void emitter_pair(struct emitter *e, const char *key, const char *label,
		  enum moonheap_ctl_type type, const union ctl_value *value)
{
	emitter_pair_beside(e, key, label, type, value, NULL, MOONHEAP_CTL_NONE, NULL);
}

void emitter_pair_beside(struct emitter *e, const char *key, const char *label,
			 enum moonheap_ctl_type type, const union ctl_value *value,
			 const char *label2, enum moonheap_ctl_type type2,
			 const union ctl_value *value2)
{
	if (e->format == EMITTER_JSON) {
		emitter_json(e, key, type, value);
		return;
	}
	put_indent(e);
	put(e, label);
	put(e, ": ");
	put_value(e, type, value);
	if (label2 != NULL) {
		put(e, " (");
		put(e, label2);
		put(e, ": ");
		put_value(e, type2, value2);
		put(e, ")");
	}
	put(e, "\n");
}
