#include "failure.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

const struct exit_code_row exit_code_rows[] = {
#define EXIT_CODE(name, number, meaning) {number, meaning},
#include "exit_codes.def"
#undef EXIT_CODE
	{0, NULL},
};

int failure_set(struct failure *failure, enum exit_code code, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(failure->text, sizeof failure->text, format, arguments);
	va_end(arguments);
	failure->code = code;
	return (int)code;
}
