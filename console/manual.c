#include "manual.h"

#include <stdio.h>
#include <string.h>

#define TEXT_WIDTH 78

struct environment_row {
	const char *name;
	const char *meaning;
};

static const struct environment_row environment_rows[] = {
	{"MOONHEAP_RUNTIME_DIR", "the directory in which agents listen; default "
				 "$XDG_RUNTIME_DIR/moonheap, /run/user/UID/moonheap, for root "
				 "/run/moonheap, else /tmp/moonheap-UID"},
	{"MOONHEAP_SCRIPTS", "the directory of the canned scripts"},
	{"XDG_STATE_HOME", "the history of the prompt is in moonheap/history below it; default "
			   "~/.local/state"},
	{"NO_COLOR", "when not empty, no colours unless --color=always"},
	{"PAGER", "what --pager uses; default less"},
	{NULL, NULL},
};

struct example_row {
	const char *command;
	const char *meaning;
};

static const struct example_row example_rows[] = {
	{"moonheap run -- redis-server /etc/redis/redis.conf", "start a service on Moonheap"},
	{"moonheap eval redis-server stats.resident --json", "read one value, for a script"},
	{"moonheap script redis-server overview", "where does its memory go?"},
	{"moonheap script redis-server fragmentation || page-me",
	 "a diagnostic that finds something ends with status 6"},
	{"moonheap eval redis-server 'arena[0].purge()' --role operator",
	 "give unused pages of one arena back now"},
	{"echo stats.arenas | moonheap attach 1234", "statements without a terminal"},
	{NULL, NULL},
};

/* Where a line breaks that may hold at most `width` columns; UTF-8 continuation bytes count none.
 */
static size_t line_length(const char *text, size_t width)
{
	size_t columns = 0, at = 0, last_space = 0;
	for (; text[at] != '\0'; at++) {
		if (text[at] == ' ')
			last_space = at;
		columns += (text[at] & 0xC0) != 0x80;
		if (columns > width && last_space > 0)
			return last_space;
	}
	return at;
}

static void put_wrapped(struct buffer *to, const char *text, const char *indent)
{
	while (*text != '\0') {
		size_t length = line_length(text, TEXT_WIDTH - strlen(indent));
		buffer_printf(to, "%s%.*s\n", indent, (int)length, text);
		text += length;
		text += *text == ' ';
	}
}

/* "  name   meaning", the meaning wrapped beside the name. */
static void put_row(struct buffer *to, const char *name, int width, const char *meaning)
{
	char indent[64];
	size_t margin = (size_t)width + 4;
	memset(indent, ' ', margin);
	indent[margin] = '\0';
	size_t begin = to->length;
	put_wrapped(to, meaning, indent);
	memcpy(to->bytes + begin + 2, name, strlen(name));
}

static void put_exit_codes(struct buffer *to)
{
	char number[16];
	for (const struct exit_code_row *row = exit_code_rows; row->meaning != NULL; row++) {
		snprintf(number, sizeof number, "%d", row->number);
		put_row(to, number, 4, row->meaning);
	}
}

static void option_title(const struct option_row *row, char *to, size_t size)
{
	snprintf(to, size, "--%s%s%s", row->name, row->value == NULL ? "" : " ",
		 row->value == NULL ? "" : row->value);
}

void manual_overview(struct buffer *to)
{
	buffer_append_text(to, "moonheap: look into the allocator of a running process, and steer "
			       "it\n\nUsage: moonheap COMMAND …\n\n");
	for (const struct command *row = shell_commands; row->name != NULL; row++)
		put_row(to, row->name, 8, row->summary);
	buffer_append_text(to, "\n`moonheap help COMMAND` tells more; `moonheap --version` says "
			       "which one this is.\n\nExit status:\n");
	put_exit_codes(to);
}

void manual_command(const struct command *command, struct buffer *to)
{
	char title[64];
	buffer_printf(to, "Usage: moonheap %s%s%s\n\n", command->name, command->usage[0] ? " " : "",
		      command->usage);
	put_wrapped(to, command->summary, "");
	if (command->help != NULL) {
		buffer_append_text(to, "\n");
		put_wrapped(to, command->help, "");
	}
	buffer_append_text(to, "\nOptions:\n");
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (((command->options | OPTION_BIT(HELP)) & 1u << i) == 0)
			continue;
		option_title(&option_rows[i], title, sizeof title);
		put_row(to, title, 18, option_rows[i].help);
	}
}

