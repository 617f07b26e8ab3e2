#include "view.h"

#include "interrupt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const color_sequences[] = {
	[VIEW_PLAIN] = "\033[0m",   [VIEW_BOLD] = "\033[1m",   [VIEW_RED] = "\033[31m",
	[VIEW_YELLOW] = "\033[33m", [VIEW_GREEN] = "\033[32m",
};

const char *view_color(bool colored, enum view_color color)
{
	return colored ? color_sequences[color] : "";
}

static bool may_color(enum color_when when, int descriptor)
{
	const char *forbidden = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");
	switch (when) {
	case COLOR_ALWAYS:
		return true;
	case COLOR_NEVER:
		return false;
	case COLOR_AUTO:
		break;
	}
	return isatty(descriptor) && (forbidden == NULL || forbidden[0] == '\0') &&
	       terminal != NULL && strcmp(terminal, "dumb") != 0;
}

void view_init(struct view *view, const struct arguments *arguments)
{
	*view = (struct view){
		.json = arguments->json,
		.interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO),
		.color_out = may_color(arguments->color, STDOUT_FILENO),
		.color_err = may_color(arguments->color, STDERR_FILENO),
		.pager = arguments->pager && isatty(STDOUT_FILENO),
		.at_line_start = true,
	};
}

static size_t screen_lines(void)
{
	struct winsize size;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row < 2)
		return 24;
	return size.ws_row;
}

static bool write_all(int descriptor, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(descriptor, bytes, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		bytes += written;
		length -= (size_t)written;
	}
	return true;
}

/* Starts $PAGER by the shell, since it may carry options. Without a working pager the text is
 * simply printed. */
static void start_pager(struct view *view)
{
	int ends[2];
	const char *pager = getenv("PAGER");
	view->pager = false; /* no second attempt for this output */
	if (pipe(ends) != 0)
		return;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(ends[0], STDIN_FILENO);
		close(ends[0]);
		close(ends[1]);
		interrupt_restore();
		setenv("LESS", "FRX", 0);
		execl("/bin/sh", "sh", "-c", pager == NULL || pager[0] == '\0' ? "less" : pager,
		      (char *)NULL);
		_exit(127);
	}
	close(ends[0]);
	if (pid < 0) {
		close(ends[1]);
		return;
	}
	view->pager_pid = pid;
	view->pager_pipe = ends[1];
}

static size_t count_lines(const char *bytes, size_t length)
{
	size_t lines = 0;
	for (size_t i = 0; i < length; i++)
		lines += bytes[i] == '\n';
	return lines;
}

static void write_out(struct view *view, const char *bytes, size_t length)
{
	int descriptor = view->pager_pid != 0 ? view->pager_pipe : STDOUT_FILENO;
	if (view->broken == 0 && !write_all(descriptor, bytes, length))
		view->broken = errno;
}

/* Harmless bytes towards standard output. */
static bool show(struct view *view, const struct buffer *clean)
{
	if (clean->length == 0)
		return view->broken == 0;
	view->at_line_start = clean->bytes[clean->length - 1] == '\n';
	if (!view->pager) {
		write_out(view, clean->bytes, clean->length);
		return view->broken == 0;
	}
	buffer_append(&view->held, clean->bytes, clean->length);
	view->held_lines += count_lines(clean->bytes, clean->length);
	if (view->held_lines >= screen_lines()) {
		start_pager(view);
		write_out(view, view->held.bytes, view->held.length);
		buffer_clear(&view->held);
	}
	return view->broken == 0;
}

void view_begin(struct view *view)
{
	fflush(stdout);
	view->cleaner = (struct text_cleaner){.json = view->json};
	view->at_line_start = true;
	view->broken = 0;
	view->held_lines = 0;
}

bool view_output(struct view *view, const char *bytes, size_t length)
{
	struct buffer clean = {0};
	if (view->json) {
		struct text_cleaner cleaner = {0};
		text_clean(&cleaner, bytes, length, &clean);
		text_clean_end(&cleaner, &clean);
		write_all(STDERR_FILENO, buffer_text(&clean), clean.length);
	} else {
		text_clean(&view->cleaner, bytes, length, &clean);
		show(view, &clean);
	}
	buffer_free(&clean);
	return view->broken == 0;
}

bool view_value(struct view *view, const char *bytes, size_t length)
{
	struct buffer clean = {0};
	text_clean(&view->cleaner, bytes, length, &clean);
	bool wanted = show(view, &clean);
	buffer_free(&clean);
	return wanted;
}

void view_end(struct view *view)
{
	struct buffer rest = {0};
	text_clean_end(&view->cleaner, &rest);
	show(view, &rest);
	if (!view->at_line_start) {
		buffer_clear(&rest);
		buffer_append_text(&rest, "\n");
		show(view, &rest);
	}
	buffer_free(&rest);
	if (view->held.length > 0)
		write_out(view, view->held.bytes, view->held.length);
	buffer_free(&view->held);
	if (view->pager_pid != 0) {
		close(view->pager_pipe);
		while (waitpid(view->pager_pid, NULL, 0) < 0 && errno == EINTR)
			;
		view->pager_pid = 0;
		interrupt_take(); /* one that was meant for the pager */
		view->pager = true;
	}
}

static void put_line(const char *color, const char *label, const char *bytes, size_t length,
		     const char *plain)
{
	struct text_cleaner cleaner = {0};
	struct buffer line = {0};
	buffer_printf(&line, "%s%s", color, label);
	text_clean(&cleaner, bytes, length, &line);
	text_clean_end(&cleaner, &line);
	buffer_printf(&line, "%s\n", plain);
	fflush(stdout);
	write_all(STDERR_FILENO, line.bytes, line.length);
	buffer_free(&line);
}

void view_error(const struct view *view, const char *text, size_t length)
{
	while (length > 0 && text[length - 1] == '\n')
		length--;
	put_line(view_color(view->color_err, VIEW_RED), view->interactive ? "" : "moonheap: ", text,
		 length, view_color(view->color_err, VIEW_PLAIN));
}

void view_notice(const struct view *view, const char *text)
{
	put_line(view_color(view->color_err, VIEW_YELLOW), "", text, strlen(text),
		 view_color(view->color_err, VIEW_PLAIN));
}

void view_failure(const struct view *view, const struct failure *failure)
{
	put_line(view_color(view->color_err, VIEW_RED), "moonheap: ", failure->text,
		 strlen(failure->text), view_color(view->color_err, VIEW_PLAIN));
}
