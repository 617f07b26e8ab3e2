/* extent_set.h - the unused extents of one arena in one state.
 *
 * Two orders over the same extents: by size and place (a heap of addresses per file class, a bitmap
 * of the classes that have any), to find room; and by age (a list, oldest first), to give back what
 * nobody needed for longest. Everything here is under the page lock of the arena.
 *
 * A set of zeros is an empty one, so that those of an arena cost no memory until they are used.
 *
 * File classes are the page classes. Only when large objects have a pad (large.h), so that their
 * extents are larger than page classes, are file classes larger by the pad as well: an extent that
 * one of them leaves then fits the next one exactly. Up to nine pages that makes no difference.
 */
#ifndef EXTENT_SET_H
#define EXTENT_SET_H

#include "extent.h"

#define FILE_CLASSES_MAX (PAGE_CLASSES_MAX + 1)

struct extent_set {
	struct list by_age;
	size_t npages;
	uint64_t filled[(FILE_CLASSES_MAX + 63) / 64];
	struct heap_node *heaps[FILE_CLASSES_MAX];
	/* Extents of each page class, and their bytes. For statistics alone, which read them
	 * without the lock. */
	size_t counts[PAGE_CLASSES_MAX];
	size_t bytes[PAGE_CLASSES_MAX];
};

/* File classes: the largest that an extent of this size reaches, and the smallest whose extents all
 * have this size. */
ALWAYS_INLINE unsigned file_class_floor(size_t size)
{
	size_t pad = size_class_large_pad;
	return size > pad ? page_class_floor(size - pad) + (pad != 0) : 0;
}

ALWAYS_INLINE unsigned file_class_ceil(size_t size)
{
	size_t pad = size_class_large_pad;
	return size > pad ? page_class_ceil(size - pad) + (pad != 0) : 0;
}

/* Adds an extent as the youngest. */
INTERNAL void extent_set_add(struct extent_set *set, struct extent *extent);
INTERNAL void extent_set_remove(struct extent_set *set, struct extent *extent);

/* Makes an extent of the set the oldest. */
INTERNAL void extent_set_age(struct extent_set *set, struct extent *extent);

/* Gives an extent of the set another place and size; it keeps its age. */
INTERNAL void extent_set_move(struct extent_set *set, struct extent *extent, void *address,
			      size_t size);

/* An extent with room for size bytes at a multiple of alignment, not larger than most: of the
 * smallest class that has one, that at the lowest address. NULL when there is none. It stays in the
 * set. */
INTERNAL struct extent *extent_set_fit(struct extent_set *set, size_t size, size_t alignment,
				       size_t most);

/* The extent that has been in the set for longest. */
INTERNAL struct extent *extent_set_oldest(const struct extent_set *set);

#endif
