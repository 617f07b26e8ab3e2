/* random.h - a repeatable source of numbers for random scripts; one owner each, no lock. */
#ifndef TESTS_SUPPORT_RANDOM_H
#define TESTS_SUPPORT_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

static inline void random_init(struct random *random, uint64_t seed)
{
	random->state = seed * 0x9e3779b97f4a7c15u + 1;
}

/* splitmix64: every state gives another output, also neighbouring seeds. */
static inline uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Evenly from [0, bound); bound > 0. */
static inline size_t random_below(struct random *random, size_t bound)
{
	return (size_t)(random_next(random) % bound);
}

/* A size up to max whose magnitude is even: as many below 64 as between 1 and 2 MiB for each
 * doubling. Every fourth lies at a power of two or a quarter step between, or one off: where size
 * classes have their borders. */
static inline size_t random_size(struct random *random, size_t max)
{
	unsigned lg_max = 63u - (unsigned)__builtin_clzll(max | 1);
	unsigned lg = (unsigned)random_below(random, lg_max + 1);
	size_t size = ((size_t)1 << lg) + random_below(random, (size_t)1 << lg);

	if (random_below(random, 4) == 0) {
		size_t quarter = lg >= 2 ? (size_t)1 << (lg - 2) : 1;

		size = ((size_t)1 << lg) + random_below(random, 4) * quarter +
		       random_below(random, 3) - 1;
	}
	return size > max ? max : size;
}

#endif
