/* arguments.h - a command line taken apart by the rows of options.def. Pure. */
#ifndef CONSOLE_ARGUMENTS_H
#define CONSOLE_ARGUMENTS_H

#include "failure.h"

#include <stdbool.h>
#include <stdint.h>

enum option {
#define OPTION(id, name, value, help) OPTION_##id,
#include "options.def"
#undef OPTION
	OPTION_COUNT
};

#define OPTION_BIT(id) (1u << OPTION_##id)

struct option_row {
	const char *name;
	const char *value; /* NULL: the option takes none */
	const char *help;
};
extern const struct option_row option_rows[OPTION_COUNT];

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct arguments {
	const char *role;
	uint32_t timeout_ms; /* 0: no limit */
	bool json;
	bool pager;
	bool help;
	enum color_when color;
	char **words; /* what is no option, in order; points into argv */
	int count;
};

/* How words that look like options are treated. "--" always ends the options. */
enum argument_style {
	ARGUMENTS_STRICT,      /* an option that is not taken is an error */
	ARGUMENTS_STOP_AT_ONE, /* all that follows the first word belongs to it: run PROG --x */
	ARGUMENTS_PASS_ON      /* after two words, options that are not ours are words */
};

/* Takes argv apart in place (the words are moved to its front). options is a set of OPTION_BITs.
 * 0, or EXIT_USAGE. */
int arguments_parse(int argc, char **argv, unsigned options, enum argument_style style,
		    struct arguments *arguments, struct failure *failure);

#endif
