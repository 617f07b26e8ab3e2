/* command_script.c - `moonheap script` and `moonheap scripts`: canned diagnostics and files. */
#include "command.h"
#include "interrupt.h"
#include "script_run.h"
#include "target.h"

#include <stdio.h>

int command_script(struct arguments *arguments, struct view *view, struct failure *failure)
{
	struct agent agent;
	struct session session;
	struct script script;
	int code = script_load(arguments->words[1], &script, failure);
	if (code != 0)
		return code;
	code = target_resolve(arguments->words[0], &agent, failure);
	if (code == 0) {
		interrupt_open();
		code = session_open(&session, &agent, arguments->role, failure);
	}
	if (code == 0) {
		struct statement_end end =
			script_run(&session, view, &script, arguments->words + 2,
				   arguments->count - 2, arguments->timeout_ms, failure);
		code = end.code;
		statement_part(&session, view, &end);
	}
	script_free(&script);
	return code;
}

static void print_row(const char *name, const char *summary, void *opaque)
{
	(void)opaque;
	printf("  %-20s %s\n", name, summary);
}

int command_scripts(struct arguments *arguments, struct view *view, struct failure *failure)
{
	(void)arguments;
	(void)view;
	return script_each_canned(print_row, NULL, failure) ? 0 : EXIT_USAGE;
}
