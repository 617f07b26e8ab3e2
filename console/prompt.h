/* prompt.h - one line at a time from a terminal, edited, completed and remembered.
 *
 * The seam behind which readline or libedit does the work (-DMOONHEAP_EDITOR). It never waits:
 * whoever polls the terminal feeds it when there is something to read. There is one terminal, so
 * there is one prompt and no object for it. A signal that ends the console gives the terminal back
 * as it was.
 */
#ifndef CONSOLE_PROMPT_H
#define CONSOLE_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

/* What could stand in a line from byte `from` up to the cursor. */
struct prompt_candidates {
	size_t from;
	char **texts; /* each from malloc, as is the array; the prompt frees them */
	size_t count;
};

typedef void prompt_complete_fn(const char *line, size_t cursor, struct prompt_candidates *to,
				void *opaque);

enum prompt_event {
	PROMPT_EDITING, /* the line is not finished */
	PROMPT_LINE,    /* it is: *line is the caller's to free */
	PROMPT_END      /* end of file on an empty line */
};

/* history: the file; NULL for none. */
void prompt_open(const char *history, prompt_complete_fn *complete, void *opaque);
void prompt_close(void);

/* Shows the prompt on a line of its own and takes the terminal, until hidden or a line is done.
 * Colour goes around the whole text; "" for none. */
void prompt_show(const char *text, const char *color, const char *plain);
void prompt_hide(void);

/* Reads what is there, at most a key. */
enum prompt_event prompt_feed(char **line);

/* Leaves the line that is being edited, as Ctrl-C does; the prompt is hidden afterwards. */
void prompt_abandon(void);

/* The terminal is ours again after the console was stopped: takes it, and shows the line anew. */
void prompt_return(void);

/* Keeps a statement in the history, in memory and in the file. */
void prompt_remember(const char *statement);

#endif
