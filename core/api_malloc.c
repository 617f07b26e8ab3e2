/* api_malloc.c - the standard allocation functions, and glibc's. Argument checks and errno only. */
#include "alloc_resize.h"
#include "boot.h"
#include "misuse.h"
#include "object.h"
#include "options.h"
#include "os.h"
#include "stats.h"
#include "warning.h"
#include "moonheap/moonheap.h"

#include <errno.h>
#include <string.h>

/* ---- helpers ---- */

static COLD void *no_memory(const char *what)
{
	warning_of_no_memory(what);
	errno = ENOMEM;
	return NULL;
}

static void *or_enomem(void *p, const char *what)
{
	return likely(p != NULL) ? p : no_memory(what);
}

#define IN_CALLOC  "in calloc(): out of memory"
#define IN_REALLOC "in realloc(): out of memory"
#define ALIGNED    "allocating aligned memory: out of memory"
#define ALIGNMENT  "allocating aligned memory: invalid alignment"

static void *alloc_aligned(size_t alignment, size_t size)
{
	struct alloc_how how = {.alignment = alignment};
	return alloc_request(size, &how);
}

/* The functions that return memory at a multiple of something. type, a and b: what the
 * program's hooks are told of the call. */
static void *aligned(size_t alignment, size_t size, enum call_allocating type, uintptr_t a,
		     uintptr_t b)
{
	void *p = NULL;
	if (is_power_of_two(alignment)) {
		p = or_enomem(alloc_aligned(alignment, size), ALIGNED);
	} else {
		warning_of_no_memory(ALIGNMENT);
		errno = EINVAL;
	}
	if (call_hooks_are_on())
		call_hooks_allocated(type, p, (uintptr_t)p, a, b, 0);
	return p;
}

/* What the fast path could not serve. */
static COLD void *calloc_slow(size_t count, size_t size, size_t bytes)
{
	static const struct alloc_how zero = {.zero = true};
	void *p = or_enomem(bytes != SIZE_MAX ? alloc_request(bytes, &zero) : NULL, IN_CALLOC);
	if (call_hooks_are_on())
		call_hooks_allocated(CALL_CALLOC, p, (uintptr_t)p, count, size, 0);
	return p;
}

static COLD void *realloc_of_null(size_t size)
{
	static const struct alloc_how plain;
	if (!call_hooks_are_on())
		return malloc_slow(size);
	void *p = or_enomem(alloc_request(size, &plain), IN_REALLOC);
	call_hooks_allocated(CALL_REALLOC, p, (uintptr_t)p, 0, size, 0);
	return p;
}

/* realloc() while somebody sees the program's calls. */
static COLD void *realloc_watched(void *p, size_t size, size_t asked, bool bypass_cache)
{
	struct call_resize call = {CALL_REALLOC, CALL_FREE_REALLOC, {(uintptr_t)p, asked}};
	struct alloc_how how = {.watched = &call, .bypass_cache = bypass_cache};
	size_t old_usable = object_usable(p);
	void *q = alloc_resize(p, size, &how);
	if (q == p && q != NULL)
		call_hooks_resized(CALL_RESIZE_REALLOC, p, old_usable, object_usable(q),
				   (uintptr_t)q, call.arguments);
	return q;
}

/* realloc(p, 0) with p not NULL: what it means is the user's choice. */
static COLD void *realloc_zero(void *p)
{
	stats_count_zero_realloc();
	switch (options.zero_realloc) {
	case ZERO_REALLOC_ABORT:
		misuse_abort("Called realloc(non-null-ptr, 0) with zero_realloc:abort set\n");
		return NULL;
	case ZERO_REALLOC_ALLOC: {
		struct alloc_how how = {.bypass_cache = true};
		if (call_hooks_are_on())
			return or_enomem(realloc_watched(p, 1, 0, true), IN_REALLOC);
		return or_enomem(alloc_resize(p, 1, &how), IN_REALLOC);
	}
	default:
		if (call_hooks_are_on()) {
			static const struct alloc_how plain;
			call_hooks_freeing(CALL_FREE_REALLOC, p, 0, 0);
			alloc_free_how(p, &plain);
			return NULL;
		}
		alloc_free(p);
		return NULL;
	}
}

