/* command_eval.c - `moonheap eval`: one statement in a process, from the command line or stdin. */
#include "command.h"
#include "script.h"
#include "statement.h"

#include <string.h>

int command_eval(struct arguments *arguments, struct view *view, struct failure *failure)
{
	struct session session;
	struct script input = {0};
	const char *text = arguments->words[1];
	int code = 0;
	if (strcmp(text, "-") == 0) {
		code = script_load("-", &input, failure);
		text = buffer_text(&input.text);
	}
	if (code == 0)
		code = statement_attach(&session, arguments->words[0], arguments->role, failure);
	if (code == 0) {
		struct statement_end end =
			statement_eval(&session, view, text, arguments->timeout_ms, failure);
		code = end.code;
		statement_part(&session, view, &end);
	}
	script_free(&input);
	return code;
}
