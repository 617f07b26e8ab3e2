/* emitter.c - see emitter.h. */
#include "emitter.h"

#include <string.h>
#include "fmt.h"

/* -- output ---------------------------------------------------------------------------------- */

static void flush(struct emitter *e)
{
	if (e->used == 0)
		return;
	e->buffer[e->used] = '\0';
	e->used = 0;
	e->write(e->opaque, e->buffer);
}

static void put_bytes(struct emitter *e, const char *text, size_t length)
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

static void put(struct emitter *e, const char *text)
{
	put_bytes(e, text, strlen(text));
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

/* Bytes of the UTF-8 character at text, 0 when it is none. Overlong forms, surrogates and what lies
 * beyond U+10FFFF are none. */
static size_t utf8_length(const unsigned char *text)
{
	unsigned first = text[0];
	size_t length = first < 0x80   ? 1
			: first < 0xc2 ? 0
			: first < 0xe0 ? 2
			: first < 0xf0 ? 3
				       : 4;
	if (first > 0xf4)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((first == 0xe0 && text[1] < 0xa0) || (first == 0xed && text[1] > 0x9f) ||
	    (first == 0xf0 && text[1] < 0x90) || (first == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

static void put_json_string(struct emitter *e, const char *text)
{
	put(e, "\"");
	while (*text != '\0') {
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

/* What is not a string, the same in both formats. JSON has no pointers: they are numbers there. */
static void format_value(struct fmt *f, enum moonheap_ctl_type type, const union ctl_value *value)
{
	switch (type) {
	case MOONHEAP_CTL_BOOL:
		fmt_text(f, value->boolean ? "true" : "false");
		break;
	case MOONHEAP_CTL_UNSIGNED:
		fmt_unsigned(f, value->number);
		break;
	case MOONHEAP_CTL_UINT32:
		fmt_unsigned(f, value->u32);
		break;
	case MOONHEAP_CTL_UINT64:
		fmt_unsigned(f, value->u64);
		break;
	case MOONHEAP_CTL_INT64:
		fmt_signed(f, value->i64);
		break;
	case MOONHEAP_CTL_SIZE:
		fmt_unsigned(f, value->size);
		break;
	case MOONHEAP_CTL_SSIZE:
		fmt_signed(f, value->ssize);
		break;
	case MOONHEAP_CTL_POINTER:
		fmt_unsigned(f, (uintptr_t)value->pointer);
		break;
	case MOONHEAP_CTL_STRING:
	case MOONHEAP_CTL_NONE:
	case MOONHEAP_CTL_STRUCT:
		fmt_text(f, "null");
		break;
	}
}

static void put_value(struct emitter *e, enum moonheap_ctl_type type, const union ctl_value *value)
{
	char text[FMT_DECIMAL_MAX];
	struct fmt f;
	if (type == MOONHEAP_CTL_STRING && value->string != NULL) {
		if (e->format == EMITTER_JSON) {
			put_json_string(e, value->string);
		} else {
			put(e, "\"");
			put(e, value->string);
			put(e, "\"");
		}
		return;
	}
	fmt_begin(&f, text, sizeof text);
	format_value(&f, type, value);
	put(e, text);
}

/* -- JSON ------------------------------------------------------------------------------------ */

static void put_key(struct emitter *e, const char *key)
{
	if (e->after_value)
		put(e, ",");
	e->after_value = true;
	if (key != NULL) {
		put_json_string(e, key);
		put(e, ":");
	}
}

static void json_open(struct emitter *e, const char *key, bool array)
{
	uint32_t bit = 1u << (e->depth % EMITTER_DEPTH);
	put_key(e, key);
	put(e, array ? "[" : "{");
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
	put(e, e->arrays & 1u << (e->depth % EMITTER_DEPTH) ? "]" : "}");
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
	size_t length = strlen(text);
	if (e->format != EMITTER_TEXT)
		return;
	if (align == EMITTER_LEFT)
		put_bytes(e, text, length);
	for (size_t i = length; i < width; i++)
		put(e, " ");
	if (align == EMITTER_RIGHT)
		put_bytes(e, text, length);
}

void emitter_number_cell(struct emitter *e, uint64_t number, unsigned width)
{
	char text[FMT_DECIMAL_MAX];
	struct fmt f;
	fmt_begin(&f, text, sizeof text);
	fmt_unsigned(&f, number);
	emitter_cell(e, text, width, EMITTER_RIGHT);
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
