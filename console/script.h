/* script.h - scripts: where they are, what they are about, which modules they bring along.
 *
 * A canned script is NAME.lua in the scripts directory; its first line is a comment that begins
 * with its name and says in one line what it tells. A word with a slash or with .lua at its end is
 * a file. The agent's Lua has no file system, so the modules that a script requires are sent ahead:
 * require "lib.units" is lib/units.lua beside the script, or in the scripts directory.
 */
#ifndef CONSOLE_SCRIPT_H
#define CONSOLE_SCRIPT_H

#include "buffer.h"
#include "failure.h"

#include <stdbool.h>

struct script {
	char name[128];  /* for messages of the agent */
	char *directory; /* that it came from; NULL for standard input */
	struct buffer text;
};

/* Finds and reads it; "-" is standard input. 0, or EXIT_USAGE. Free with script_free. */
int script_load(const char *word, struct script *script, struct failure *failure);
void script_free(struct script *script);

/* Calls visit for each module that the script requires, directly or not, each once and after those
 * that it requires itself. A module that is nowhere is passed over: the agent may have it, or will
 * say that it is missing. Stops at the first visit that does not return 0, and returns that. */
int script_each_module(const struct script *script,
		       int (*visit)(const char *name, const struct buffer *text, void *opaque),
		       void *opaque);

/* Calls visit for each canned script, by name; false when there is no scripts directory, whose
 * expected place is then in failure. */
bool script_each_canned(void (*visit)(const char *name, const char *summary, void *opaque),
			void *opaque, struct failure *failure);

/* Prints them with their summaries. 0, or EXIT_USAGE. */
int script_list_canned(struct failure *failure);

/* The next module that a text requires by a literal name, from *at on; false when there is none.
 * Pure. */
bool script_next_require(const char *text, size_t *at, char *name, size_t size);

/* The summary in a script's first line: what follows its name and a dash. Pure. */
void script_summary(const char *first_line, const char *name, char *summary, size_t size);

#endif
