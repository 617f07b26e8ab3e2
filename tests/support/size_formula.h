/* size_formula.h - the size classes from their definition, written down apart from core's own
 * arithmetic: 8; then multiples of 16 up to 64; then four evenly spaced sizes for each doubling,
 * the last being 0x7000000000000000. */
#ifndef TESTS_SUPPORT_SIZE_FORMULA_H
#define TESTS_SUPPORT_SIZE_FORMULA_H

#include <stddef.h>
#include <stdint.h>

#define SIZE_CLASS_MAX   ((size_t)0x7000000000000000)
#define SIZE_SMALL_MAX   ((size_t)14336)
#define SIZE_LARGE_MIN   ((size_t)16384)
#define SIZE_PAGE        ((size_t)4096)
#define SIZE_CLASS_COUNT 232

/* The classes in ascending order: sizes[0] is 8. */
static inline void size_classes(size_t sizes[SIZE_CLASS_COUNT])
{
	unsigned count = 0, lg, step;

	sizes[count++] = 8;
	for (step = 1; step <= 4; step++)
		sizes[count++] = 16 * step;
	for (lg = 6; count < SIZE_CLASS_COUNT; lg++)
		for (step = 1; step <= 4 && count < SIZE_CLASS_COUNT; step++)
			sizes[count++] = ((size_t)1 << lg) + step * ((size_t)1 << (lg - 2));
}

/* The smallest class of at least size, 0 when there is none. */
static inline size_t size_rounded(size_t size)
{
	size_t sizes[SIZE_CLASS_COUNT];
	unsigned i;

	size_classes(sizes);
	for (i = 0; i < SIZE_CLASS_COUNT; i++)
		if (sizes[i] >= size)
			return sizes[i];
	return 0;
}

/* What nallocx() says for an alignment: a class whose objects are aligned to it by their size, else
 * whole pages, which can lie anywhere. */
static inline size_t size_rounded_aligned(size_t size, size_t alignment)
{
	if (size <= SIZE_SMALL_MAX && alignment <= SIZE_PAGE) {
		size_t rounded = size_rounded((size + alignment - 1) & ~(alignment - 1));

		if (rounded < SIZE_LARGE_MIN)
			return rounded;
	}
	if (alignment > SIZE_CLASS_MAX)
		return 0;
	return size <= SIZE_LARGE_MIN ? SIZE_LARGE_MIN : size_rounded(size);
}

#endif
