/* command.h - the shape of a command: one row from which parsing, help and the manual derive.
 *
 * A command of the shell (`moonheap eval …`) has run; a command of the prompt (`.role …`) has
 * enter. The rows stand in commands.c, and nowhere else.
 */
#ifndef CONSOLE_COMMAND_H
#define CONSOLE_COMMAND_H

#include "arguments.h"
#include "view.h"

#include <limits.h>

struct prompt_session; /* what a command of the prompt works on: attach.h */

struct command {
	const char *name;
	const char *usage;   /* what follows the name: "PID|NAME STATEMENT" */
	const char *summary; /* one line, no period */
	const char *help;    /* paragraphs; NULL when the summary says it all */
	unsigned options;    /* OPTION_BITs */
	enum argument_style style;
	int words_min, words_max;
	/* Prints its results; 0, or the exit code. When failure->text is set, main prints it. */
	int (*run)(struct arguments *arguments, struct view *view, struct failure *failure);
	/* Text behind the name; what it cannot do it says itself. */
	void (*enter)(struct prompt_session *session, const char *text);
	/* Words that may follow at the prompt, ending with NULL; may be NULL itself. */
	const char *const *words;
};

#define COMMAND_WORDS_ANY INT_MAX

/* All rows: those of the shell, then those of the prompt; each ends with name == NULL. */
extern const struct command shell_commands[];
extern const struct command prompt_commands[];

const struct command *command_find(const struct command *rows, const char *name, size_t length);

int command_run(struct arguments *, struct view *, struct failure *);
int command_ps(struct arguments *, struct view *, struct failure *);
int command_attach(struct arguments *, struct view *, struct failure *);
int command_eval(struct arguments *, struct view *, struct failure *);
int command_script(struct arguments *, struct view *, struct failure *);
int command_scripts(struct arguments *, struct view *, struct failure *);
int command_help(struct arguments *, struct view *, struct failure *);

#endif
