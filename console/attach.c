#include "attach.h"

#include "manual.h"
#include "prompt_session.h"
#include "script_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void complain(const struct prompt_session *prompt, const char *text)
{
	view_error(prompt->view, text, strlen(text));
}

static void complain_failure(struct prompt_session *prompt)
{
	complain(prompt, prompt->failure->text);
	prompt->failure->text[0] = '\0';
}

void attach_help(struct prompt_session *prompt, const char *text)
{
	if (text[0] != '\0') {
		struct statement_end end =
			statement_help(&prompt->session, prompt->view, text, prompt->failure);
		prompt_session_after(prompt, &end);
		return;
	}
	struct buffer rows = {0};
	manual_prompt(&rows);
	fwrite(rows.bytes, 1, rows.length, stdout);
	fflush(stdout);
	buffer_free(&rows);
}

void attach_role(struct prompt_session *prompt, const char *text)
{
	struct session other;
	struct statement_end none = {0};
	if (text[0] == '\0') {
		printf("%s\n", prompt->session.role);
		fflush(stdout);
		return;
	}
	if (strcmp(text, "observer") != 0 && strcmp(text, "operator") != 0) {
		complain(prompt, "a role is observer or operator");
		return;
	}
	if (session_open(&other, &prompt->session.agent, text, prompt->failure) != 0) {
		complain_failure(prompt);
		return;
	}
	statement_part(&prompt->session, prompt->view, &none);
	prompt->session = other;
	view_notice(prompt->view, "this is another session now: variables are gone");
}

/* Splits the text in place at blanks; quotes keep them. Returns the number of words, -1 when a
 * quote is not closed. There are at most half as many as bytes, rounded up. */
static int split(char *text, char **words)
{
	int count = 0;
	for (;;) {
		text += strspn(text, " \t");
		if (*text == '\0')
			return count;
		bool quoted = *text == '"' || *text == '\'';
		char end[] = {quoted ? *text : ' ', quoted ? '\0' : '\t', '\0'};
		words[count++] = text += quoted;
		text += strcspn(text, end);
		if (*text != '\0')
			*text++ = '\0';
		else if (quoted)
			return -1;
	}
}

static void run_words(struct prompt_session *prompt, char *const *words, int count)
{
	struct script script;
	if (count < 0) {
		complain(prompt, "a quote is not closed");
	} else if (count == 0) {
		complain(prompt, "which script? .scripts lists the canned ones");
	} else if (script_load(words[0], &script, prompt->failure) != 0) {
		complain_failure(prompt);
	} else {
		struct statement_end end =
			script_run(&prompt->session, prompt->view, &script, words + 1, count - 1,
				   prompt->timeout_ms, prompt->failure);
		prompt_session_after(prompt, &end);
		script_free(&script);
	}
}

void attach_script(struct prompt_session *prompt, const char *text)
{
	char *copy = strdup(text);
	char **words = malloc((strlen(text) / 2 + 1) * sizeof *words);
	if (copy == NULL || words == NULL)
		complain(prompt, "out of memory");
	else
		run_words(prompt, words, split(copy, words));
	free(words);
	free(copy);
}

void attach_scripts(struct prompt_session *prompt, const char *text)
{
	(void)text;
	if (script_list_canned(prompt->failure) != 0)
		complain_failure(prompt);
	fflush(stdout);
}

void attach_timeout(struct prompt_session *prompt, const char *text)
{
	char *end;
	if (text[0] == '\0') {
		if (prompt->timeout_ms == SESSION_NO_LIMIT)
			puts("no limit");
		else
			printf("%g s\n", prompt->timeout_ms / 1000.0);
		fflush(stdout);
		return;
	}
	double seconds = strtod(text, &end);
	if (end == text || *end != '\0' || !(seconds >= 0 && seconds <= 86400))
		complain(prompt, "give seconds, such as 10 or 0.5, at most a day; 0 for no limit");
	else
		prompt->timeout_ms = (uint32_t)(seconds * 1000);
}

void attach_pager(struct prompt_session *prompt, const char *text)
{
	if (strcmp(text, "on") == 0)
		prompt->view->pager = prompt->view->interactive;
	else if (strcmp(text, "off") == 0)
		prompt->view->pager = false;
	else if (text[0] != '\0')
		complain(prompt, "the pager is on or off");
	else {
		puts(prompt->view->pager ? "on" : "off");
		fflush(stdout);
	}
}

void attach_quit(struct prompt_session *prompt, const char *text)
{
	(void)text;
	prompt->over = true;
}
