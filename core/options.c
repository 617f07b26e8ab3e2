/* options.c - see options.h. Grammar, the order of the sources, messages.
 *
 * A text is key:value[,key:value...]. Two passes run over the sources: the first takes confirm_conf
 * only, so that the second can confirm from its first pair on. What is wrong with the grammar is
 * therefore reported twice, what is wrong with a value once.
 */
#include "options.h"

#include <stdlib.h>
#include <string.h>
#include "fmt.h"
#include "message.h"
#include "nearest.h"

struct options options = {
#define OPTION(name, kind, type, ctl, unit, accepts, initial, place, help)          .name = initial,
#define OPTION_UNLISTED(name, kind, type, ctl, unit, accepts, initial, place, help) .name = initial,
#include "options.def"
};

struct pair {
	const char *key;
	size_t key_length;
	const char *value;
	size_t value_length;
};

enum pass { FIND_CONFIRM, APPLY };

static bool had_error; /* that counts for abort_conf, in any source */

/* Boot is single-threaded: one buffer for every message. What does not fit is cut. */
static APART char line[4096];
#define LINE_END_CUT "...\n"

static void line_begin(struct fmt *f)
{
	fmt_begin(f, line, sizeof line - sizeof LINE_END_CUT);
	fmt_text(f, MESSAGE_PREFIX);
}

static void line_write(const struct fmt *f)
{
	const char *end = f->cut ? LINE_END_CUT : "\n";
	memcpy(line + f->length, end, strlen(end) + 1);
	message_write(line);
}

/* what: key:value */
static COLD void report(const char *what, const struct pair *pair)
{
	struct fmt f;
	line_begin(&f);
	fmt_text(&f, what);
	if (pair != NULL) {
		fmt_text(&f, ": ");
		fmt_bytes(&f, pair->key, pair->key_length);
		fmt_char(&f, ':');
		fmt_bytes(&f, pair->value, pair->value_length);
	}
	line_write(&f);
}

static COLD void report_grammar(const char *what)
{
	report(what, NULL);
	had_error = true;
}

static COLD bool begins_with(const struct pair *pair, const char *beginning)
{
	size_t length = strlen(beginning);
	return pair->key_length >= length && memcmp(pair->key, beginning, length) == 0;
}

/* Something wrong with a pair. Experimental options come and go: a text that names one is no
 * reason to abort. */
static COLD void report_pair(const char *what, const struct pair *pair)
{
	report(what, pair);
	if (!begins_with(pair, "experimental_"))
		had_error = true;
}

/* The option that was meant by a key that is none; OPTIONS: nobody knows. */
static COLD enum option_index nearest_option(const struct pair *pair)
{
	enum option_index best = OPTIONS;
	size_t least = pair->key_length / 4 + 2;
	for (unsigned i = 0; i < OPTIONS && pair->key_length <= NEAREST_MAX; i++) {
		const char *name = option_rows[i].name;
		size_t letters = nearest_distance(pair->key, pair->key_length, name, strlen(name),
						  least - 1);
		if (letters < least) {
			least = letters;
			best = (enum option_index)i;
		}
	}
	return best;
}

static COLD void report_unknown(const struct pair *pair)
{
	report_pair("Invalid conf pair", pair);
	const char *now = option_former(pair->key, pair->key_length);
	bool is_of_profiling = begins_with(pair, "prof") || begins_with(pair, "lg_prof_");
	enum option_index meant = now == NULL && !is_of_profiling ? nearest_option(pair) : OPTIONS;
	if (now == NULL && meant == OPTIONS && !is_of_profiling)
		return;
	struct fmt f;
	fmt_begin(&f, line, sizeof line - sizeof LINE_END_CUT);
	fmt_text(&f, MESSAGE_PREFIX_OURS "There is no option \"");
	fmt_bytes(&f, pair->key, pair->key_length);
	if (is_of_profiling) {
		fmt_text(&f, "\": this build has no heap profiling");
	} else if (now != NULL) {
		fmt_text(&f, "\" any more; ");
		fmt_text(&f, now[0] != '\0' ? "in its place is " : "nothing took its place");
		fmt_text(&f, now);
	} else {
		fmt_text(&f, "\"; did you mean \"");
		fmt_text(&f, option_rows[meant].name);
		fmt_text(&f, "\"?");
	}
	line_write(&f);
}

/* A list with a wrong segment. */
static COLD void report_settings(const struct pair *pair)
{
	char what[64];
	struct fmt f;
	fmt_begin(&f, what, sizeof what);
	fmt_text(&f, "Invalid settings for ");
	fmt_bytes(&f, pair->key, pair->key_length);
	report_pair(what, pair);
}

