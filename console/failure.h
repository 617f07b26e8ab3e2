/* failure.h - why something did not work: an exit code and one text in words.
 *
 * Functions that can fail return 0, or the exit code, and then have filled the failure that their
 * caller handed in. Only the command that started it all prints it, once. The text says what
 * failed, why, and what to try; it carries no name of ours in front and no line end.
 */
#ifndef CONSOLE_FAILURE_H
#define CONSOLE_FAILURE_H

enum exit_code {
#define EXIT_CODE(name, number, meaning) EXIT_##name = (number),
#include "exit_codes.def"
#undef EXIT_CODE
};

struct exit_code_row {
	int number;
	const char *meaning;
};
extern const struct exit_code_row exit_code_rows[]; /* ends with meaning == NULL */

struct failure {
	enum exit_code code;
	char text[2048];
};

/* Fills the failure and returns the code, so that `return failure_set(...)` reads aloud. */
int failure_set(struct failure *failure, enum exit_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
