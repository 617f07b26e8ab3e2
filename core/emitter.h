/* emitter.h - one report as text for people or as JSON for programs.
 *
 * An emitter writes to a callback through a buffer of its own, in pieces of NUL-terminated text
 * that break anywhere. It lives on the caller's stack, allocates nothing and knows nothing of what
 * it writes. Calls of the first group write in both formats; those of the other two are silent in
 * the format that is not theirs, so that a report needs few questions about its format.
 *
 * JSON is compact, without a newline at the end; text from outside that is no UTF-8 comes through
 * as replacement characters, so that the whole stays readable for any parser.
 */
#ifndef EMITTER_H
#define EMITTER_H

#include "build.h"
#include "ctl_row.h"

enum emitter_format { EMITTER_TEXT, EMITTER_JSON };
enum emitter_align { EMITTER_LEFT, EMITTER_RIGHT };

#define EMITTER_BUFFER 4096
#define EMITTER_DEPTH  32 /* deepest nesting of JSON */

struct emitter {
	enum emitter_format format;
	void (*write)(void *opaque, const char *text);
	void *opaque;
	unsigned indent;  /* of text */
	unsigned depth;   /* of JSON */
	uint32_t arrays;  /* bit d: what is open at depth d is an array */
	bool after_value; /* JSON: the next value needs a comma */
	size_t used;
	char buffer[EMITTER_BUFFER]; /* one byte stays free for the NUL */
};

INTERNAL void emitter_begin(struct emitter *e, enum emitter_format format,
			    void (*write)(void *opaque, const char *text), void *opaque);
/* Hands the rest of the buffer over. */
INTERNAL void emitter_end(struct emitter *e);

/* -- both formats ---------------------------------------------------------------------------- */

/* Keys are words of ours, in which nothing needs an escape. JSON: an object under a key. Text: a
 * heading, and what follows is indented. */
INTERNAL void emitter_open(struct emitter *e, const char *key, const char *heading);
INTERNAL void emitter_close(struct emitter *e);

/* JSON: "key":value. Text: a line "label: value". */
INTERNAL void emitter_pair(struct emitter *e, const char *key, const char *label,
			   enum moonheap_ctl_type type, const union ctl_value *value);

/* The same, and in text a second value behind it: "label: value (label2: value2)". */
INTERNAL void emitter_pair_beside(struct emitter *e, const char *key, const char *label,
				  enum moonheap_ctl_type type, const union ctl_value *value,
				  const char *label2, enum moonheap_ctl_type type2,
				  const union ctl_value *value2);

/* -- JSON only ------------------------------------------------------------------------------- */

/* key is NULL inside an array. */
INTERNAL void emitter_json_object(struct emitter *e, const char *key);
INTERNAL void emitter_json_array(struct emitter *e, const char *key);
INTERNAL void emitter_json_close(struct emitter *e);
INTERNAL void emitter_json(struct emitter *e, const char *key, enum moonheap_ctl_type type,
			   const union ctl_value *value);

/* -- text only ------------------------------------------------------------------------------- */

INTERNAL void emitter_text(struct emitter *e, const char *text);
/* A number, a word, or a string in quotes. */
INTERNAL void emitter_text_value(struct emitter *e, enum moonheap_ctl_type type,
				 const union ctl_value *value);
/* A cell of a table. A wider text is written whole. */
INTERNAL void emitter_cell(struct emitter *e, const char *text, unsigned width,
			   enum emitter_align align);
INTERNAL void emitter_number_cell(struct emitter *e, uint64_t number, unsigned width);

#endif