void manual_prompt(struct buffer *to)
{
	char title[64];
	for (const struct command *row = prompt_commands; row->name != NULL; row++) {
		snprintf(title, sizeof title, ".%s %s", row->name, row->usage);
		put_row(to, title, 28, row->summary);
	}
}

/* --- the manual page ------------------------------------------------------------------------- */

/* Text for roff: no line begins with a control character, no dash or backslash is taken for
 * something else; what stands in `backquotes` becomes bold. */
static void roff_text(struct buffer *to, const char *text)
{
	bool quoted = false;
	if (*text == '.' || *text == '\'')
		buffer_append_text(to, "\\&");
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			buffer_append_text(to, "\\e");
		else if (*text == '-')
			buffer_append_text(to, "\\-");
		else if (*text == '`')
			buffer_append_text(to, (quoted = !quoted) ? "\\fB" : "\\fR");
		else if (strncmp(text, "…", strlen("…")) == 0) {
			buffer_append_text(to, "...");
			text += strlen("…") - 1;
		} else
			buffer_append(to, text, 1);
	}
}

static void roff_line(struct buffer *to, const char *before, const char *text)
{
	buffer_append_text(to, before);
	roff_text(to, text);
	buffer_append_text(to, "\n");
}

static void roff_item(struct buffer *to, const char *title, const char *text)
{
	buffer_append_text(to, ".TP\n.B ");
	roff_text(to, title);
	buffer_append_text(to, "\n");
	roff_line(to, "", text);
}

static void roff_command(struct buffer *to, const char *prefix, const struct command *row)
{
	char title[256];
	snprintf(title, sizeof title, "%s%s%s%s", prefix, row->name, row->usage[0] ? " " : "",
		 row->usage);
	buffer_append_text(to, ".TP\n");
	roff_line(to, ".B ", title);
	roff_line(to, "", row->summary);
	if (row->help != NULL)
		roff_line(to, ".sp\n", row->help);
}

void manual_page(struct buffer *to)
{
	char title[64];
	buffer_append_text(to, ".\\\" Made from the tables of console/ by `moonheap help page`.\n"
			       ".TH MOONHEAP 1 \"\" \"Moonheap " MOONHEAP_VERSION "\"\n"
			       ".SH NAME\nmoonheap \\- look into the allocator of a running "
			       "process, and steer it\n.SH SYNOPSIS\n");
	for (const struct command *row = shell_commands; row->name != NULL; row++) {
		snprintf(title, sizeof title, "moonheap %s ", row->name);
		buffer_append_text(to, row == shell_commands ? "" : ".br\n");
		buffer_printf(to, ".B moonheap %s\n", row->name);
		if (row->usage[0] != '\0')
			roff_line(to, "", row->usage);
	}
	buffer_append_text(to, ".SH COMMANDS\n");
	for (const struct command *row = shell_commands; row->name != NULL; row++)
		roff_command(to, "", row);
	buffer_append_text(to, ".SH OPTIONS\n");
	for (int i = 0; i < OPTION_COUNT; i++) {
		option_title(&option_rows[i], title, sizeof title);
		roff_item(to, title, option_rows[i].help);
	}
	buffer_append_text(to, ".SH PROMPT\n");
	roff_line(to, "",
		  "At the prompt of `moonheap attach` a line is Lua: a statement, or an expression "
		  "whose value is shown. A line that begins with a dot is a command:");
	for (const struct command *row = prompt_commands; row->name != NULL; row++)
		roff_command(to, ".", row);
	buffer_append_text(to, ".SH EXAMPLES\n");
	for (const struct example_row *row = example_rows; row->command != NULL; row++)
		roff_item(to, row->command, row->meaning);
	buffer_append_text(to, ".SH EXIT STATUS\n");
	for (const struct exit_code_row *row = exit_code_rows; row->meaning != NULL; row++) {
		snprintf(title, sizeof title, "%d", row->number);
		roff_item(to, title, row->meaning);
	}
	buffer_append_text(to, ".SH ENVIRONMENT\n");
	for (const struct environment_row *row = environment_rows; row->name != NULL; row++)
		roff_item(to, row->name, row->meaning);
}
