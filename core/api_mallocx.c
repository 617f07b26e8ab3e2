/* api_mallocx.c - the *allocx functions: allocation with flags. None of them sets errno. */
#include "alloc_flags.h"
#include "boot.h"
#include "warning.h"
#include "moonheap/moonheap.h"

EXPORT void *API(mallocx)(size_t size, int flags)
{
	if (likely(flags == 0)) {
		void *region = alloc_fast(size);
		if (likely(region != NULL))
			return region;
	}
	struct alloc_how how;
	void *p = alloc_decode((unsigned)flags, &how) ? alloc_request(size, &how) : NULL;
	if (unlikely(p == NULL))
		warning_of_no_memory("in mallocx(): out of memory");
	return p;
}

EXPORT void *API(rallocx)(void *p, size_t size, int flags)
{
	struct alloc_how how;
	void *q = alloc_decode((unsigned)flags, &how) ? alloc_resize(p, size, &how) : NULL;
	if (unlikely(q == NULL))
		warning_of_no_memory("in rallocx(): out of memory");
	return q;
}

EXPORT size_t API(xallocx)(void *p, size_t size, size_t extra, int flags)
{
	size_t alignment = (size_t)1 << ((unsigned)flags & ALLOC_FLAG_LG_ALIGN);
	return alloc_resize_in_place(p, size, extra, alignment,
				     ((unsigned)flags & ALLOC_FLAG_ZERO) != 0);
}

EXPORT size_t API(sallocx)(const void *p, int flags UNUSED)
{
	return alloc_usable(p);
}

static COLD void free_with_flags(void *p, size_t claimed, unsigned flags)
{
	struct alloc_how how;
	/* A cache that does not exist is no reason to keep the memory. */
	if (!alloc_decode(flags, &how))
		how = (struct alloc_how){.bypass_cache = true};
	how.claimed = claimed;
	alloc_free_how(p, &how);
}

EXPORT void API(dallocx)(void *p, int flags)
{
	if (likely(flags == 0))
		alloc_free(p);
	else
		free_with_flags(p, 0, (unsigned)flags);
}

EXPORT void API(sdallocx)(void *p, size_t size, int flags)
{
	/* The alignment in the flags describes the object and does not matter for freeing. */
	unsigned for_free = (unsigned)flags & ~ALLOC_FLAG_LG_ALIGN;
	if (likely(for_free == 0))
		alloc_free_sized(p, size);
	else
		free_with_flags(p, size, for_free);
}

EXPORT size_t API(nallocx)(size_t size, int flags)
{
	if (!boot_ensure())
		return 0;
	unsigned lg = (unsigned)flags & ALLOC_FLAG_LG_ALIGN;
	return alloc_usable_for(size, lg != 0 ? (size_t)1 << lg : 0);
}
