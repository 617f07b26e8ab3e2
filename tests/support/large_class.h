/* large_class.h - large objects of a size class, for tests that look at large.h from outside. */
#ifndef LARGE_CLASS_H
#define LARGE_CLASS_H

#include "large.h"

static inline void *large_of_class(struct large *large, unsigned class, size_t alignment, bool zero)
{
	return large_alloc(large, size_class_sizes[class], alignment, zero, class);
}

#endif
