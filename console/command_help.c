/* command_help.c - `moonheap help`: the overview, one command, or the manual page. */
#include "command.h"
#include "manual.h"

#include <stdio.h>
#include <string.h>

int command_help(struct arguments *arguments, struct view *view, struct failure *failure)
{
	struct buffer text = {0};
	(void)view;
	if (arguments->count == 0) {
		manual_overview(&text);
	} else if (strcmp(arguments->words[0], "page") == 0) {
		manual_page(&text);
	} else {
		const char *name = arguments->words[0];
		const struct command *command = command_find(shell_commands, name, strlen(name));
		if (command == NULL)
			return failure_set(failure, EXIT_USAGE,
					   "there is no command %s; `moonheap help` lists them",
					   name);
		manual_command(command, &text);
	}
	fwrite(buffer_text(&text), 1, text.length, stdout);
	buffer_free(&text);
	return 0;
}