/* ---- exported ---- */

EXPORT ALWAYS_RUN FAST_PATH void *API(malloc)(size_t size)
{
	return alloc_malloc(size);
}

EXPORT FAST_PATH void *API(calloc)(size_t count, size_t size)
{
	size_t bytes;
	if (unlikely(__builtin_mul_overflow(count, size, &bytes)))
		return calloc_slow(count, size, SIZE_MAX);
	void *region = alloc_fast(bytes);
	if (likely(region != NULL))
		return memset(region, 0, size_class_sizes[size_class_of(bytes)]);
	return calloc_slow(count, size, bytes);
}

EXPORT FAST_PATH void *API(realloc)(void *p, size_t size)
{
	static const struct alloc_how plain;
	if (p == NULL) {
		void *region = alloc_fast(size);
		return likely(region != NULL) ? region : realloc_of_null(size);
	}
	if (unlikely(size == 0))
		return realloc_zero(p);
	if (alloc_fits(p, size))
		return p;
	void *moved = alloc_move_small(p, size);
	if (moved != NULL)
		return moved;
	if (call_hooks_are_on())
		return or_enomem(realloc_watched(p, size, size, false), IN_REALLOC);
	return or_enomem(alloc_resize(p, size, &plain), IN_REALLOC);
}

EXPORT void *API(reallocarray)(void *p, size_t count, size_t size)
{
	size_t bytes;
	if (unlikely(__builtin_mul_overflow(count, size, &bytes)))
		return no_memory(IN_REALLOC);
	return API(realloc)(p, bytes);
}

EXPORT ALWAYS_RUN FAST_PATH void API(free)(void *p)
{
	alloc_free(p);
}

EXPORT void API(free_sized)(void *p, size_t size)
{
	alloc_free_sized(p, size);
}

EXPORT void API(free_aligned_sized)(void *p, size_t alignment UNUSED, size_t size)
{
	alloc_free_sized(p, size);
}

EXPORT int API(posix_memalign)(void **result, size_t alignment, size_t size)
{
	int error = 0;
	void *p = NULL;
	if (alignment < sizeof(void *) || !is_power_of_two(alignment)) {
		warning_of_no_memory(ALIGNMENT);
		error = EINVAL;
	} else {
		int saved = errno;
		p = alloc_aligned(alignment, size);
		errno = saved;
		if (p != NULL) {
			*result = p;
		} else {
			warning_of_no_memory(ALIGNED);
			error = ENOMEM;
		}
	}
	if (call_hooks_are_on())
		call_hooks_allocated(CALL_POSIX_MEMALIGN, p, (uintptr_t)error, (uintptr_t)result,
				     alignment, size);
	return error;
}

EXPORT void *API(aligned_alloc)(size_t alignment, size_t size)
{
	return aligned(alignment, size, CALL_ALIGNED_ALLOC, alignment, size);
}

EXPORT void *API(memalign)(size_t alignment, size_t size)
{
	return aligned(alignment, size, CALL_MEMALIGN, alignment, size);
}

EXPORT void *API(valloc)(size_t size)
{
	/* As a first call of the process: the page is known from boot on. */
	if (!boot_ensure())
		return no_memory(ALIGNED);
	return aligned(os_page, size, CALL_VALLOC, size, 0);
}

EXPORT void *API(pvalloc)(size_t size)
{
	if (!boot_ensure() || size > SIZE_MAX_CLASS)
		return no_memory(ALIGNED);
	return aligned(os_page, align_up(size != 0 ? size : 1, os_page), CALL_VALLOC, size, 0);
}

EXPORT size_t API(malloc_usable_size)(void *p)
{
	return object_usable(p);
}
