/* command_run.c - `moonheap run`: becomes a program that runs on Moonheap with an agent in it.
 *
 * The two libraries go in front of LD_PRELOAD. Children of the program must not inherit them: the
 * agent's constructor takes LD_PRELOAD back to the value in MOONHEAP_RUN_PRELOAD (empty: it was not
 * set) and removes that variable and MOONHEAP_AGENT. A program that would not be served is told
 * apart before anything is started.
 */
#include "command.h"
#include "place.h"
#include "program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENV_WORDS_MAX 16 /* of a script's first line */

static int find_library(const char *name, char *path, size_t size, struct failure *failure)
{
	if (!place_library(name, path, size))
		return failure_set(failure, EXIT_CANNOT_RUN,
				   "%s is missing (looked for %s); build it, or reinstall Moonheap",
				   name, path);
	if (strpbrk(path, " :") != NULL)
		return failure_set(failure, EXIT_CANNOT_RUN,
				   "%s cannot be preloaded: LD_PRELOAD knows no path with a space "
				   "or a colon in it; move Moonheap elsewhere",
				   path);
	return 0;
}

static int set_environment(struct failure *failure)
{
	char allocator[PATH_MAX], agent[PATH_MAX];
	struct buffer preload = {0};
	int code = find_library("libmoonheap.so", allocator, sizeof allocator, failure);
	if (code == 0)
		code = find_library("libmoonheap-agent.so", agent, sizeof agent, failure);
	if (code != 0)
		return code;
	const char *before = getenv("LD_PRELOAD");
	bool was_set = before != NULL && before[0] != '\0';
	buffer_printf(&preload, "%s:%s%s%s", allocator, agent, was_set ? ":" : "",
		      was_set ? before : "");
	setenv("MOONHEAP_RUN_PRELOAD", was_set ? before : "", 1);
	setenv("MOONHEAP_AGENT", "1", 1);
	setenv("LD_PRELOAD", preload.bytes, 1);
	buffer_free(&preload);
	return 0;
}

static int split_words(char *line, char **words)
{
	int count = 0;
	char *rest;
	for (char *word = strtok_r(line, " \t", &rest); word != NULL && count < ENV_WORDS_MAX;
	     word = strtok_r(NULL, " \t", &rest))
		words[count++] = word;
	return count;
}

/* What is started for a script: the words before the script's own path. env would be served and
 * hand nothing on to the program that it starts, so the program behind env is started directly.
 * Returns the number of words, 0 when the script can be started as it is. */
static int interpreter_words(char *line, char **words)
{
	int count = split_words(line, words);
	const char *slash = count > 0 ? strrchr(words[0], '/') : NULL;
	if (count < 2 || slash == NULL || strcmp(slash, "/env") != 0)
		return 0;
	int first = strcmp(words[1], "-S") == 0 ? 2 : 1;
	if (first == count || words[first][0] == '-' || strchr(words[first], '=') != NULL)
		return 0;
	memmove(words, words + first, (size_t)(count - first) * sizeof *words);
	return count - first;
}

/* argv for a script that names its interpreter through env. */
static char **script_arguments(char **words, int count, char *script, char **rest)
{
	size_t nrest = 0;
	while (rest[nrest] != NULL)
		nrest++;
	char **all = calloc((size_t)count + 1 + nrest + 1, sizeof *all);
	if (all == NULL)
		return NULL;
	memcpy(all, words, (size_t)count * sizeof *words);
	all[count] = script;
	memcpy(all + count + 1, rest, nrest * sizeof *rest);
	return all;
}

static int explain_kind(const struct program *program, const struct view *view,
			struct failure *failure)
{
	struct buffer warning = {0};
	if (program->privileged)
		return failure_set(
			failure, EXIT_CANNOT_RUN,
			"%s gains privileges when it starts (set-uid, set-gid or file "
			"capabilities); the loader preloads nothing into such a program, "
			"so it would not run on Moonheap; start it as the user that it "
			"becomes, or without moonheap run",
			program->path);
	if (program->kind == PROGRAM_OTHER_CPU)
		return failure_set(failure, EXIT_CANNOT_RUN,
				   "%s is built for another kind of CPU than Moonheap's libraries "
				   "(perhaps 32-bit); they cannot be loaded into it",
				   program->path);
	if (program->kind == PROGRAM_STATIC)
		buffer_printf(&warning,
			      "moonheap: warning: %s is statically linked: nothing can be "
			      "preloaded into it, so it starts without Moonheap and cannot be "
			      "attached to",
			      program->path);
	if (warning.length > 0)
		view_notice(view, warning.bytes);
	buffer_free(&warning);
	return 0;
}

/* What is executed in the end: the program, or the interpreter that a script names through env. */
struct start {
	struct program program;
	struct program script; /* that was asked for, when it is one */
	char **argv;
	char **made;    /* argv, when it is not the user's: to be freed */
	char line[256]; /* the script's first, in words */
	char *words[ENV_WORDS_MAX];
};

static int prepare_script(struct start *start, const struct view *view, struct failure *failure)
{
	struct program *script = &start->script;
	char interpreter[sizeof script->interpreter];
	*script = start->program;
	memcpy(start->line, script->interpreter, sizeof start->line);
	memcpy(interpreter, script->interpreter, sizeof interpreter);
	interpreter[strcspn(interpreter, " \t")] = '\0';
	int count = interpreter_words(start->line, start->words);
	int code =
		program_find(count > 0 ? start->words[0] : interpreter, &start->program, failure);
	if (code == 0)
		code = explain_kind(&start->program, view, failure);
	if (code != 0)
		return code;
	if (count == 0) { /* the kernel starts its interpreter */
		start->program = *script;
		return 0;
	}
	start->made = script_arguments(start->words, count, script->path, start->argv + 1);
	start->argv = start->made;
	return start->made != NULL ? 0 : failure_set(failure, EXIT_CANNOT_RUN, "out of memory");
}

int command_run(struct arguments *arguments, struct view *view, struct failure *failure)
{
	struct start start = {.argv = arguments->words};
	start.argv[arguments->count] = NULL;
	int code = program_find(start.argv[0], &start.program, failure);
	if (code == 0)
		code = start.program.kind == PROGRAM_SCRIPT
			       ? prepare_script(&start, view, failure)
			       : explain_kind(&start.program, view, failure);
	if (code == 0)
		code = set_environment(failure);
	if (code == 0) {
		execv(start.program.path, start.argv);
		code = failure_set(failure, EXIT_CANNOT_RUN, "cannot start %s: %s",
				   start.program.path, strerror(errno));
	}
	free(start.made);
	return code;
}
