/* manual.h - help texts and the manual page, put together from the rows of the tables. Pure. */
#ifndef CONSOLE_MANUAL_H
#define CONSOLE_MANUAL_H

#include "buffer.h"
#include "command.h"

void manual_overview(struct buffer *to);
void manual_command(const struct command *command, struct buffer *to);

/* The commands of the prompt, as `.help` shows them. */
void manual_prompt(struct buffer *to);

/* The manual page moonheap(1), in man(7) notation. */
void manual_page(struct buffer *to);

#endif
