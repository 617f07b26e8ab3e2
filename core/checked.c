#include "checked.h"

#include "canary.h"
#include "guard.h"
#include "misuse.h"
#include "os.h"
#include "pagemap.h"

/* Filling behind a large object: no more than so much is touched. */
#define LARGE_FILLING_MAX ((size_t)4096)

size_t checked_room(size_t size)
{
	size_t usable = checked_usable(size);
	return usable <= SIZE_MAX_CLASS - CANARY_BYTES ? usable + CANARY_BYTES : SIZE_MAX;
}

static size_t large_filling(const struct extent *extent)
{
	const char *end = ptr_add(extent_object(extent), extent->requested);
	size_t behind = ptr_distance(end, extent_end(extent));
	return behind < LARGE_FILLING_MAX ? behind : LARGE_FILLING_MAX;
}

void checked_begin(void *region, size_t size)
{
	struct extent *extent = pagemap_lookup(region);
	size_t usable = checked_usable(size);
	if (extent->is_guarded)
		return; /* it knows */
	if (extent->is_slab) {
		canary_begin(region, size_class_sizes[extent->class], usable);
	} else {
		extent->requested = usable;
		canary_fill((char *)region + usable, large_filling(extent));
	}
}

/* ---- findings ---- */

static COLD void tell_dead(const struct extent *extent, const void *p, const char *what,
			   bool is_object)
{
	struct fmt *text = misuse_begin(is_object ? MISUSE_DOUBLE_FREE : MISUSE_INVALID_FREE);
	if (text == NULL)
		return;
	fmt_text(text, is_object ? "double free: " : "");
	fmt_text(text, what);
	fmt_text(text, " of ");
	fmt_pointer(text, p);
	misuse_tell_object(text, 0, extent_usable(extent), extent->arena);
	fmt_text(text, is_object ? ", which was freed (Internal heap corruption detected: mismatch "
				   "in slab bit)"
				 : ", which is inside an object and not its start");
	misuse_end(text);
}

static COLD void tell_overrun(const struct extent *extent, const void *p, size_t size,
			      size_t overrun)
{
	struct fmt *text = misuse_begin(MISUSE_OVERFLOW);
	if (text == NULL)
		return;
	fmt_text(text, "overflow: ");
	if (size != 0) {
		fmt_unsigned(text, overrun);
		fmt_text(text, " bytes beyond the end of ");
	} else {
		fmt_text(text, "the end of the region beyond ");
	}
	fmt_pointer(text, p);
	misuse_tell_object(text, size, extent_usable(extent), extent->arena);
	fmt_text(text, size != 0 ? " were written to" : " was written over, its size with it");
	misuse_end(text);
}

void checked_tell_size(const void *p, const struct extent *extent, size_t true_size, size_t claimed)
{
	struct fmt *text = misuse_begin(MISUSE_SIZE_MISMATCH);
	if (text == NULL)
		return;
	fmt_text(text, "size mismatch detected (true size ");
	fmt_unsigned(text, true_size);
	fmt_text(text, " vs input size ");
	fmt_unsigned(text, claimed);
	fmt_text(text, "), likely caused by application sized deallocation bugs (source address: ");
	fmt_pointer(text, p);
	fmt_text(text, ", the current pointer being freed). The object");
	misuse_tell_object(text, 0, extent_usable(extent), extent->arena);
	fmt_text(text, " is freed by its true size");
	misuse_end(text);
}

/* ---- looking ---- */

/* Whether a small object is out, and in nobody's quarantine. *size: as its canary says, 0 when that
 * is broken. */
static bool is_out(struct extent *slab, const void *p, size_t *size)
{
	struct bin *bin = bin_of_slab(&arenas_get(slab->arena)->bins[slab->class], slab);
	*size = 0;
	if (!bin_is_out(bin, slab, p))
		return false;
	return canary_look(p, size_class_sizes[slab->class], size) != CANARY_FREED;
}

size_t checked_size(struct extent *extent, const void *p, const char *what)
{
	size_t size;
	if (extent->is_guarded)
		return extent->size;
	if (!extent->is_slab)
		return extent->requested;
	bool is_object = slab_has_region(extent, p);
	if (is_object && is_out(extent, p, &size))
		/* What an object with a broken canary is good for, nobody knows better. */
		return size != 0 ? size : size_class_sizes[extent->class] - CANARY_BYTES;
	if (what != NULL)
		tell_dead(extent, p, what, is_object);
	return 0;
}

bool checked_end(struct extent *extent, void *p)
{
	size_t size;
	size_t overrun;
	if (extent->is_guarded)
		return true; /* it looks itself */
	if (!extent->is_slab) {
		size = extent->requested;
		overrun = canary_changed((char *)p + size, large_filling(extent));
	} else {
		bool is_object = slab_has_region(extent, p);
		if (!is_object || !is_out(extent, p, &size)) {
			tell_dead(extent, p, "free", is_object);
			return false;
		}
		overrun = size != 0 ? canary_overrun(p, size_class_sizes[extent->class], size) : 1;
	}
	if (unlikely(overrun != 0))
		tell_overrun(extent, p, size, overrun);
	return true;
}
