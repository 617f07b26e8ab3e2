/* test_frame.c - frames from bytes that come in any pieces, and payloads that are malformed. */
#include "frame.h"

#include <check.h>
#include <stdlib.h>

static void put_frame(struct buffer *to, enum protocol_type type, uint32_t request,
		      const struct buffer *payload)
{
	unsigned char header[PROTOCOL_HEADER_SIZE];
	protocol_pack(header, (struct protocol_header){.length = (uint32_t)payload->length,
						       .type = (uint16_t)type,
						       .request = request});
	buffer_append(to, header, sizeof header);
	buffer_append(to, buffer_text(payload), payload->length);
}

static void feed(struct frame_reader *reader, const char *bytes, size_t length)
{
	memcpy(frame_reader_room(reader, length), bytes, length);
	frame_reader_came(reader, length);
}

START_TEST(frames_in_pieces)
{
	struct buffer stream = {0}, payload = {0};
	frame_put_text(&payload, "text");
	frame_put_number(&payload, 4294967295u);
	for (uint32_t request = 1; request <= 3; request++)
		put_frame(&stream, PROTOCOL_OUTPUT, request, &payload);
	for (size_t piece = 1; piece <= stream.length; piece++) {
		struct frame_reader reader = {0};
		struct frame frame;
		uint32_t seen = 0, length, number;
		const char *text;
		for (size_t at = 0; at < stream.length; at += piece) {
			size_t left = stream.length - at;
			feed(&reader, stream.bytes + at, left < piece ? left : piece);
			while (frame_next(&reader, &frame) == FRAME_READY) {
				ck_assert_uint_eq(frame.header.request, ++seen);
				ck_assert(frame_field(&frame, &text, &length));
				ck_assert_uint_eq(length, 4);
				ck_assert_mem_eq(text, "text", 4);
				ck_assert(frame_number(&frame, &number));
				ck_assert_uint_eq(number, 4294967295u);
				ck_assert(!frame_field(&frame, &text, &length));
			}
		}
		ck_assert_uint_eq(seen, 3);
		frame_reader_free(&reader);
	}
	buffer_free(&stream);
	buffer_free(&payload);
}
END_TEST

START_TEST(too_long_is_an_error_at_once)
{
	struct frame_reader reader = {0};
	struct frame frame;
	unsigned char header[PROTOCOL_HEADER_SIZE];
	protocol_pack(header, (struct protocol_header){.length = PROTOCOL_PAYLOAD_MAX + 1});
	feed(&reader, (char *)header, sizeof header - 1);
	ck_assert_int_eq(frame_next(&reader, &frame), FRAME_NEEDS_MORE);
	feed(&reader, (char *)header + sizeof header - 1, 1);
	ck_assert_int_eq(frame_next(&reader, &frame), FRAME_TOO_LONG);
	frame_reader_free(&reader);
}
END_TEST

START_TEST(empty_payload)
{
	struct frame_reader reader = {0};
	struct frame frame;
	struct buffer stream = {0}, payload = {0};
	const char *text;
	uint32_t length;
	put_frame(&stream, PROTOCOL_GOODBYE, 1, &payload);
	feed(&reader, stream.bytes, stream.length);
	ck_assert_int_eq(frame_next(&reader, &frame), FRAME_READY);
	ck_assert(!frame_field(&frame, &text, &length));
	ck_assert_int_eq(frame_next(&reader, &frame), FRAME_NEEDS_MORE);
	frame_reader_free(&reader);
	buffer_free(&stream);
}
END_TEST

static void expect_number(const char *text, bool valid, uint32_t expected)
{
	struct buffer payload = {0};
	uint32_t number = 7;
	frame_put_text(&payload, text);
	struct frame frame = {.header = {.length = (uint32_t)payload.length},
			      .payload = (const unsigned char *)payload.bytes};
	ck_assert_msg(frame_number(&frame, &number) == valid, "%s", text);
	ck_assert_uint_eq(number, expected);
	buffer_free(&payload);
}

START_TEST(numbers)
{
	expect_number("0", true, 0);
	expect_number("4294967295", true, 4294967295u);
	expect_number("4294967296", false, 7);
	expect_number("99999999999", false, 7);
	expect_number("", false, 7);
	expect_number("-1", false, 7);
	expect_number("1x", false, 7);
}
END_TEST

START_TEST(malformed_fields)
{
	/* A field that claims more bytes than the payload has, and a length cut in two. */
	const unsigned char claims[] = {9, 0, 0, 0, 'a'};
	const unsigned char cut[] = {1, 0, 0, 0, 'a', 1, 0};
	const char *text;
	uint32_t length;
	struct frame frame = {.header = {.length = sizeof claims}, .payload = claims};
	ck_assert(!frame_field(&frame, &text, &length));
	ck_assert(!frame_field(&frame, &text, &length));
	frame = (struct frame){.header = {.length = sizeof cut}, .payload = cut};
	ck_assert(frame_field(&frame, &text, &length));
	ck_assert(!frame_field(&frame, &text, &length));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("frame");
	TCase *tcase = tcase_create("frame");
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, frames_in_pieces);
	tcase_add_test(tcase, too_long_is_an_error_at_once);
	tcase_add_test(tcase, empty_payload);
	tcase_add_test(tcase, numbers);
	tcase_add_test(tcase, malformed_fields);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
