/* command_attach.c - `moonheap attach`: the loop that joins a terminal, Ctrl-C and a session.
 *
 * While the prompt is shown three things can happen: a key, a Ctrl-C, or something from the agent,
 * which at that time can only be the end. While a statement runs the terminal is in its ordinary
 * mode and session_ask waits for the answer. Without a terminal the same statements come from
 * standard input.
 */
#include "chunk.h"
#include "clock.h"
#include "command.h"
#include "complete.h"
#include "interrupt.h"
#include "place.h"
#include "prompt_editor.h"
#include "prompt_session.h"

#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

void prompt_session_after(struct prompt_session *prompt, const struct statement_end *end)
{
	if (prompt->code == 0 || end->lost)
		prompt->code = end->code;
	if (end->lost || end->left) {
		prompt->over = true;
		prompt->said_goodbye = end->lost;
	} else if (end->code == EXIT_USAGE && prompt->failure->text[0] != '\0') {
		view_failure(prompt->view, prompt->failure);
		prompt->failure->text[0] = '\0';
	}
}

/* `help`, or `help NAME`; help(…) and everything else is Lua. */
static const char *help_argument(const char *text)
{
	static const char word[] = "help";
	if (strncmp(text, word, sizeof word - 1) != 0)
		return NULL;
	const char *rest = text + sizeof word - 1;
	const char *name = rest + strspn(rest, " \t");
	if (*name == '\0')
		return name;
	return rest != name && (isalnum((unsigned char)*name) || *name == '_') ? name : NULL;
}

static void enter_command(struct prompt_session *prompt, const char *text)
{
	size_t length = strcspn(text, " \t");
	const struct command *command = command_find(prompt_commands, text, length);
	if (command != NULL) {
		command->enter(prompt, text + length + strspn(text + length, " \t"));
		return;
	}
	struct buffer message = {0};
	buffer_printf(&message, "there is no command .%.*s; .help lists them", (int)length, text);
	view_error(prompt->view, message.bytes, message.length);
	buffer_free(&message);
}

static void run_statement(struct prompt_session *prompt, const char *text)
{
	const char *begin = text + strspn(text, " \t\r\n");
	const char *name = help_argument(begin);
	if (*begin == '\0')
		return;
	struct statement_end end =
		name != NULL ? statement_help(&prompt->session, prompt->view, name, prompt->failure)
			     : statement_eval(&prompt->session, prompt->view, text,
					      prompt->timeout_ms, prompt->failure);
	prompt_session_after(prompt, &end);
}

/* A line came. True when it ended a statement or was a command. */
static bool take_line(struct prompt_session *prompt, const char *line)
{
	const char *begin = line + strspn(line, " \t");
	if (prompt->pending.length == 0 && *begin == '.' && isalpha((unsigned char)begin[1])) {
		if (prompt->view->interactive)
			prompt_remember(line);
		enter_command(prompt, begin + 1);
		return true;
	}
	if (prompt->pending.length > 0)
		buffer_append_text(&prompt->pending, "\n");
	buffer_append_text(&prompt->pending, line);
	const char *text = buffer_text(&prompt->pending);
	if (help_argument(text) == NULL && chunk_is_unfinished(text))
		return false;
	if (prompt->view->interactive)
		prompt_remember(text);
	run_statement(prompt, text);
	buffer_clear(&prompt->pending);
	return true;
}

static void show_prompt(struct prompt_session *prompt)
{
	char text[160];
	const struct session *session = &prompt->session;
	bool writes = strcmp(session->role, "observer") != 0;
	int length = snprintf(text, sizeof text, "%s:%d %s> ", session->transport.program,
			      (int)session->transport.pid, session->role);
	if (prompt->pending.length > 0) /* as wide, so that the lines of a statement align */
		snprintf(text, sizeof text, "%*s", length, "...> ");
	prompt_show(text, view_color(prompt->view->color_out, writes ? VIEW_RED : VIEW_GREEN),
		    view_color(prompt->view->color_out, VIEW_PLAIN));
}