static bool is_key_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* Takes the next pair off the text. False at its end, and where nothing after can be trusted. */
static ALWAYS_RUN bool next_pair(const char **text, struct pair *pair)
{
	const char *at = *text;
	if (*at == '\0')
		return false;

	pair->key = at;
	while (is_key_char(*at))
		at++;
	pair->key_length = (size_t)(at - pair->key);
	if (*at != ':') {
		report_grammar(*at == '\0' ? "Conf string ends with key" : "Malformed conf string");
		return false;
	}
	pair->value = ++at;
	while (*at != ',' && *at != '\0')
		at++;
	pair->value_length = (size_t)(at - pair->value);
	if (*at == ',' && *++at == '\0')
		report_grammar("Conf string ends with comma");
	*text = at;
	return true;
}

static void apply_pair(const struct pair *pair, unsigned source)
{
	enum option_index index = option_find(pair->key, pair->key_length);
	if (index == OPTIONS) {
		report_unknown(pair);
		return;
	}
	switch (option_set(&options, index, pair->value, pair->value_length)) {
	case OPTION_SET:
		option_note_given(&options, index, (uint8_t)(source + 1));
		if (options.confirm_conf)
			report("-- Set conf value", pair);
		break;
	case OPTION_INVALID:
		report_pair("Invalid conf value", pair);
		break;
	case OPTION_OUT_OF_RANGE:
		report_pair("Out-of-range conf value", pair);
		break;
	case OPTION_INVALID_SETTINGS:
		report_settings(pair);
		break;
	}
}

static ALWAYS_RUN void read_text(const char *text, enum pass pass, unsigned source)
{
	struct pair pair;
	while (next_pair(&text, &pair)) {
		if (pass == APPLY)
			apply_pair(&pair, source);
		else if (option_find(pair.key, pair.key_length) == OPTION_confirm_conf)
			option_set(&options, OPTION_confirm_conf, pair.value, pair.value_length);
	}
}

/* -- all texts ------------------------------------------------------------------------------- */

static const char *const source_help[OPTION_SOURCES] = {
	[OPTION_SOURCE_BUILD] = "string specified via --with-malloc-conf",
	[OPTION_SOURCE_PROGRAM] = "string pointed to by the global variable malloc_conf",
	[OPTION_SOURCE_LINK] =
		"\"name\" of the file referenced by the symbolic link named " OPTION_LINK,
	[OPTION_SOURCE_ENVIRONMENT] = "value of the environment variable " OPTION_VARIABLE,
	[OPTION_SOURCE_HARDER] =
		"string pointed to by the global variable malloc_conf_2_conf_harder",
};

static COLD void confirm_source(unsigned source, const char *text)
{
	struct fmt f;
	line_begin(&f);
	fmt_text(&f, "malloc_conf #");
	fmt_unsigned(&f, source + 1);
	fmt_text(&f, " (");
	fmt_text(&f, source_help[source]);
	fmt_text(&f, "): \"");
	fmt_text(&f, text);
	fmt_char(&f, '"');
	line_write(&f);
}

ALWAYS_RUN void options_apply(const char *const texts[OPTION_SOURCES])
{
	option_reset(&options);
	had_error = false;

	for (unsigned i = 0; i < OPTION_SOURCES; i++) {
		if (texts[i] != NULL)
			read_text(texts[i], FIND_CONFIRM, i);
	}
	for (unsigned i = 0; i < OPTION_SOURCES; i++) {
		if (options.confirm_conf)
			confirm_source(i, texts[i] != NULL ? texts[i] : "");
		if (texts[i] != NULL)
			read_text(texts[i], APPLY, i);
		if (had_error && options.abort_conf) {
			message_write(
				MESSAGE_PREFIX
				"Abort (abort_conf:true) on invalid conf value (see above).\n");
			abort();
		}
	}
}

const char *options_source(enum option_index index)
{
	static const char *const words[OPTION_SOURCES] = {
		[OPTION_SOURCE_BUILD] = "build",
		[OPTION_SOURCE_PROGRAM] = "malloc_conf",
		[OPTION_SOURCE_LINK] = OPTION_LINK,
		[OPTION_SOURCE_ENVIRONMENT] = OPTION_VARIABLE,
		[OPTION_SOURCE_HARDER] = "malloc_conf_2_conf_harder",
	};
	unsigned given = options.given[index];
	return given != 0 ? words[given - 1] : "default";
}

ALWAYS_RUN void options_read(void)
{
	const char *texts[OPTION_SOURCES];
	option_texts_fetch(texts);
	options_apply(texts);
}

void options_decline(const char *what)
{
	struct fmt f;
	line_begin(&f);
	fmt_text(&f, what);
	fmt_text(&f, options.abort_conf ? "; aborting." : "; disabling.");
	line_write(&f);
	if (options.abort_conf)
		abort();
}
