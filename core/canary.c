#include "canary.h"

#include <string.h>

#define FILLING 0xbc

/* The word: 48 bits of size, one of state, 15 that must agree with these. */
#define SIZE_BITS   48
#define FREED_BIT   ((uint64_t)1 << SIZE_BITS)
#define CHECK_SHIFT (SIZE_BITS + 1)
#define PAYLOAD     ((FREED_BIT << 1) - 1)

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 31) * 0x7fb5d329728ea185u;
	x = (x ^ x >> 27) * 0x81dadef4bc2dd44du;
	return x ^ x >> 33;
}

static uint64_t seal(const void *region, uint64_t payload)
{
	uint64_t key = mix((uintptr_t)region);
	return (payload | mix(payload ^ key) << CHECK_SHIFT) ^ key;
}

static void *word_of(const void *region, size_t region_bytes)
{
	return (char *)region + region_bytes - CANARY_BYTES;
}

static void write_word(void *region, size_t region_bytes, uint64_t payload)
{
	uint64_t word = seal(region, payload);
	memcpy(word_of(region, region_bytes), &word, sizeof(word));
}

void canary_begin(void *region, size_t region_bytes, size_t size)
{
	canary_fill((char *)region + size, region_bytes - CANARY_BYTES - size);
	write_word(region, region_bytes, size);
}

enum canary_state canary_look(const void *region, size_t region_bytes, size_t *size)
{
	uint64_t word;
	memcpy(&word, word_of(region, region_bytes), sizeof(word));
	uint64_t payload = (word ^ mix((uintptr_t)region)) & PAYLOAD;
	uint64_t bytes = payload & (FREED_BIT - 1);
	if (seal(region, payload) != word || bytes > region_bytes - CANARY_BYTES)
		return CANARY_BROKEN;
	*size = bytes;
	return payload & FREED_BIT ? CANARY_FREED : CANARY_LIVE;
}

void canary_end(void *region, size_t region_bytes)
{
	size_t size = 0;
	canary_look(region, region_bytes, &size);
	write_word(region, region_bytes, size | FREED_BIT);
}

size_t canary_overrun(const void *region, size_t region_bytes, size_t size)
{
	return canary_changed((const char *)region + size, region_bytes - CANARY_BYTES - size);
}

void canary_fill(void *from, size_t bytes)
{
	memset(from, FILLING, bytes);
}

size_t canary_changed(const void *from, size_t bytes)
{
	const unsigned char *filling = from;
	while (bytes > 0 && filling[bytes - 1] == FILLING)
		bytes--;
	return bytes;
}
