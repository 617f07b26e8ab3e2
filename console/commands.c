/* commands.c - the rows: every command of the shell and of the prompt, once. */
#include "command.h"

#include "attach.h"

#include <string.h>

#define SESSION_OPTIONS (OPTION_BIT(ROLE) | OPTION_BIT(COLOR))

const struct command shell_commands[] = {
	{
		.name = "run",
		.usage = "[--] PROGRAM [ARGUMENT…]",
		.summary = "start a program on Moonheap, with an agent in it that sleeps until "
			   "it is asked",
		.help = "The program becomes this process: its pid, signals and exit status are "
			"its "
			"own. Programs that it starts do not run on Moonheap. Wrappers that start "
			"the real program (env, nice, sudo, a shell) therefore stand in front: "
			"`nice moonheap run -- redis-server`. Nothing can be preloaded into "
			"programs that are statically linked or gain privileges.",
		.style = ARGUMENTS_STOP_AT_ONE,
		.words_min = 1,
		.words_max = COMMAND_WORDS_ANY,
		.run = command_run,
	},
	{
		.name = "ps",
		.usage = "[--json]",
		.summary = "list the processes that can be attached to",
		.help = "An agent that is asleep costs its process nothing. Processes of other "
			"users are listed when you may look into them.",
		.options = OPTION_BIT(JSON) | OPTION_BIT(COLOR),
		.words_max = 0,
		.run = command_ps,
	},
	{
		.name = "attach",
		.usage = "PID|NAME [--role ROLE] [--pager]",
		.summary = "open a Lua prompt in a process",
		.help = "NAME is that of a process, its executable or argv[0], and must be the "
			"only "
			"one. Tab completes the live control tree. A statement that is not "
			"finished "
			"goes on in the next line. Ctrl-C clears the line; while a statement runs "
			"it "
			"cancels the statement, a second time it detaches, a third time it quits "
			"at "
			"once. Ctrl-D ends the session and lists what stays changed. Without a "
			"terminal, statements are read from standard input one after the other.",
		.options = SESSION_OPTIONS | OPTION_BIT(PAGER),
		.words_min = 1,
		.words_max = 1,
		.run = command_attach,
	},
	{
		.name = "eval",
		.usage = "PID|NAME STATEMENT|- [--json] [--timeout SECONDS] [--role ROLE]",
		.summary = "run one Lua statement or expression in a process",
		.help = "With - the text comes from standard input. The value is printed on "
			"standard "
			"output, errors on standard error.",
		.options = SESSION_OPTIONS | OPTION_BIT(JSON) | OPTION_BIT(TIMEOUT),
		.words_min = 2,
		.words_max = 2,
		.run = command_eval,
	},
	{
		.name = "script",
		.usage = "PID|NAME SCRIPT|FILE|- [ARGUMENT…] [--json] [--timeout SECONDS] [--role "
			 "ROLE]",
		.summary = "run a canned diagnostic, or a Lua file, in a process",
		.help = "SCRIPT is one of those that `moonheap scripts` lists; a FILE has a slash "
			"or "
			".lua in its name. The arguments are handed to the script; what follows -- "
			"is an argument even if it looks like an option of ours.",
		.options = SESSION_OPTIONS | OPTION_BIT(JSON) | OPTION_BIT(TIMEOUT),
		.style = ARGUMENTS_PASS_ON,
		.words_min = 2,
		.words_max = COMMAND_WORDS_ANY,
		.run = command_script,
	},
	{
		.name = "scripts",
		.usage = "",
		.summary = "list the canned diagnostics",
		.words_max = 0,
		.run = command_scripts,
	},
	{
		.name = "help",
		.usage = "[COMMAND]",
		.summary = "show what a command does, or this overview",
		.words_max = 1,
		.run = command_help,
	},
	{.name = NULL},
};

static const char *const role_words[] = {"observer", "operator", NULL};
static const char *const switch_words[] = {"on", "off", NULL};

const struct command prompt_commands[] = {
	{
		.name = "help",
		.usage = "[NAME]",
		.summary = "these commands; with a name of the control tree or the language, what "
			   "it is (`help NAME` does the same)",
		.enter = attach_help,
	},
	{
		.name = "role",
		.usage = "[observer|operator]",
		.summary = "show the role, or start over in another one",
		.help = "A session keeps its role for life. Another role means another session: "
			"variables and functions that were defined are gone.",
		.enter = attach_role,
		.words = role_words,
	},
	{
		.name = "script",
		.usage = "SCRIPT|FILE [ARGUMENT…]",
		.summary = "run a canned diagnostic or a Lua file",
		.enter = attach_script,
	},
	{
		.name = "scripts",
		.usage = "",
		.summary = "list the canned diagnostics",
		.enter = attach_scripts,
	},
	{
		.name = "timeout",
		.usage = "[SECONDS]",
		.summary = "show or set the time limit of a statement; 0 for none",
		.enter = attach_timeout,
	},
	{
		.name = "pager",
		.usage = "[on|off]",
		.summary = "show output longer than the screen with $PAGER, or not",
		.enter = attach_pager,
		.words = switch_words,
	},
	{
		.name = "quit",
		.usage = "",
		.summary = "end the session and list what stays changed (as Ctrl-D does)",
		.enter = attach_quit,
	},
	{.name = NULL},
};

const struct command *command_find(const struct command *rows, const char *name, size_t length)
{
	for (; rows->name != NULL; rows++)
		if (strlen(rows->name) == length && strncmp(rows->name, name, length) == 0)
			return rows;
	return NULL;
}
