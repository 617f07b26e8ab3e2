#include "sink.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PRINTF_MAX 512 /* longest piece that one sink_printf makes */

void sink_init(struct sink *sink, char *buffer, size_t size)
{
	*sink = (struct sink){.buffer = buffer, .size = size};
}

void sink_flush(struct sink *sink)
{
	if (sink->flush == NULL || sink->used == 0)
		return;
	size_t used = sink->used;

	/* Emptied first: flush may leave by a Lua error. */
	sink->used = 0;
	sink->flushed += used;
	sink->flush(sink, sink->buffer, used);
}

void sink_put(struct sink *sink, const char *text, size_t length)
{
	while (length > 0) {
		size_t room = sink->size - sink->used;
		if (room == 0) {
			if (sink->flush == NULL) {
				sink->lost += length;
				return;
			}
			sink_flush(sink);
			continue;
		}
		size_t n = length < room ? length : room;
		memcpy(sink->buffer + sink->used, text, n);
		sink->used += n;
		text += n;
		length -= n;
	}
}

void sink_puts(struct sink *sink, const char *text)
{
	sink_put(sink, text, strlen(text));
}

void sink_char(struct sink *sink, char c)
{
	sink_put(sink, &c, 1);
}

void sink_pad(struct sink *sink, size_t n)
{
	static const char spaces[] = "                                ";

	while (n > 0) {
		size_t part = n < sizeof(spaces) - 1 ? n : sizeof(spaces) - 1;
		sink_put(sink, spaces, part);
		n -= part;
	}
}

void sink_printf(struct sink *sink, const char *format, ...)
{
	char piece[PRINTF_MAX];
	va_list arguments;

	va_start(arguments, format);
	/* clang-tidy 14 forgets the va_start of the line above in this file
	 * NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
	int n = vsnprintf(piece, sizeof(piece), format, arguments);
	va_end(arguments);
	if (n > 0)
		sink_put(sink, piece, (size_t)n < sizeof(piece) ? (size_t)n : sizeof(piece) - 1);
}

const char *sink_text(struct sink *sink)
{
	size_t end = sink->used < sink->size ? sink->used : sink->size - 1;

	sink->buffer[end] = '\0';
	return sink->buffer;
}
