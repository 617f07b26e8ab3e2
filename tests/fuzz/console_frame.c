/* What an agent (or who claims to be one) sends to the console: any bytes, in any pieces. */
#include "fuzz.h"

#include "frame.h"

#include <string.h>

static void walk_fields(struct frame frame)
{
	const char *text;
	uint32_t length, number, total = 0;
	struct frame again = frame;

	while (frame_field(&frame, &text, &length)) {
		fuzz_assert(length <= frame.header.length);
		total += length + 4;
		fuzz_assert(total <= frame.header.length);
	}
	while (frame_number(&again, &number))
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_reader reader = {0};
	struct frame frame;
	enum frame_progress progress = FRAME_NEEDS_MORE;
	size_t piece = size > 0 ? 1 + data[0] % 37u : 1;

	for (size_t at = 0; at < size && progress != FRAME_TOO_LONG; at += piece) {
		size_t length = size - at < piece ? size - at : piece;
		memcpy(frame_reader_room(&reader, length), data + at, length);
		frame_reader_came(&reader, length);
		while ((progress = frame_next(&reader, &frame)) == FRAME_READY)
			walk_fields(frame);
	}
	frame_reader_free(&reader);
	return 0;
}
