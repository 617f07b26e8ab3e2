/* view.h - what the user sees: values and output on standard output, the rest on standard error.
 *
 * All remote text passes through text_clean here and nowhere else. Colours mark the role, errors
 * and notices, only where they can be seen. With a pager, output longer than the screen goes to
 * $PAGER; shorter output is printed as it is. In JSON mode standard output carries values alone,
 * and what a statement prints goes to standard error.
 */
#ifndef CONSOLE_VIEW_H
#define CONSOLE_VIEW_H

#include "arguments.h"
#include "buffer.h"
#include "text.h"

#include <sys/types.h>

enum view_color { VIEW_PLAIN, VIEW_BOLD, VIEW_RED, VIEW_YELLOW, VIEW_GREEN };

struct view {
	bool json;
	bool interactive; /* somebody types at a terminal and reads there */
	bool color_out;
	bool color_err;
	bool pager; /* wanted, and there is a screen */
	/* While one statement shows its output. */
	struct text_cleaner cleaner;
	struct buffer held; /* not yet written: it may turn out longer than the screen */
	size_t held_lines;
	pid_t pager_pid; /* 0: none runs */
	int pager_pipe;
	bool at_line_start;
	int broken; /* standard output takes no more: the error, EPIPE when nobody reads it */
};

void view_init(struct view *view, const struct arguments *arguments);

/* One statement: begin, any number of pieces, end. A piece returns false when nobody reads on. */
void view_begin(struct view *view);
bool view_output(struct view *view, const char *bytes, size_t length); /* what it printed */
bool view_value(struct view *view, const char *bytes, size_t length);  /* what it returned */
void view_end(struct view *view);

/* Whole lines of our own to standard error: "moonheap: …" outside a prompt. */
void view_error(const struct view *view, const char *text, size_t length);
void view_notice(const struct view *view, const char *text);
void view_failure(const struct view *view, const struct failure *failure);

/* The escape sequence that begins a colour, or "" where there are none. */
const char *view_color(bool colored, enum view_color color);

#endif
