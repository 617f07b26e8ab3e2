#include "cache_return.h"

#include "misuse.h"
#include "pagemap.h"

/* What was freed, and is in no memory of ours that could take it back. */
static COLD void tell_stale(const void *region, unsigned class)
{
	struct fmt *text = misuse_begin(MISUSE_DOUBLE_FREE);
	if (text == NULL)
		return;
	fmt_text(text, "double free of ");
	fmt_pointer(text, region);
	fmt_text(text, ", an object of ");
	fmt_unsigned(text, size_class_sizes[class]);
	fmt_text(text, " bytes whose memory is gone: the program freed it twice, or its arena was "
		       "reset or destroyed while a thread cache had it");
	misuse_end(text);
}

void cache_return_large(unsigned class, void **regions, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct extent *extent = pagemap_lookup(regions[i]);
		if (unlikely(extent == NULL || extent->state != PAGES_ACTIVE || extent->is_slab ||
			     extent_object(extent) != regions[i]))
			tell_stale(regions[i], class);
		else
			large_dalloc(&arenas_get(extent->arena)->large, extent);
	}
}

void cache_return_small(unsigned class, void **regions, unsigned n, struct arena *owner,
			uint64_t nrequests)
{
	while (n > 0) {
		const struct extent *slab = pagemap_lookup(regions[0]);
		struct arena *arena = slab != NULL ? arenas_get(slab->arena) : NULL;
		if (unlikely(arena == NULL)) {
			tell_stale(regions[0], class);
			regions++;
			n--;
			continue;
		}
		uint64_t mine = arena == owner ? nrequests : 0;
		if (mine != 0)
			nrequests = 0;
		struct bin *bin = bin_of_slab(&arena->bins[class], slab);
		n = bin_flush(bin, &arena->pages, regions, n, mine);
	}
	if (nrequests != 0) /* none of the regions were the owner's */
		cache_report_requests(class, owner, nrequests);
}

void cache_report_requests(unsigned class, struct arena *owner, uint64_t nrequests)
{
	if (class < size_class_nbins)
		bin_count_requests(&owner->bins[class], nrequests);
	else
		large_count(&owner->large.counts[class].nserved, nrequests);
}
