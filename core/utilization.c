#include "utilization.h"

#include "arenas.h"
#include "pagemap.h"

static void look_at_slab(struct arena *arena, const struct extent *slab, struct utilization *to)
{
	const struct bin_info *info = &bin_infos[slab->class];
	struct bin *bin = bin_of_slab(&arena->bins[slab->class], slab);
	lock_take(&bin->lock);
	to->current = bin->current != NULL ? bin->current->address : NULL;
	to->nfree = slab->nfree;
	to->nregs = info->nregs;
	to->size = slab->size;
	to->bin_nregs = bin->curslabs * info->nregs;
	/* Guarded objects count in the bin, and are in none of its slabs. */
	size_t out = bin_curregs(bin);
	to->bin_nfree = to->bin_nregs > out ? to->bin_nregs - out : 0;
	lock_drop(&bin->lock);
}

void utilization_of(const void *p, struct utilization *to)
{
	*to = (struct utilization){.current = NULL};
	const struct extent *extent = pagemap_lookup(p);
	if (extent == NULL || extent->state != PAGES_ACTIVE ||
	    (!extent->is_slab && extent_object(extent) != p))
		return;
	struct arena *arena = arenas_get(extent->arena);
	if (extent->is_slab && arena != NULL) {
		look_at_slab(arena, extent, to);
	} else {
		to->nregs = 1;
		to->size = extent->size;
	}
}
