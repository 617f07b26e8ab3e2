/* prompt_editor.h - the line editor chosen at configure time, and where the two of them differ.
 *
 * Both speak readline's callback interface. libedit's version of it has no hook for showing
 * matches and keeps its history in a format of its own; hence a file name of its own.
 */
#ifndef CONSOLE_PROMPT_EDITOR_H
#define CONSOLE_PROMPT_EDITOR_H

#include <stdio.h>
#include <string.h>

#ifdef MOONHEAP_EDITOR_LIBEDIT

#include <editline/readline.h>

#define EDITOR_HISTORY_FILE "history.libedit"

static inline void editor_init(void (*show_matches)(char **matches, int count, int width))
{
	(void)show_matches;
}

static inline void editor_abandon(void)
{
	rl_replace_line("", 0);
}

#else

#include <readline/history.h>
#include <readline/readline.h>

#define EDITOR_HISTORY_FILE "history"

static inline void editor_init(void (*show_matches)(char **matches, int count, int width))
{
	/* Statements of several lines stay together in the file behind their time stamps. */
	history_comment_char = '#';
	history_write_timestamps = 1;
	rl_completion_display_matches_hook = show_matches;
}

static inline void editor_abandon(void)
{
	rl_callback_sigcleanup();
	rl_free_line_state();
}

#endif
#endif
