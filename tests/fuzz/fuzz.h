/* fuzz.h - the shape of a fuzz target: one function that is handed bytes and must survive them.
 *
 * Built for fuzzing (./dev fuzz, clang's libFuzzer) the fuzzer calls it with bytes that it makes
 * up; in every other build replay.c calls it with the files of corpus/<target>, so that what was
 * once found stays found. A target checks invariants with fuzz_assert, which also holds in release
 * builds.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define fuzz_assert(condition)                                                                     \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

/* The bytes as a string of their own, so that reading past them is noticed. */
char *fuzz_text(const uint8_t *data, size_t size);

#endif
