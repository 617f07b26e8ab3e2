/* test_canary.c - a word and a filling that tell whether anybody wrote over them. */
#include "canary.h"

#include <string.h>
#include "expect.h"
#include "suite.h"

static _Alignas(16) unsigned char region[4096];

START_TEST(says_what_it_was_told)
{
	for (size_t bytes = 16; bytes <= sizeof region; bytes *= 2) {
		for (size_t size = 1; size <= bytes - CANARY_BYTES; size += 1 + size / 9) {
			size_t said = 0;

			memset(region, 1, sizeof region);
			canary_begin(region, bytes, size);
			expect(canary_look(region, bytes, &said) == CANARY_LIVE && said == size,
			       "%zu of %zu: %zu", size, bytes, said);
			expect(canary_overrun(region, bytes, size) == 0, "written by nobody");
			for (size_t i = 0; i < size; i++)
				expect(region[i] == 1, "the object itself is written");
			expect(bytes == sizeof region || region[bytes] == 1, "beyond the region");
			canary_end(region, bytes);
			expect(canary_look(region, bytes, &said) == CANARY_FREED && said == size,
			       "freed, %zu of %zu", size, bytes);
		}
	}
}
END_TEST

/* Any byte behind the object, however it is changed. */
START_TEST(every_byte_counts)
{
	enum { BYTES = 128, SIZE = 100 };

	for (unsigned at = SIZE; at < BYTES; at++) {
		for (unsigned value = 0; value < 256; value++) {
			size_t said = 0;

			canary_begin(region, BYTES, SIZE);
			if (region[at] == value)
				continue;
			region[at] = (unsigned char)value;
			enum canary_state state = canary_look(region, BYTES, &said);

			if (at < BYTES - CANARY_BYTES)
				expect(canary_overrun(region, BYTES, SIZE) == at - SIZE + 1,
				       "at %u: %zu", at, canary_overrun(region, BYTES, SIZE));
			else
				expect(state == CANARY_BROKEN || said != SIZE ||
					       state == CANARY_FREED,
				       "byte %u as %u is not noticed", at, value);
		}
	}
}
END_TEST

/* What programs write over it: the same byte everywhere, or a canary of somebody else. */
START_TEST(plausible_words)
{
	enum { BYTES = 64 };
	static _Alignas(16) unsigned char other[BYTES];
	size_t said;
	unsigned passed = 0;

	for (unsigned value = 0; value < 256; value++) {
		memset(region, (int)value, BYTES);
		passed += canary_look(region, BYTES, &said) != CANARY_BROKEN;
	}
	expect(passed == 0, "%u of 256", passed);
	canary_begin(other, BYTES, 40);
	memcpy(region, other, BYTES);
	expect(canary_look(region, BYTES, &said) == CANARY_BROKEN, "another's canary is taken");
}
END_TEST

int main(void)
{
	return suite_run("canary", (const TTest *[]){says_what_it_was_told, every_byte_counts,
						     plausible_words, NULL});
}
