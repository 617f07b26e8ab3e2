#include "warning.h"

#include "fmt.h"
#include "message.h"
#include "options.h"

#include <stdlib.h>
#include <string.h>

void warning_once(bool *told, const char *text)
{
	if (!__atomic_exchange_n(told, true, __ATOMIC_RELAXED))
		message_write(text);
	if (options.abort)
		abort();
}

void warning_of_option(const char *what, const char *option)
{
	const char *word = "";
	char text[128];
	struct fmt f;
	option_value(&options, option_find(option, strlen(option)), &word);
	fmt_begin(&f, text, sizeof(text));
	fmt_text(&f, MESSAGE_PREFIX);
	fmt_text(&f, what);
	fmt_text(&f, ": ");
	fmt_text(&f, option);
	fmt_char(&f, ':');
	fmt_text(&f, word);
	fmt_char(&f, '\n');
	message_write(text);
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
