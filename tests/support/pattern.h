/* pattern.h - contents that betray a stray write: each object is filled from a tag of its own, and
 * what it holds can be checked at any later time. Large objects are filled at both ends and at each
 * page, which is where an allocator would go wrong. */
#ifndef TESTS_SUPPORT_PATTERN_H
#define TESTS_SUPPORT_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void pattern_fill(void *ptr, size_t size, uint64_t tag);

/* The first bytes of an object that was filled with filled_size: what survives a resize. Returns
 * the offset of the first wrong byte, or checked when all is right. */
size_t pattern_check(const void *ptr, size_t filled_size, size_t checked, uint64_t tag);

/* The offset of the first byte that is not zero, or size. */
size_t pattern_zero(const void *ptr, size_t size);

#endif
