/* text.h - text from another process, made harmless for a terminal.
 *
 * What the agent sends may hold anything that the service's memory holds. Characters that steer a
 * terminal or deceive its reader become visible escapes in Lua's own notation: C0 and C1 controls
 * (ESC among them), DEL and bytes that are not UTF-8 as \xHH, bidirectional controls as \u{HHHH}.
 * Line feed and tab stay. In JSON the same characters become \uHHHH, which a JSON reader turns back
 * into what was sent. Everything else passes unchanged.
 *
 * Pure; a cleaner holds back a character that a piece of a stream cut in two.
 */
#ifndef CONSOLE_TEXT_H
#define CONSOLE_TEXT_H

#include "buffer.h"

#include <stdbool.h>

struct text_cleaner {
	bool json;     /* escapes in JSON's notation */
	bool one_line; /* line feed and tab are escaped too: names, prompts, messages */
	unsigned char held[4];
	size_t held_length;
};

/* Appends the harmless form of a piece of text. */
void text_clean(struct text_cleaner *cleaner, const char *bytes, size_t length, struct buffer *to);

/* The text ends here: a character that is still incomplete is escaped. */
void text_clean_end(struct text_cleaner *cleaner, struct buffer *to);

/* Whole text to a fixed array, on one line, cut at its end; always terminated. */
void text_clean_name(const char *text, char *to, size_t size);

#endif