/* The prompt is shown and something happened on one of the descriptors. */
static void on_input(struct prompt_session *prompt, bool key, bool interrupted)
{
	char *line = NULL;
	if (interrupted && interrupt_take()) {
		prompt_abandon();
		buffer_clear(&prompt->pending);
		show_prompt(prompt);
		return;
	}
	if (interrupted && interrupt_take_return())
		prompt_return();
	if (!key)
		return;
	switch (prompt_feed(&line)) {
	case PROMPT_EDITING:
		return;
	case PROMPT_END:
		putchar('\n');
		fflush(stdout);
		prompt->over = true;
		return;
	case PROMPT_LINE:
		take_line(prompt, line);
		free(line);
		if (!prompt->over)
			show_prompt(prompt);
	}
}

static void on_loss(struct prompt_session *prompt)
{
	prompt_hide();
	putchar('\n');
	fflush(stdout);
	prompt->code = transport_explain_loss(&prompt->session.transport, prompt->failure);
	prompt->over = true;
	prompt->said_goodbye = true;
}

static void complete_for_prompt(const char *line, size_t cursor, struct prompt_candidates *to,
				void *opaque)
{
	struct prompt_session *prompt = opaque;
	complete_line(&prompt->session, line, cursor, to);
}

static void converse(struct prompt_session *prompt)
{
	char history[PATH_MAX];
	struct frame frame;
	bool remembers = place_state_file(EDITOR_HISTORY_FILE, history, sizeof history);
	prompt_open(remembers ? history : NULL, complete_for_prompt, prompt);
	show_prompt(prompt);
	while (!prompt->over) {
		struct pollfd others[] = {
			{.fd = STDIN_FILENO, .events = POLLIN},
			{.fd = interrupt_descriptor(), .events = POLLIN},
		};
		switch (transport_next(&prompt->session.transport, &frame, CLOCK_NEVER, others,
				       2)) {
		case TRANSPORT_FRAME: /* an answer that nobody waits for any more */
		case TRANSPORT_TIMEOUT:
			break;
		case TRANSPORT_OTHER:
			on_input(prompt, others[0].revents != 0, others[1].revents != 0);
			break;
		case TRANSPORT_LOST:
			on_loss(prompt);
			break;
		}
	}
	prompt_close();
}

/* Statements from a file or a pipe; an unfinished last one is sent for its error. */
static void read_statements(struct prompt_session *prompt)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	while (!prompt->over && (length = getline(&line, &size, stdin)) >= 0) {
		if (length > 0 && line[length - 1] == '\n')
			line[length - 1] = '\0';
		take_line(prompt, line);
	}
	free(line);
	if (!prompt->over && prompt->pending.length > 0)
		run_statement(prompt, buffer_text(&prompt->pending));
}

static void greet(const struct prompt_session *prompt)
{
	const struct session *session = &prompt->session;
	printf("attached to %s (pid %d)", session->transport.program, (int)session->transport.pid);
	/* The version is that of the interface, with a commit behind a dash that says nothing here.
	 */
	if (session->allocator[0] != '\0')
		printf(", which allocates with %s (the interface of jemalloc %.*s)",
		       session->allocator, (int)strcspn(session->version, "-"), session->version);
	puts("; `help` explains, `.help` lists commands, Ctrl-D leaves");
	fflush(stdout);
}

int command_attach(struct arguments *arguments, struct view *view, struct failure *failure)
{
	struct prompt_session prompt = {.view = view, .failure = failure};
	int code = statement_attach(&prompt.session, arguments->words[0], arguments->role, failure);
	if (code != 0)
		return code;
	if (view->interactive) {
		greet(&prompt);
		converse(&prompt);
		if (!prompt.said_goodbye)
			prompt.code = 0; /* a statement that failed was told at once */
	} else {
		read_statements(&prompt);
	}
	struct statement_end last = {.lost = prompt.said_goodbye};
	statement_part(&prompt.session, view, &last);
	buffer_free(&prompt.pending);
	return prompt.code;
}
