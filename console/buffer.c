#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void out_of_memory(void)
{
	fputs("moonheap: this console ran out of memory; the process under examination is not "
	      "affected\n",
	      stderr);
	exit(EXIT_FAILURE);
}

char *buffer_reserve(struct buffer *buffer, size_t length)
{
	size_t needed = buffer->length + length + 1;
	if (needed <= length)
		out_of_memory();
	if (needed > buffer->capacity) {
		size_t capacity = needed < 64 ? 64 : needed + needed / 2;
		char *bytes = realloc(buffer->bytes, capacity);
		if (bytes == NULL)
			out_of_memory();
		buffer->bytes = bytes;
		buffer->capacity = capacity;
	}
	return buffer->bytes + buffer->length;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
	char *to = buffer_reserve(buffer, length);
	if (length > 0)
		memcpy(to, bytes, length);
	buffer->length += length;
	buffer->bytes[buffer->length] = '\0';
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
	buffer_append(buffer, text, strlen(text));
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list arguments, again;
	va_start(arguments, format);
	va_copy(again, arguments);
	int length = vsnprintf(NULL, 0, format, arguments);
	if (length > 0) {
		vsnprintf(buffer_reserve(buffer, (size_t)length), (size_t)length + 1, format,
			  again);
		buffer->length += (size_t)length;
	}
	va_end(again);
	va_end(arguments);
}

void buffer_drop(struct buffer *buffer, size_t length)
{
	if (length == 0)
		return;
	memmove(buffer->bytes, buffer->bytes + length, buffer->length - length + 1);
	buffer->length -= length;
}

void buffer_clear(struct buffer *buffer)
{
	buffer->length = 0;
	if (buffer->bytes != NULL)
		buffer->bytes[0] = '\0';
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct buffer){0};
}

const char *buffer_text(const struct buffer *buffer)
{
	return buffer->bytes == NULL ? "" : buffer->bytes;
}
