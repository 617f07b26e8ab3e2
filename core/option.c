/* option.c - see option.h. Text in, value out: kinds, ranges, words. */
#include "option.h"

#include <string.h>
#include "fmt.h"

enum option_kind { FLAG, NUMBER, WORD, LETTERS, RATIO, LG_BYTES, HUGE_RATIO, SIZE_RANGES };

/* What happens to a number outside of min..max. */
enum option_bound {
	BOUND_NONE,
	BOUND_REJECT,
	BOUND_CLIP,
	BOUND_NONE_OR_CLIP,
	BOUND_REJECT_BELOW,
	BOUND_AT_LEAST
};

#define FIELD(name) offsetof(struct options, name), sizeof(((struct options *)0)->name)

#define ANY             BOUND_NONE, 0, 0
#define WITHIN(lo, hi)  BOUND_REJECT, lo, hi
#define CLIP(lo, hi)    BOUND_CLIP, lo, hi
#define NONE_OR(lo, hi) BOUND_NONE_OR_CLIP, lo, hi
#define FROM(lo)        BOUND_REJECT_BELOW, lo, 0
#define AT_LEAST(lo)    BOUND_AT_LEAST, lo, 0

/* How an option is read. */
struct option_parser {
	enum option_kind kind;
	enum option_bound bound;
	int64_t min;
	int64_t max;
	uint16_t offset;      /* of its field in struct options */
	uint16_t size;        /* of the field */
	uint16_t text_offset; /* of where a value that is text is kept, in texts */
	uint16_t text_size;   /* of that, else 0 */
};

#define LETTERS_SIZE 16   /* each letter once, and a NUL */
#define RANGES_SIZE  1024 /* about 50 segments */

#define TEXT_FLAG(name)
#define TEXT_NUMBER(name)
#define TEXT_WORD(name)
#define TEXT_RATIO(name)
#define TEXT_LETTERS(name)     char name[LETTERS_SIZE];
#define TEXT_SIZE_RANGES(name) char name[RANGES_SIZE];
static struct texts {
#define OPTION(name, kind, type, ctl, unit, accepts, initial, place, help) TEXT_##kind(name)
#define OPTION_UNLISTED(name, kind, type, ctl, unit, accepts, initial, place, help)                \
	TEXT_##kind(name)
#include "options.def"
} texts APART;
static bool has_texts; /* some of them are not empty */

