#include "arguments.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

#define TIMEOUT_DEFAULT_MS 30000u
#define TIMEOUT_MAX_S      86400.0

const struct option_row option_rows[OPTION_COUNT] = {
#define OPTION(id, name, value, help) {name, value, help},
#include "options.def"
#undef OPTION
};

static int bad_value(const char *name, const char *value, const char *wanted,
		     struct failure *failure)
{
	char shown[128];
	text_clean_name(value, shown, sizeof shown);
	return failure_set(failure, EXIT_USAGE, "--%s cannot be '%s': %s", name, shown, wanted);
}

static int parse_timeout(const char *value, struct arguments *arguments, struct failure *failure)
{
	char *end;
	double seconds = strtod(value, &end);
	if (end == value || *end != '\0' || !(seconds >= 0 && seconds <= TIMEOUT_MAX_S))
		return bad_value("timeout", value,
				 "give seconds, such as 10 or 0.5, at most a day; 0 for no limit",
				 failure);
	arguments->timeout_ms = (uint32_t)(seconds * 1000);
	if (seconds > 0 && arguments->timeout_ms == 0)
		arguments->timeout_ms = 1;
	return 0;
}

static int parse_color(const char *value, struct arguments *arguments, struct failure *failure)
{
	static const char *const names[] = {"auto", "always", "never"};
	for (int i = 0; i < 3; i++) {
		if (strcmp(value, names[i]) == 0) {
			arguments->color = (enum color_when)i;
			return 0;
		}
	}
	return bad_value("color", value, "give auto, always or never", failure);
}

static void take_flag(enum option option, struct arguments *arguments)
{
	arguments->json |= option == OPTION_JSON;
	arguments->pager |= option == OPTION_PAGER;
	arguments->help |= option == OPTION_HELP;
}

static int take_value(enum option option, const char *value, struct arguments *arguments,
		      struct failure *failure)
{
	if (option == OPTION_TIMEOUT)
		return parse_timeout(value, arguments, failure);
	if (option == OPTION_COLOR)
		return parse_color(value, arguments, failure);
	if (strcmp(value, "observer") != 0 && strcmp(value, "operator") != 0)
		return bad_value("role", value, "give observer or operator", failure);
	arguments->role = value;
	return 0;
}

/* The option that a word names, up to its '='; OPTION_COUNT when it is not one of the set. */
static enum option find_option(const char *word, unsigned options)
{
	size_t length = strcspn(word + 2, "=");
	for (int i = 0; i < OPTION_COUNT; i++)
		if ((options & 1u << i) != 0 && strlen(option_rows[i].name) == length &&
		    strncmp(option_rows[i].name, word + 2, length) == 0)
			return (enum option)i;
	return OPTION_COUNT;
}

static int unknown_option(const char *word, struct failure *failure)
{
	char shown[128];
	text_clean_name(word, shown, sizeof shown);
	return failure_set(failure, EXIT_USAGE,
			   "there is no option %s here; --help shows what there is", shown);
}

/* Takes the option at argv[*at] with its value, which may be the next word. */
static int take_word(int argc, char **argv, int *at, enum option option,
		     struct arguments *arguments, struct failure *failure)
{
	const struct option_row *row = &option_rows[option];
	const char *equals = strchr(argv[*at], '=');
	if (row->value == NULL && equals != NULL)
		return failure_set(failure, EXIT_USAGE, "--%s takes no value", row->name);
	if (row->value == NULL) {
		take_flag(option, arguments);
		return 0;
	}
	if (equals != NULL)
		return take_value(option, equals + 1, arguments, failure);
	if (*at + 1 >= argc)
		return failure_set(failure, EXIT_USAGE, "--%s needs a value: --%s %s", row->name,
				   row->name, row->value);
	return take_value(option, argv[++*at], arguments, failure);
}

int arguments_parse(int argc, char **argv, unsigned options, enum argument_style style,
		    struct arguments *arguments, struct failure *failure)
{
	*arguments = (struct arguments){
		.role = "observer", .timeout_ms = TIMEOUT_DEFAULT_MS, .words = argv};
	bool only_words = false;
	for (int at = 0; at < argc; at++) {
		char *word = argv[at];
		int code = 0;
		enum option option = OPTION_COUNT;
		if (!only_words && strcmp(word, "--") == 0) {
			only_words = true;
			continue;
		}
		bool looks_like_option = !only_words && word[0] == '-' && word[1] != '\0';
		if (looks_like_option && strcmp(word, "-h") == 0)
			option = OPTION_HELP;
		else if (looks_like_option && word[1] == '-')
			option = find_option(word, options | OPTION_BIT(HELP));
		bool passed_on = style == ARGUMENTS_PASS_ON && arguments->count >= 2;
		if (option != OPTION_COUNT)
			code = take_word(argc, argv, &at, option, arguments, failure);
		else if (looks_like_option && !passed_on)
			code = unknown_option(word, failure);
		else
			arguments->words[arguments->count++] = word;
		if (code != 0)
			return code;
		if (style == ARGUMENTS_STOP_AT_ONE && arguments->count > 0)
			only_words = true;
	}
	return 0;
}
