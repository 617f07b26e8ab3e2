/* message.c - see message.h. */
#include "message.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "moonheap/moonheap.h"

/* Set by the program, at any time. */
EXPORT void (*API(malloc_message))(void *opaque, const char *text) = NULL;

static void write_all(const char *text, size_t length)
{
	while (length > 0) {
		ssize_t n = write(STDERR_FILENO, text, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* closed or full: there is nobody to tell */
		text += n;
		length -= (size_t)n;
	}
}

COLD void message_write_cb(void *opaque, const char *text)
{
	int saved_errno = errno;
	void (*hook)(void *, const char *) = API(malloc_message);
	if (hook != NULL)
		hook(opaque, text);
	else
		write_all(text, strlen(text));
	errno = saved_errno;
}

COLD void message_write(const char *text)
{
	message_write_cb(NULL, text);
}
