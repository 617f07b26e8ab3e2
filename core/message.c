/* message.c - see message.h. */
#include "message.h"

#include <errno.h>
#include <string.h>
#include "moonheap/moonheap.h"
#include "os.h"

/* Set by the program, at any time. */
EXPORT void (*API(malloc_message))(void *opaque, const char *text) = NULL;

COLD void message_write_cb(void *opaque, const char *text)
{
	int saved_errno = errno;
	void (*hook)(void *, const char *) = API(malloc_message);
	if (hook != NULL)
		hook(opaque, text);
	else
		os_write_stderr(text, strlen(text));
	errno = saved_errno;
}

COLD void message_write(const char *text)
{
	message_write_cb(NULL, text);
}
