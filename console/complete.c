#include "complete.h"

#include "command.h"
#include "script.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct prompt_candidates *to, const char *text)
{
	char **texts = realloc(to->texts, (to->count + 1) * sizeof *texts);
	if (texts == NULL)
		return;
	to->texts = texts;
	char *copy = strdup(text);
	if (copy != NULL)
		to->texts[to->count++] = copy;
}

static void add_beginning_with(struct prompt_candidates *to, const char *text, const char *begin,
			       size_t length)
{
	if (strncmp(text, begin, length) == 0)
		add(to, text);
}

/* A name that would have to be escaped on the screen is not offered: it cannot be typed either. */
static bool is_harmless(const char *text)
{
	char clean[1024];
	text_clean_name(text, clean, sizeof clean);
	return strcmp(clean, text) == 0;
}

/* Lets the agent complete the text that begins at byte `at` of the line. */
static void complete_remote(struct session *session, const char *line, size_t at, size_t cursor,
			    struct prompt_candidates *to)
{
	struct session_candidates found;
	if (at > cursor)
		return;
	/* A lost connection is noticed, and told, by whoever polls it. */
	session_complete(session, line + at, cursor - at, COMPLETE_BUDGET_MS, &found);
	to->from = at + found.from;
	for (size_t i = 0; i < found.count; i++)
		if (is_harmless(found.texts[i]))
			add(to, found.texts[i]);
	session_candidates_free(&found);
}

struct scripts {
	struct prompt_candidates *to;
	const char *begin;
	size_t length;
};

static void add_script(const char *name, const char *summary, void *opaque)
{
	struct scripts *scripts = opaque;
	(void)summary;
	add_beginning_with(scripts->to, name, scripts->begin, scripts->length);
}

/* The line begins with a dot: the name of a command, or what may follow it. */
static void complete_command(struct session *session, const char *line, size_t cursor,
			     struct prompt_candidates *to)
{
	size_t name_end = strcspn(line, " \t");
	char name[64];
	if (cursor <= name_end) {
		to->from = 0;
		for (const struct command *row = prompt_commands; row->name != NULL; row++) {
			snprintf(name, sizeof name, ".%s", row->name);
			add_beginning_with(to, name, line, cursor);
		}
		return;
	}
	const struct command *command = command_find(prompt_commands, line + 1, name_end - 1);
	size_t at = name_end + strspn(line + name_end, " \t");
	if (command == NULL || at > cursor)
		return;
	to->from = at;
	for (const char *const *word = command->words; word != NULL && *word != NULL; word++)
		add_beginning_with(to, *word, line + at, cursor - at);
	if (strcmp(command->name, "script") == 0) {
		struct failure ignored;
		struct scripts scripts = {to, line + at, cursor - at};
		script_each_canned(add_script, &scripts, &ignored);
	} else if (strcmp(command->name, "help") == 0) {
		complete_remote(session, line, at, cursor, to);
	}
}

void complete_line(struct session *session, const char *line, size_t cursor,
		   struct prompt_candidates *to)
{
	static const char help[] = "help ";
	*to = (struct prompt_candidates){0};
	size_t begin = strspn(line, " \t");
	if (line[begin] == '.' && begin < cursor) {
		complete_command(session, line + begin, cursor - begin, to);
		to->from += begin;
	} else if (strncmp(line + begin, help, sizeof help - 1) == 0) {
		complete_remote(session, line, begin + sizeof help - 1, cursor, to);
	} else {
		complete_remote(session, line, 0, cursor, to);
	}
}
