#include "pattern.h"
#include <string.h>

enum {
	PATTERN_WHOLE = 32768, /* up to this size every byte is filled */
	PATTERN_END = 8192,    /* of larger objects: this much at either end */
	PATTERN_STEP = 4096    /* and a word at each multiple of this between */
};

static uint64_t word_at(size_t offset, uint64_t tag)
{
	return (tag + offset) * 0x9e3779b97f4a7c15u;
}

static void fill_range(unsigned char *ptr, size_t from, size_t to, uint64_t tag)
{
	size_t offset;
	uint64_t word;

	for (offset = from; offset + sizeof word <= to; offset += sizeof word) {
		word = word_at(offset, tag);
		memcpy(ptr + offset, &word, sizeof word);
	}
	word = word_at(offset, tag);
	memcpy(ptr + offset, &word, to - offset);
}

/* The first wrong offset in [from, to), or to. from is a multiple of 8. */
static size_t check_range(const unsigned char *ptr, size_t from, size_t to, uint64_t tag)
{
	size_t offset, i;
	uint64_t word;
	unsigned char expected[sizeof word];

	for (offset = from; offset < to; offset += sizeof word) {
		size_t length = to - offset < sizeof word ? to - offset : sizeof word;

		word = word_at(offset, tag);
		if (memcmp(ptr + offset, &word, length) == 0)
			continue;
		memcpy(expected, &word, sizeof word);
		for (i = 0; i < length && ptr[offset + i] == expected[i]; i++)
			;
		return offset + i;
	}
	return to;
}

static size_t end_start(size_t size)
{
	return (size - PATTERN_END) & ~(size_t)7;
}

void pattern_fill(void *ptr, size_t size, uint64_t tag)
{
	size_t offset;

	if (size <= PATTERN_WHOLE) {
		fill_range(ptr, 0, size, tag);
		return;
	}
	fill_range(ptr, 0, PATTERN_END, tag);
	for (offset = PATTERN_END; offset < end_start(size); offset += PATTERN_STEP)
		fill_range(ptr, offset, offset + sizeof(uint64_t), tag);
	fill_range(ptr, end_start(size), size, tag);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t pattern_check(const void *ptr, size_t filled_size, size_t checked, uint64_t tag)
{
	size_t offset, end, wrong;

	if (filled_size <= PATTERN_WHOLE)
		return check_range(ptr, 0, checked, tag);
	end = smaller(PATTERN_END, checked);
	wrong = check_range(ptr, 0, end, tag);
	if (wrong != end)
		return wrong;
	for (offset = PATTERN_END; offset < smaller(end_start(filled_size), checked);
	     offset += PATTERN_STEP) {
		end = smaller(offset + sizeof(uint64_t), checked);
		wrong = check_range(ptr, offset, end, tag);
		if (wrong != end)
			return wrong;
	}
	if (checked > end_start(filled_size))
		return check_range(ptr, end_start(filled_size), checked, tag);
	return checked;
}

size_t pattern_zero(const void *ptr, size_t size)
{
	const unsigned char *bytes = ptr;
	size_t offset = 0;

	while (offset < size && bytes[offset] == 0)
		offset++;
	return offset;
}
