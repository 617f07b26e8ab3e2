/* bench.h - what the benchmark programs share: arguments, a random generator, blocks, a verdict.
 *
 * Every program does a fixed amount of work that depends on its arguments alone, never on the
 * clock, so that the CPU time of two runs may be compared. A block carries its own size and stamp:
 * whoever frees it, on any thread, can check that nobody wrote over it and adds what it held to a
 * sum. The sum does not depend on the allocator nor on scheduling; the program prints it as its
 * last line, and the harness compares it between allocators.
 *
 * The programs are compiled with -fno-builtin-malloc and the like, so that every call is kept.
 */
#ifndef MOONHEAP_BENCH_H
#define MOONHEAP_BENCH_H

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the program with a message: a benchmark that went wrong must not yield a figure. */
static inline _Noreturn void bench_die(const char *what, const char *detail)
{
	fprintf(stderr, "bench: %s%s%s\n", what, detail[0] != '\0' ? ": " : "", detail);
	exit(1);
}

/* ---- arguments ---- */

/* The positional argument `index` (1 is the first) as a whole number from 1 to 2^31. */
static inline size_t bench_arg(int argc, char **argv, int index, const char *name)
{
	if (index >= argc)
		bench_die("missing argument", name);
	char *end = NULL;
	unsigned long value = strtoul(argv[index], &end, 10);
	if (end == argv[index] || *end != '\0' || value < 1 || value > (1ul << 31))
		bench_die("not a whole number from 1 to 2^31", name);
	return value;
}

/* ---- random numbers: xorshift64, one state for each thread ---- */

struct bench_random {
	uint64_t state;
};

static inline struct bench_random bench_random_seeded(uint64_t seed)
{
	return (struct bench_random){seed * UINT64_C(0x9E3779B97F4A7C15) + 1};
}

static inline uint64_t bench_random_next(struct bench_random *random)
{
	uint64_t state = random->state;
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	random->state = state;
	return state;
}

static inline size_t bench_random_below(struct bench_random *random, size_t limit)
{
	return (size_t)(((bench_random_next(random) >> 32) * limit) >> 32);
}

/* A size between 16 and 2^lg_max bytes. Each doubling is half as likely as the one below it, as in
 * most real programs: small objects rule by number, large ones by bytes. */
static inline size_t bench_random_size(struct bench_random *random, unsigned lg_max)
{
	unsigned lg = 4 + (unsigned)__builtin_ctzll(bench_random_next(random) | (1ull << 40));
	while (lg >= lg_max)
		lg -= lg_max - 4;
	size_t low = (size_t)1 << lg;
	return low + bench_random_below(random, low);
}

/* ---- blocks ---- */

#define BLOCK_SIZE_MIN 16u

static inline uint64_t block_word(const void *block)
{
	uint64_t word;
	memcpy(&word, block, sizeof word);
	return word;
}

/* Marks memory of `size` bytes as a block: a word at its start that holds size and stamp, the
 * stamp in its last byte, and one byte in each page between, so that all of it becomes resident. */
static inline void *block_mark(void *memory, size_t size, uint8_t stamp)
{
	if (memory == NULL)
		bench_die("out of memory", "");
	unsigned char *bytes = memory;
	uint64_t word = ((uint64_t)size << 8) | stamp;
	memcpy(bytes, &word, sizeof word);
	for (size_t offset = 4096; offset < size; offset += 4096)
		bytes[offset] = stamp;
	bytes[size - 1] = stamp;
	return memory;
}

static inline void *block_make(size_t size, uint8_t stamp)
{
	return block_mark(malloc(size), size, stamp);
}

/* Checks a block and says what it adds to the sum. */
static inline uint64_t block_check(const void *block)
{
	uint64_t word = block_word(block);
	const unsigned char *bytes = block;
	if (bytes[(word >> 8) - 1] != (uint8_t)word)
		bench_die("a block was overwritten while it was in use", "");
	return word;
}

static inline uint64_t block_free(void *block)
{
	uint64_t word = block_check(block);
	free(block);
	return word;
}

/* ---- the end ---- */

static inline int bench_finish(uint64_t sum)
{
	printf("sum %016" PRIx64 "\n", sum);
	return 0;
}

#endif