#define IN_FLAG(name)        0, 0
#define IN_NUMBER(name)      0, 0
#define IN_WORD(name)        0, 0
#define IN_RATIO(name)       0, 0
#define IN_LETTERS(name)     offsetof(struct texts, name), LETTERS_SIZE
#define IN_SIZE_RANGES(name) offsetof(struct texts, name), RANGES_SIZE
static const struct option_parser parsers[OPTIONS] = {
#define OPTION(name, kind, type, ctl, unit, accepts, initial, place, help)                         \
	{kind, accepts, FIELD(name), IN_##kind(name)},
#define OPTION_UNLISTED(name, kind, type, ctl, unit, accepts, initial, place, help)                \
	{kind, accepts, FIELD(name), IN_##kind(name)},
#define OPTION_ALIAS(name, kind, target, accepts, help) {kind, accepts, FIELD(target), 0, 0},
#include "options.def"
};

const struct option_row option_rows[OPTIONS] = {
#define OPTION(name, kind, type, ctl, unit, accepts, initial, place, help)                         \
	{#name, MOONHEAP_CTL_##ctl, place, true, kind == RATIO},
#define OPTION_UNLISTED(name, kind, type, ctl, unit, accepts, initial, place, help)                \
	{#name, MOONHEAP_CTL_##ctl, place, false, kind == RATIO},
#define OPTION_ALIAS(name, kind, target, accepts, help) {#name, MOONHEAP_CTL_NONE, 0, false, false},
#include "options.def"
};

struct option_word {
	enum option_index option;
	unsigned value;
	char text[OPTION_WORD_SIZE];
	bool accepted;
};

static const struct option_word words[] = {
#define OPTION_WORD(option, name, value, word)   {OPTION_##option, value, word, true},
#define OPTION_ANSWER(option, name, value, word) {OPTION_##option, value, word, false},
#include "options.def"
};

const struct options options_default = {
#define OPTION(name, kind, type, ctl, unit, accepts, initial, place, help)          .name = initial,
#define OPTION_UNLISTED(name, kind, type, ctl, unit, accepts, initial, place, help) .name = initial,
#include "options.def"
};

/* Where the text of an option is kept that has one. */
static char *text_of(enum option_index index)
{
	return (char *)&texts + parsers[index].text_offset;
}

static bool text_is(const char *text, size_t length, const char *word)
{
	return length == strlen(word) && memcmp(text, word, length) == 0;
}

static const struct option_word *word_of(enum option_index index, const char *text, size_t length)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (words[i].option == index && words[i].accepted &&
		    text_is(text, length, words[i].text))
			return &words[i];
	}
	return NULL;
}

static void store(struct options *into, enum option_index index, uint64_t n)
{
	void *field = (char *)into + parsers[index].offset;
	switch (parsers[index].size) {
	case 1:
		*(uint8_t *)field = (uint8_t)n;
		break;
	case 4:
		*(uint32_t *)field = (uint32_t)n;
		break;
	default:
		*(uint64_t *)field = n;
		break;
	}
}

static void store_text(struct options *into, enum option_index index, const char *text)
{
	*(const char **)((char *)into + parsers[index].offset) = text;
	has_texts = true;
}

/* Brings n, the two's complement of a number that may be negative, into the range of the option. */
static enum option_outcome fit(enum option_index index, uint64_t *n)
{
	const struct option_parser *parser = &parsers[index];
	enum moonheap_ctl_type type = option_rows[index].type;
	bool is_signed = type == MOONHEAP_CTL_SSIZE || type == MOONHEAP_CTL_INT64;
	bool below = is_signed ? (int64_t)*n < parser->min : *n < (uint64_t)parser->min;
	bool above = is_signed ? (int64_t)*n > parser->max : *n > (uint64_t)parser->max;

	switch (parser->bound) {
	case BOUND_NONE:
		break;
	case BOUND_REJECT:
		return below || above ? OPTION_OUT_OF_RANGE : OPTION_SET;
	case BOUND_REJECT_BELOW:
		return below ? OPTION_OUT_OF_RANGE : OPTION_SET;
	case BOUND_AT_LEAST:
		if (below)
			*n = (uint64_t)parser->min;
		break;
	case BOUND_NONE_OR_CLIP:
		if ((int64_t)*n < -1)
			return OPTION_INVALID;
		if ((int64_t)*n == -1)
			break;
		__attribute__((fallthrough));
	case BOUND_CLIP:
		if (below)
			*n = (uint64_t)parser->min;
		if (above)
			*n = (uint64_t)parser->max;
		break;
	}
	return OPTION_SET;
}

static enum option_outcome set_number(struct options *into, enum option_index index,
				      const char *text, size_t length)
{
	uint64_t n;
	if (fmt_parse_number(text, length, &n) != FMT_OK)
		return OPTION_INVALID;
	enum option_outcome outcome = fit(index, &n);
	if (outcome != OPTION_SET)
		return outcome;
	if (parsers[index].kind == LG_BYTES)
		n = (uint64_t)1 << (n & 63); /* the option takes less than that */
	store(into, index, n);
	return outcome;
}

static enum option_outcome set_letters(struct options *into, enum option_index index,
				       const char *text, size_t length)
{
	static const char known[] = {
#define REPORT_LETTER(letter, field, help) letter,
#include "report_letter.def"
		'\0'};
	char *buffer = text_of(index);
	size_t used = strlen(buffer);

	for (size_t i = 0; i < length; i++) {
		if (text[i] != '\0' && strchr(known, text[i]) != NULL &&
		    strchr(buffer, text[i]) == NULL) {
			buffer[used++] = text[i];
			buffer[used] = '\0';
		}
	}
	store_text(into, index, buffer);
	return OPTION_SET;
}

/* One segment, appended to the list. */
static bool append_range(struct options *into, enum option_index index, const char *text,
			 size_t length)
{
	char *buffer = text_of(index);
	struct option_range range;

	if (!option_range_read(text, length, &range) || fit(index, &range.n) != OPTION_SET ||
	    !option_range_append(buffer, parsers[index].text_size, &range))
		return false;
	store_text(into, index, buffer);
	return true;
}

/* Segments before a wrong one count. */
static enum option_outcome set_size_ranges(struct options *into, enum option_index index,
					   const char *text, size_t length)
{
	if (text_is(text, length, "default")) {
		*text_of(index) = '\0';
		store_text(into, index, NULL);
		return OPTION_SET;
	}
	do {
		const char *bar = memchr(text, '|', length);
		size_t segment = bar != NULL ? (size_t)(bar - text) : length;
		if (!append_range(into, index, text, segment))
			return OPTION_INVALID_SETTINGS;
		segment += bar != NULL;
		text += segment;
		length -= segment;
	} while (length > 0);
	return OPTION_SET;
}

static enum option_outcome set_value(struct options *into, enum option_index index,
				     const char *text, size_t length)
{
	uint32_t ratio;
	const struct option_word *word = word_of(index, text, length);
	if (word != NULL) {
		store(into, index, word->value);
		return OPTION_SET;
	}
	switch (parsers[index].kind) {
	case FLAG:
		if (!text_is(text, length, "true") && !text_is(text, length, "false"))
			return OPTION_INVALID;
		store(into, index, text_is(text, length, "true"));
		return OPTION_SET;
	case WORD:
		return OPTION_INVALID;
	case NUMBER:
	case LG_BYTES:
		return set_number(into, index, text, length);
	case RATIO:
		if (parsers[index].bound == BOUND_NONE_OR_CLIP && text_is(text, length, "-1"))
			ratio = UINT32_MAX;
		else if (fmt_parse_ratio(text, length, &ratio) != FMT_OK)
			return OPTION_INVALID;
		store(into, index, ratio);
		return OPTION_SET;
	case HUGE_RATIO:
		if (fmt_parse_ratio(text, length, &ratio) != FMT_OK || ratio > 1u << 16)
			return OPTION_INVALID;
		store(into, index, (uint64_t)ratio * (THP_BYTES >> 16));
		return OPTION_SET;
	case LETTERS:
		return set_letters(into, index, text, length);
	case SIZE_RANGES:
		return set_size_ranges(into, index, text, length);
	}
	return OPTION_INVALID;
}

ALWAYS_RUN void option_note_given(struct options *into, enum option_index index, uint8_t who)
{
	for (unsigned i = 0; i < OPTIONS; i++)
		if (parsers[i].offset == parsers[index].offset)
			into->given[i] = who;
}

enum option_outcome option_set(struct options *into, enum option_index index, const char *text,
			       size_t length)
{
	enum option_outcome outcome = set_value(into, index, text, length);
	if (outcome == OPTION_SET)
		option_note_given(into, index, 1);
	return outcome;
}

const void *option_value(const struct options *from, enum option_index index, const char **word)
{
	const void *field = (const char *)from + parsers[index].offset;
	if (parsers[index].kind != WORD)
		return field;
	*word = option_word(index, *(const uint8_t *)field);
	return word;
}

const char *option_word(enum option_index index, unsigned value)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (words[i].option == index && words[i].value == value)
			return words[i].text;
	}
	return NULL;
}

bool option_word_value(enum option_index index, const char *text, unsigned *value)
{
	const struct option_word *word = word_of(index, text, strlen(text));
	if (word != NULL)
		*value = word->value;
	return word != NULL;
}

enum option_index option_find(const char *name, size_t length)
{
	unsigned index = 0;
	while (index < OPTIONS && !text_is(name, length, option_rows[index].name))
		index++;
	return (enum option_index)index;
}

const char *option_former(const char *name, size_t length)
{
	static const char rows[][2][OPTION_NAME_SIZE] = {
#define OPTION_FORMER(name, now) {#name, now},
#include "options.def"
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (text_is(name, length, rows[i][0]))
			return rows[i][1];
	return NULL;
}

ALWAYS_RUN void option_reset(struct options *into)
{
	*into = options_default;
	/* Most processes touch neither these nor the tables. */
	if (has_texts)
		memset(&texts, 0, sizeof texts);
	has_texts = false;
}
