/* interval_set.h - the address ranges that are handed out at this moment, to notice when two of
 * them overlap. Kept as a sorted array in memory of its own (mmap), apart from the heap under
 * test. One owner, no lock. */
#ifndef TESTS_SUPPORT_INTERVAL_SET_H
#define TESTS_SUPPORT_INTERVAL_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct interval {
	uintptr_t start;
	uintptr_t end; /* one past the last byte */
};

struct interval_set {
	struct interval *intervals; /* ascending, disjoint */
	size_t count;
	size_t capacity;
};

void interval_set_init(struct interval_set *set, size_t capacity);
void interval_set_fini(struct interval_set *set);

/* False when the range overlaps one that is there already, which *overlapped then names. */
bool interval_set_add(struct interval_set *set, const void *ptr, size_t size,
		      struct interval *overlapped);
/* False when no range starts at ptr. */
bool interval_set_remove(struct interval_set *set, const void *ptr);
/* The range that starts at ptr, or NULL. Valid until the set changes. */
struct interval *interval_set_find(const struct interval_set *set, const void *ptr);
/* True when [ptr, ptr + size) lies wholly inside one range or inside neighbours without a gap. */
bool interval_set_covers(const struct interval_set *set, const void *ptr, size_t size);

#endif
