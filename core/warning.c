#include "warning.h"

#include "fmt.h"
#include "message.h"
#include "options.h"

#include <stdlib.h>

void warning_once(bool *told, const char *text)
{
	if (!__atomic_exchange_n(told, true, __ATOMIC_RELAXED))
		message_write(text);
	if (options.abort)
		abort();
}

void warning_of_no_memory(const char *what)
{
	char text[96];
	struct fmt f;
	if (!options.xmalloc)
		return;
	fmt_begin(&f, text, sizeof(text));
	fmt_text(&f, MESSAGE_PREFIX "Error ");
	fmt_text(&f, what);
	fmt_text(&f, "\n");
	message_write(text);
	abort();
}
