/* sink.h - where text goes: a caller's buffer that is emptied by a function when it is full.
 *
 * Everything that the agent writes (prints, values, JSON, help) goes through a sink, so that a
 * value of any size needs one buffer of fixed size. A sink without a flush function keeps what fits
 * and counts what did not. Used by one thread at a time; never allocates.
 */
#ifndef MOONHEAP_LUA_SINK_H
#define MOONHEAP_LUA_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink {
	char *buffer;
	size_t size; /* of buffer */
	size_t used;
	uint64_t flushed; /* bytes that went through flush */
	uint64_t lost;    /* bytes that did not fit in a sink without flush */
	/* Takes the whole buffer away; NULL: a fixed buffer. */
	void (*flush)(struct sink *sink, const char *text, size_t length);
	void *owner; /* for flush */
};

void sink_init(struct sink *sink, char *buffer, size_t size);
void sink_put(struct sink *sink, const char *text, size_t length);
void sink_puts(struct sink *sink, const char *text);
void sink_char(struct sink *sink, char c);
void sink_pad(struct sink *sink, size_t n); /* n spaces */
void sink_printf(struct sink *sink, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sink_flush(struct sink *sink);

/* Bytes that were ever put. */
static inline uint64_t sink_total(const struct sink *sink)
{
	return sink->flushed + sink->used + sink->lost;
}

/* Ends a fixed sink's text with a NUL (cutting the last byte of a full one) and returns it. */
const char *sink_text(struct sink *sink);

#endif
