/* buffer.h - bytes that grow: a frame, a statement, a screenful of output.
 *
 * The bytes are always followed by a NUL that length does not count, so text can be handed on as a
 * C string. A zeroed struct is an empty buffer. When memory runs out the program ends with words:
 * the console holds no state that would be worth unwinding for.
 */
#ifndef CONSOLE_BUFFER_H
#define CONSOLE_BUFFER_H

#include <stddef.h>

struct buffer {
	char *bytes; /* NULL while nothing was appended */
	size_t length;
	size_t capacity;
};

void buffer_append(struct buffer *buffer, const void *bytes, size_t length);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_printf(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Makes room for length more bytes and returns where they go; buffer->length is not changed. */
char *buffer_reserve(struct buffer *buffer, size_t length);

/* Removes the first length bytes. */
void buffer_drop(struct buffer *buffer, size_t length);

/* Empties it and keeps the memory. */
void buffer_clear(struct buffer *buffer);
void buffer_free(struct buffer *buffer);

/* The content as a C string; "" when nothing was ever appended. */
const char *buffer_text(const struct buffer *buffer);

#endif
