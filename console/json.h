/* json.h - the little JSON that the console itself reads and writes.
 *
 * It reads members of one object (WELCOME) and writes strings (`ps --json`). Values of statements
 * pass through as the agent wrote them.
 */
#ifndef CONSOLE_JSON_H
#define CONSOLE_JSON_H

#include "buffer.h"

#include <stdbool.h>

/* The member `key` of the object in `text`, as text: a string without its quotes and escapes, or a
 * number, true, false, null as written. An object or array inside is passed over. Replaces what
 * `value` held. False when there is no such member of such a kind or the JSON is malformed before
 * it. */
bool json_member(const char *text, size_t length, const char *key, struct buffer *value);

/* Appends the text as a JSON string with its quotes. Bytes that are not UTF-8, and what could steer
 * a terminal, become escapes. */
void json_append_string(struct buffer *to, const char *text);

#endif
