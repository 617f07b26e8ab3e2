/* command_script.c - `moonheap script` and `moonheap scripts`: canned diagnostics and files. */
#include "command.h"
#include "script_run.h"

int command_script(struct arguments *arguments, struct view *view, struct failure *failure)
{
	struct session session;
	struct script script;
	int code = script_load(arguments->words[1], &script, failure);
	if (code != 0)
		return code;
	code = statement_attach(&session, arguments->words[0], arguments->role, failure);
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

int command_scripts(struct arguments *arguments, struct view *view, struct failure *failure)
{
	(void)arguments;
	(void)view;
	return script_list_canned(failure);
}
