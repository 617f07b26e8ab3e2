/* frame.h - frames as bytes: payloads put together, received bytes taken apart.
 *
 * include/moonheap/protocol.h is the vocabulary; this file has no socket and no clock, so that it
 * can be tested, and fuzzed, with arrays.
 */
#ifndef CONSOLE_FRAME_H
#define CONSOLE_FRAME_H

#include "buffer.h"

#include <moonheap/protocol.h>
#include <stdbool.h>

/* One received frame; fields are walked with frame_field. payload belongs to the reader and lives
 * until the next call of frame_reader_room. */
struct frame {
	struct protocol_header header;
	const unsigned char *payload;
	uint32_t offset; /* of the next field */
};

struct frame_reader {
	struct buffer bytes;
	size_t begin; /* of the bytes that no frame has taken yet */
};

enum frame_progress { FRAME_READY, FRAME_NEEDS_MORE, FRAME_TOO_LONG };

/* Room for bytes from the socket, and how many came. */
char *frame_reader_room(struct frame_reader *reader, size_t length);
void frame_reader_came(struct frame_reader *reader, size_t length);

enum frame_progress frame_next(struct frame_reader *reader, struct frame *frame);
void frame_reader_free(struct frame_reader *reader);

/* The next field of the frame as text; false when there is none (or the payload is malformed). */
bool frame_field(struct frame *frame, const char **text, uint32_t *length);

/* The next field as a decimal number; false when it is absent or not a number that fits. */
bool frame_number(struct frame *frame, uint32_t *number);

/* Appends one field to a payload. */
void frame_put(struct buffer *payload, const char *text, size_t length);
void frame_put_text(struct buffer *payload, const char *text);
void frame_put_number(struct buffer *payload, uint32_t number);

#endif
