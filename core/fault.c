#include "fault.h"

#include "os_call.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One write for the whole line, so that messages of several threads do not mix. */
static void write_line(const char *text, va_list more)
{
	char line[512] = "<moonheap>: ";
	size_t used = strlen(line);
	int saved = errno;

	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): both callers have started it */
	for (; text != NULL; text = va_arg(more, const char *)) {
		size_t n = strlen(text);
		if (n > sizeof(line) - 1 - used)
			n = sizeof(line) - 1 - used;
		/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): written by its length */
		memcpy(line + used, text, n);
		used += n;
	}
	line[used++] = '\n';
	ssize_t ignored = os_call(write, -1, write(STDERR_FILENO, line, used));
	(void)ignored;
	errno = saved;
}

void fault_die(const char *text, ...)
{
	va_list more;
	va_start(more, text);
	write_line(text, more);
	va_end(more);
	abort();
}

void fault_warn(const char *text, ...)
{
	va_list more;
	va_start(more, text);
	write_line(text, more);
	va_end(more);
}
