/* main.c - from the command line to a row of the command table, and its failure in words. */
#include "command.h"
#include "manual.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static int show(void (*write_text)(struct buffer *to))
{
	struct buffer text = {0};
	write_text(&text);
	fwrite(buffer_text(&text), 1, text.length, stdout);
	buffer_free(&text);
	return EXIT_OK;
}

static int show_command(const struct command *command)
{
	struct buffer text = {0};
	manual_command(command, &text);
	fwrite(buffer_text(&text), 1, text.length, stdout);
	buffer_free(&text);
	return EXIT_OK;
}

static int check_count(const struct command *command, const struct arguments *arguments,
		       struct failure *failure)
{
	const char *wrong = arguments->count < command->words_min   ? "something is missing"
			    : arguments->count > command->words_max ? "that is too much"
								    : NULL;
	if (wrong == NULL)
		return 0;
	return failure_set(failure, EXIT_USAGE, "%s; usage: moonheap %s %s", wrong, command->name,
			   command->usage);
}

static int run_command(const struct command *command, int argc, char **argv)
{
	struct arguments arguments;
	struct view view;
	struct failure failure = {0};
	int code =
		arguments_parse(argc, argv, command->options, command->style, &arguments, &failure);
	if (code == 0 && arguments.help)
		return show_command(command);
	view_init(&view, &arguments);
	if (code == 0)
		code = check_count(command, &arguments, &failure);
	if (code == 0)
		code = command->run(&arguments, &view, &failure);
	if (code != 0 && failure.text[0] != '\0')
		view_failure(&view, &failure);
	return code;
}

static int fail(const struct failure *failure)
{
	struct arguments arguments = {.color = COLOR_AUTO};
	struct view view;
	view_init(&view, &arguments);
	view_failure(&view, failure);
	return (int)failure->code;
}

static int unknown_command(const char *name)
{
	struct failure failure;
	failure_set(&failure, EXIT_USAGE, "there is no command %s; `moonheap help` lists them",
		    name);
	return fail(&failure);
}

/* What was printed must also arrive; a reader that has gone away has seen what it wanted. */
static int with_output_written(int code)
{
	struct failure failure;
	errno = 0;
	if ((fflush(stdout) == 0 && !ferror(stdout)) || code != EXIT_OK || errno == EPIPE)
		return code;
	failure_set(&failure, EXIT_LUA_ERROR, "cannot write the output%s%s", errno != 0 ? ": " : "",
		    errno != 0 ? strerror(errno) : "");
	return fail(&failure);
}

static bool is_one_of(const char *word, const char *first, const char *second)
{
	return strcmp(word, first) == 0 || strcmp(word, second) == 0;
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	if (argc < 2) {
		struct buffer text = {0};
		manual_overview(&text);
		fwrite(buffer_text(&text), 1, text.length, stderr);
		buffer_free(&text);
		return EXIT_USAGE;
	}
	if (is_one_of(argv[1], "--version", "-V")) {
		puts("moonheap " MOONHEAP_VERSION);
		return with_output_written(EXIT_OK);
	}
	if (is_one_of(argv[1], "--help", "-h"))
		return with_output_written(show(manual_overview));
	const struct command *command = command_find(shell_commands, argv[1], strlen(argv[1]));
	if (command == NULL)
		return unknown_command(argv[1]);
	if (command->run != command_run)
		signal(SIGPIPE, SIG_IGN); /* a reader that leaves is seen by write() */
	return with_output_written(run_command(command, argc - 2, argv + 2));
}
