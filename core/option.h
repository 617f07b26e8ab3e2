/* option.h - the options: their values, their descriptions, and the reading of one value.
 *
 * options.def lists the options; this header derives from it the struct that the rest of core
 * reads, and the description of each option that the control tree, the report and the reference
 * page read. Who reads the texts that users write, and when, is the business of options.h, which
 * the rest of core includes.
 */
#ifndef OPTION_H
#define OPTION_H

#include "build.h"
#include "option_range.h"
#include <sys/types.h>
#include "moonheap/ctl.h"

/* The largest decay time: in nanoseconds it stays below 2^64 by a second. */
#define DECAY_MS_MAX         18446744072000
#define THP_BYTES            2097152 /* of a huge page, where the small one has 4 KiB */
#define TCACHE_MAX_LIMIT     8388608
#define SIZE_MAX_CLASS_LIMIT ((int64_t)7 << 60) /* the largest object */
#define OVERSIZE_LEAST       16384              /* oversize_threshold below: none */
#define OS_BATCH_MOST        128                /* ranges that one call purges */
#define NARENAS_LIMIT        4094 /* automatic arenas: an index has 12 bits, two values are taken */

enum {
#define OPTION_WORD(option, name, value, word)   name = value,
#define OPTION_ANSWER(option, name, value, word) name = value,
#include "options.def"
};

/* Index of a row in option_rows: OPTION_narenas and so on. */
enum option_index {
#define OPTION(name, kind, type, ctl, unit, accepts, initial, place, help)          OPTION_##name,
#define OPTION_UNLISTED(name, kind, type, ctl, unit, accepts, initial, place, help) OPTION_##name,
#define OPTION_ALIAS(name, kind, target, accepts, help)                             OPTION_##name,
#include "options.def"
	OPTIONS
};

struct options {
#define OPTION(name, kind, type, ctl, unit, accepts, initial, place, help)          type name;
#define OPTION_UNLISTED(name, kind, type, ctl, unit, accepts, initial, place, help) type name;
#include "options.def"
	uint8_t given[OPTIONS]; /* who set it, if only to what it is anyhow: 1 + enum option_source;
				 * 0: nobody */
};

#define OPTION_PLACE_OWN UINT16_MAX /* in the part of the report that is Moonheap's own */
#define OPTION_NAME_SIZE 48
#define OPTION_WORD_SIZE 24

/* One option, described. Without pointers, as all tables of options are: the loader would relocate
 * them in every process, which makes them its own memory. */
struct option_row {
	char name[OPTION_NAME_SIZE];
	enum moonheap_ctl_type type; /* of the value that option_value() points to */
	uint16_t place;              /* position in the statistics report; 0: not in it, or _OWN */
	bool listed;                 /* has a row opt.<name> in the control tree */
	bool is_ratio;               /* 16.16, which the report shows as a decimal */
};

INTERNAL extern const struct options options_default;
INTERNAL extern const struct option_row option_rows[OPTIONS]; /* alphabetical */

/* The option of this name, OPTIONS when there is none. */
INTERNAL enum option_index option_find(const char *name, size_t length);

/* What took the place of an option of earlier versions; "": nothing; NULL: it never was one. */
INTERNAL const char *option_former(const char *name, size_t length);

enum option_outcome {
	OPTION_SET,
	OPTION_INVALID,         /* no value of this option */
	OPTION_OUT_OF_RANGE,    /* a number that it does not take */
	OPTION_INVALID_SETTINGS /* a list with a wrong segment; those before it count */
};

/* Sets one option from the text of a value. A value that is a text itself is copied. */
INTERNAL enum option_outcome option_set(struct options *into, enum option_index index,
					const char *text, size_t length);

/* Notes who set an option, and with it every other name of the same value. */
INTERNAL void option_note_given(struct options *into, enum option_index index, uint8_t who);

/* Every option back to its default. */
INTERNAL void option_reset(struct options *into);

/* The words of an option of words: that of a value, NULL when none is; and the value of one that it
 * takes, into *value, false when it does not. */
INTERNAL const char *option_word(enum option_index index, unsigned value);
INTERNAL bool option_word_value(enum option_index index, const char *text, unsigned *value);

/* Address of one option's value in a struct options, as an object of the row's type: a bool, a
 * size_t, ...; for a word it is *word, the text that spells it. */
INTERNAL const void *option_value(const struct options *from, enum option_index index,
				  const char **word);

#endif
