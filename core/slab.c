#include "slab.h"

#include <string.h>

void slab_init(struct extent *slab, unsigned class)
{
	unsigned nregs = bin_infos[class].nregs;
	slab->class = (uint8_t) class;
	slab->is_slab = true;
	slab->nfree = (uint16_t)nregs;
	slab->holes = 0;
	slab->nfree_then = 0;
	memset(slab->free_regions, 0, sizeof(slab->free_regions));
	for (unsigned i = 0; i < nregs / 64; i++)
		slab->free_regions[i] = ~(uint64_t)0;
	if (nregs % 64 != 0)
		slab->free_regions[nregs / 64] = ((uint64_t)1 << (nregs % 64)) - 1;
}

unsigned slab_take(struct extent *slab, void **end, unsigned n)
{
	const size_t size = bin_infos[slab->class].size;
	unsigned taken = 0;
	if (n > slab->nfree)
		n = slab->nfree;
	for (unsigned i = 0; taken < n; i++) {
		uint64_t word = slab->free_regions[i];
		while (word != 0 && taken < n) {
			size_t region = i * 64 + bits_first_set(word);
			word &= word - 1;
			*--end = ptr_add(slab->address, region * size);
			taken++;
		}
		slab->free_regions[i] = word;
	}
	slab->nfree = (uint16_t)(slab->nfree - taken);
	return taken;
}

bool slab_has_region(const struct extent *slab, const void *region)
{
	const struct bin_info *info = &bin_infos[slab->class];
	unsigned index = slab_region_index(slab, region);
	return index < info->nregs && ptr_add(slab->address, (size_t)index * info->size) == region;
}
