#include "prompt.h"

#include "prompt_editor.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#define HISTORY_MAX 2000 /* statements kept in the file */

/* What ends a word for completion. A dot and a bracket do not: stats.arenas[0].pdirty is one. */
static char word_breaks[] = " \t\n\"'`@$><=;|&{(,+-*/%^~#)}!";

static prompt_complete_fn *complete;
static void *complete_opaque;
static const char *history_file;
static volatile sig_atomic_t is_shown;
static struct termios modes_before; /* of the terminal, while the prompt is shown */
static char *finished_line;
static enum prompt_event last_event;
static struct prompt_candidates candidates;
static size_t word_start; /* of the word that the editor completes */

static void on_line(char *line)
{
	finished_line = line;
	last_event = line == NULL ? PROMPT_END : PROMPT_LINE;
	prompt_hide();
}

/* Candidate number i as the text that replaces the editor's word; NULL when it cannot. */
static char *replacement(size_t i)
{
	const char *text = candidates.texts[i];
	if (candidates.from >= word_start) {
		size_t kept = candidates.from - word_start;
		char *whole = malloc(kept + strlen(text) + 1);
		if (whole != NULL) {
			memcpy(whole, rl_line_buffer + word_start, kept);
			memcpy(whole + kept, text, strlen(text) + 1);
		}
		return whole;
	}
	size_t before = word_start - candidates.from;
	if (strncmp(text, rl_line_buffer + candidates.from, before) != 0)
		return NULL;
	return strdup(text + before);
}

static char *next_match(const char *word, int state)
{
	static size_t next;
	(void)word;
	if (state == 0)
		next = 0;
	while (next < candidates.count) {
		char *match = replacement(next++);
		if (match != NULL)
			return match;
	}
	return NULL;
}

static void free_candidates(void)
{
	for (size_t i = 0; i < candidates.count; i++)
		free(candidates.texts[i]);
	free(candidates.texts);
	candidates = (struct prompt_candidates){0};
}

static char **complete_word(const char *word, int start, int end)
{
	rl_attempted_completion_over = 1; /* never file names */
	rl_completion_append_character = '\0';
	word_start = (size_t)start;
	complete(rl_line_buffer, (size_t)end, &candidates, complete_opaque);
	char **matches = rl_completion_matches(word, next_match);
	free_candidates();
	return matches;
}

#ifndef MOONHEAP_EDITOR_LIBEDIT
/* Lists only the last part of each path: the rest is in the line already. */
static void show_matches(char **matches, int count, int width)
{
	const char *dot = strrchr(matches[0], '.');
	size_t cut = dot == NULL ? 0 : (size_t)(dot + 1 - matches[0]);
	char **parts = malloc(((size_t)count + 2) * sizeof *parts);
	if (parts == NULL)
		return;
	for (int i = 0; i <= count; i++)
		parts[i] = matches[i] + cut;
	parts[count + 1] = NULL;
	rl_display_match_list(parts, count, width - (int)cut);
	rl_forced_update_display();
	free(parts);
}
#endif

/* Only calls that are allowed in a signal handler: the modes, and no more bracketed pasting. */
static void on_end_signal(int signal_number)
{
	static const char plain_paste[] = "\033[?2004l\r\n";
	if (is_shown) {
		ssize_t written = write(STDOUT_FILENO, plain_paste, sizeof plain_paste - 1);
		(void)written;
		tcsetattr(STDIN_FILENO, TCSANOW, &modes_before);
	}
	raise(signal_number); /* SA_RESETHAND: this time it ends us */
}

static void watch_end_signals(void)
{
	static const int end_signals[] = {SIGTERM, SIGHUP, SIGQUIT};
	struct sigaction action = {.sa_handler = on_end_signal, .sa_flags = (int)SA_RESETHAND};
	for (size_t i = 0; i < sizeof end_signals / sizeof end_signals[0]; i++)
		sigaction(end_signals[i], &action, NULL);
}

void prompt_open(const char *history, prompt_complete_fn *complete_line, void *opaque)
{
	complete = complete_line;
	complete_opaque = opaque;
	rl_readline_name = "moonheap";
	rl_catch_signals = 0; /* it would catch them only while it reads a key */
	watch_end_signals();
	rl_attempted_completion_function = complete_word;
	rl_completer_word_break_characters = word_breaks;
#ifdef MOONHEAP_EDITOR_LIBEDIT
	editor_init(NULL);
#else
	editor_init(show_matches);
#endif
	using_history();
	history_file = history;
	if (history == NULL)
		return;
	int fd = open(history, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	history_truncate_file(history, HISTORY_MAX);
	read_history(history);
}

void prompt_close(void)
{
	prompt_hide();
}

void prompt_show(const char *text, const char *color, const char *plain)
{
	/* The marks tell the editor which bytes take no room on the screen. */
	char marked[512];
	if (color[0] == '\0')
		snprintf(marked, sizeof marked, "%s", text);
	else
		snprintf(marked, sizeof marked, "%c%s%c%s%c%s%c", RL_PROMPT_START_IGNORE, color,
			 RL_PROMPT_END_IGNORE, text, RL_PROMPT_START_IGNORE, plain,
			 RL_PROMPT_END_IGNORE);
	tcgetattr(STDIN_FILENO, &modes_before);
	is_shown = true;
	rl_callback_handler_install(marked, on_line);
}

void prompt_hide(void)
{
	if (!is_shown)
		return;
	is_shown = false;
	rl_callback_handler_remove();
}

enum prompt_event prompt_feed(char **line)
{
	last_event = PROMPT_EDITING;
	finished_line = NULL;
	rl_callback_read_char();
	*line = finished_line;
	return last_event;
}

void prompt_abandon(void)
{
	if (!is_shown)
		return;
	editor_abandon();
	fputs("^C", stdout);
	prompt_hide();
	putc('\n', stdout);
	fflush(stdout);
}

void prompt_return(void)
{
	if (!is_shown)
		return;
	rl_prep_terminal(1);
	rl_forced_update_display();
}

void prompt_remember(const char *statement)
{
	if (statement[strspn(statement, " \t\r\n")] == '\0')
		return;
	add_history(statement);
	if (history_file != NULL)
		append_history(1, history_file);
}
