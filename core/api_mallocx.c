/* api_mallocx.c - the *allocx functions: allocation with flags. None of them sets errno. */
#include "alloc_flags.h"
#include "alloc_resize.h"
#include "boot.h"
#include "object.h"
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
	if (call_hooks_are_on())
		call_hooks_allocated(CALL_MALLOCX, p, (uintptr_t)p, size, (uintptr_t)flags, 0);
	return p;
}

/* rallocx() while somebody sees the program's calls. */
static COLD void *resize_watched(void *p, size_t size, unsigned flags, struct alloc_how *how)
{
	struct call_resize call = {
		CALL_RALLOCX, CALL_FREE_RALLOCX, {(uintptr_t)p, size, (uintptr_t)flags}};
	size_t old_usable = object_usable(p);
	how->watched = &call;
	void *q = alloc_resize(p, size, how);
	if (q == p && q != NULL)
		call_hooks_resized(CALL_RESIZE_RALLOCX, p, old_usable, object_usable(q),
				   (uintptr_t)q, call.arguments);
	return q;
}

EXPORT void *API(rallocx)(void *p, size_t size, int flags)
{
	struct alloc_how how;
	void *q = NULL;
	if (alloc_decode((unsigned)flags, &how))
		q = call_hooks_are_on() ? resize_watched(p, size, (unsigned)flags, &how)
					: alloc_resize(p, size, &how);
	if (unlikely(q == NULL))
		warning_of_no_memory("in rallocx(): out of memory");
	return q;
}

EXPORT size_t API(xallocx)(void *p, size_t size, size_t extra, int flags)
{
	size_t alignment = (size_t)1 << ((unsigned)flags & ALLOC_FLAG_LG_ALIGN);
	bool zero = ((unsigned)flags & ALLOC_FLAG_ZERO) != 0;
	if (!call_hooks_are_on())
		return alloc_resize_in_place(p, size, extra, alignment, zero);
	const uintptr_t arguments[4] = {(uintptr_t)p, size, extra, (uintptr_t)flags};
	size_t old_usable = object_usable(p);
	size_t usable = alloc_resize_in_place(p, size, extra, alignment, zero);
	call_hooks_resized(CALL_RESIZE_XALLOCX, p, old_usable, usable, usable, arguments);
	return usable;
}

EXPORT size_t API(sallocx)(const void *p, int flags UNUSED)
{
	return object_usable(p);
}

/* What the fast path did not take, whatever the flags. */
static COLD void free_with_flags(void *p, size_t claimed, unsigned flags)
{
	struct alloc_how how;
	if (p == NULL)
		return;
	/* A cache that does not exist is no reason to keep the memory. */
	if (!alloc_decode(flags, &how))
		how = (struct alloc_how){.bypass_cache = true};
	how.claimed = claimed;
	alloc_free_how(p, &how);
}

EXPORT void API(dallocx)(void *p, int flags)
{
	if (likely(flags == 0) && likely(alloc_free_fast(p)))
		return;
	if (call_hooks_are_on() && p != NULL)
		call_hooks_freeing(CALL_DALLOCX, p, (uintptr_t)flags, 0);
	free_with_flags(p, 0, (unsigned)flags);
}

EXPORT void API(sdallocx)(void *p, size_t size, int flags)
{
	/* The alignment in the flags describes the object and does not matter for freeing. */
	unsigned for_free = (unsigned)flags & ~ALLOC_FLAG_LG_ALIGN;
	if (likely(for_free == 0) && likely(alloc_free_fast(p)))
		return;
	if (call_hooks_are_on() && p != NULL)
		call_hooks_freeing(CALL_SDALLOCX, p, size, (uintptr_t)flags);
	free_with_flags(p, size, for_free);
}

EXPORT size_t API(nallocx)(size_t size, int flags)
{
	if (!boot_ensure_configured())
		return 0;
	unsigned lg = (unsigned)flags & ALLOC_FLAG_LG_ALIGN;
	return alloc_usable_for(size, lg != 0 ? (size_t)1 << lg : 0);
}
