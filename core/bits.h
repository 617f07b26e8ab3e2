/* bits.h - powers of two, leading and trailing zeros, alignment, container_of. Pure. */
#ifndef BITS_H
#define BITS_H

#include "build.h"

ALWAYS_INLINE bool is_power_of_two(size_t x)
{
	return x != 0 && (x & (x - 1)) == 0;
}

/* floor(log2(x)), x > 0 */
ALWAYS_INLINE unsigned bits_lg_floor(size_t x)
{
	return 63u - (unsigned)__builtin_clzll(x);
}

/* ceil(log2(x)), x > 1 */
ALWAYS_INLINE unsigned bits_lg_ceil(size_t x)
{
	return 64u - (unsigned)__builtin_clzll(x - 1);
}

/* index of the lowest set bit, x > 0 */
ALWAYS_INLINE unsigned bits_first_set(uint64_t x)
{
	return (unsigned)__builtin_ctzll(x);
}

/* set bits of x, in sums of pairs, nibbles, bytes; the compiler's function for it is no part of
 * core */
ALWAYS_INLINE unsigned bits_count(uint64_t x)
{
	x -= x >> 1 & 0x5555555555555555u;
	x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
	return (unsigned)(x * 0x0101010101010101u >> 56);
}

/* alignment: a power of two */
ALWAYS_INLINE size_t align_up(size_t x, size_t alignment)
{
	return (x + alignment - 1) & ~(alignment - 1);
}

ALWAYS_INLINE size_t align_down(size_t x, size_t alignment)
{
	return x & ~(alignment - 1);
}

/* The nearest to n that is within; most counts where the two disagree. */
ALWAYS_INLINE unsigned clamp(unsigned n, unsigned least, unsigned most)
{
	n = n < least ? least : n;
	return n > most ? most : n;
}

ALWAYS_INLINE void *ptr_add(const void *p, size_t n)
{
	return (void *)((uintptr_t)p + n);
}

/* alignment: a power of two, or 0, of which everything is a multiple */
ALWAYS_INLINE bool is_aligned(const void *p, size_t alignment)
{
	return alignment == 0 || ((uintptr_t)p & (alignment - 1)) == 0;
}

ALWAYS_INLINE size_t ptr_distance(const void *from, const void *to)
{
	return (size_t)((uintptr_t)to - (uintptr_t)from);
}

#define container_of(pointer, type, member)                                                        \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
