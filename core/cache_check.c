#include "cache_check.h"

#include "misuse.h"
#include "pagemap.h"
#include "slab.h"

static bool is_object(unsigned class, const void *region)
{
	const struct extent *extent = pagemap_lookup(region);
	if (extent == NULL || extent->state != PAGES_ACTIVE || extent->class != class)
		return false;
	return extent->is_slab ? slab_has_region(extent, region) : extent_object(extent) == region;
}

static COLD void tell_cached(unsigned class, const void *region, bool is_twice)
{
	const struct extent *extent = pagemap_lookup(region);
	struct fmt *text = misuse_begin(is_twice ? MISUSE_DOUBLE_FREE : MISUSE_INVALID_FREE);
	if (text == NULL)
		return;
	fmt_text(text, is_twice ? "double free of " : "free of ");
	fmt_pointer(text, region);
	misuse_tell_object(text, 0, size_class_sizes[class], extent != NULL ? extent->arena : 0);
	fmt_text(text, is_twice ? ": it is in the thread's cache twice"
				: ", which is inside an object and not its start: the program "
				  "frees a pointer that no allocation returned");
	misuse_end(text);
}

void cache_check_latest(struct cache_bin *bin, unsigned class, unsigned n)
{
	void **newest = bin->top - n;
	unsigned sound = 0;
	const void *bad = NULL;
	bool is_twice = false;

	for (unsigned i = 0; i < n; i++) {
		void *region = newest[i];
		bool is_here = false;
		for (unsigned j = 0; j < sound; j++)
			is_here |= newest[j] == region;
		if (likely(!is_here && is_object(class, region))) {
			newest[sound++] = region;
			continue;
		}
		bad = region;
		is_twice = is_here;
	}
	if (likely(bad == NULL))
		return;
	shared_store(bin->top, newest + sound);
	tell_cached(class, bad, is_twice);
}
