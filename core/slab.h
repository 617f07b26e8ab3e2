/* slab.h - regions of one size class inside one extent.
 *
 * Which regions are free is a bitmap in the descriptor, not a list through the regions: memory that
 * nobody uses is not touched, and a stray write cannot redirect an allocation. The lock of the bin
 * that owns the slab covers all of it.
 */
#ifndef SLAB_H
#define SLAB_H

#include "extent.h"
#include "size_class.h"

/* Makes an extent a slab with all regions free. */
INTERNAL void slab_init(struct extent *slab, unsigned class);

/* Takes up to n regions, the lowest first, and stores them downwards from end[-1], so that a stack
 * which grows upwards hands out ascending addresses. Returns how many there were. */
INTERNAL unsigned slab_take(struct extent *slab, void **end, unsigned n);

enum slab_put_result {
	SLAB_PUT_DONE,
	SLAB_PUT_NOT_A_REGION, /* the pointer is not where a region starts */
	SLAB_PUT_TWICE,        /* the region is free already */
};

/* Whether a region starts here, in use or not; needs no lock. */
INTERNAL bool slab_has_region(const struct extent *slab, const void *region);

ALWAYS_INLINE unsigned slab_region_index(const struct extent *slab, const void *region)
{
	uint64_t offset = ptr_distance(slab->address, region);
	return (unsigned)(offset * bin_infos[slab->class].magic >> 32);
}

/* Takes a region back. info: that of the slab's class; who puts many has it at hand. */
ALWAYS_INLINE enum slab_put_result slab_put(struct extent *slab, const struct bin_info *info,
					    const void *region)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): no region is that near to NULL */
	uint64_t offset = ptr_distance(slab->address, region);
	uint64_t index = offset * info->magic >> 32;
	if (unlikely(index >= info->nregs || index * info->size != offset))
		return SLAB_PUT_NOT_A_REGION;
	uint64_t bit = (uint64_t)1 << (index % 64);
	uint64_t *word = &slab->free_regions[index / 64];
	if (unlikely(*word & bit))
		return SLAB_PUT_TWICE;
	*word |= bit;
	slab->nfree++;
	return SLAB_PUT_DONE;
}

#endif
