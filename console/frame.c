#include "frame.h"

#include <stdio.h>

char *frame_reader_room(struct frame_reader *reader, size_t length)
{
	buffer_drop(&reader->bytes, reader->begin);
	reader->begin = 0;
	return buffer_reserve(&reader->bytes, length);
}

void frame_reader_came(struct frame_reader *reader, size_t length)
{
	reader->bytes.length += length;
	reader->bytes.bytes[reader->bytes.length] = '\0';
}

enum frame_progress frame_next(struct frame_reader *reader, struct frame *frame)
{
	size_t available = reader->bytes.length - reader->begin;
	if (available < PROTOCOL_HEADER_SIZE)
		return FRAME_NEEDS_MORE;
	const unsigned char *bytes = (const unsigned char *)reader->bytes.bytes + reader->begin;
	struct protocol_header header = protocol_unpack(bytes);
	if (header.length > PROTOCOL_PAYLOAD_MAX)
		return FRAME_TOO_LONG;
	if (available - PROTOCOL_HEADER_SIZE < header.length)
		return FRAME_NEEDS_MORE;
	*frame = (struct frame){.header = header, .payload = bytes + PROTOCOL_HEADER_SIZE};
	reader->begin += PROTOCOL_HEADER_SIZE + header.length;
	return FRAME_READY;
}

void frame_reader_free(struct frame_reader *reader)
{
	buffer_free(&reader->bytes);
	reader->begin = 0;
}

bool frame_field(struct frame *frame, const char **text, uint32_t *length)
{
	return protocol_next_field(frame->payload, frame->header.length, &frame->offset, text,
				   length) == 1;
}

bool frame_number(struct frame *frame, uint32_t *number)
{
	const char *text;
	uint32_t length;
	if (!frame_field(frame, &text, &length) || length == 0 || length > 10)
		return false;
	uint64_t value = 0;
	for (uint32_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(text[i] - '0');
	}
	if (value > UINT32_MAX)
		return false;
	*number = (uint32_t)value;
	return true;
}

void frame_put(struct buffer *payload, const char *text, size_t length)
{
	unsigned char prefix[4];
	protocol_put32(prefix, (uint32_t)length);
	buffer_append(payload, prefix, sizeof prefix);
	buffer_append(payload, text, length);
}

void frame_put_text(struct buffer *payload, const char *text)
{
	frame_put(payload, text, strlen(text));
}

void frame_put_number(struct buffer *payload, uint32_t number)
{
	char digits[16];
	int length = snprintf(digits, sizeof digits, "%u", (unsigned)number);
	frame_put(payload, digits, (size_t)length);
}
