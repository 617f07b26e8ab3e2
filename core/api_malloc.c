/* api_malloc.c - the standard allocation functions, and glibc's. Argument checks and errno only. */
#include "alloc.h"
#include "boot.h"
#include "fault.h"
#include "options.h"
#include "os.h"
#include "stats.h"
#include "warning.h"
#include "moonheap/moonheap.h"

#include <errno.h>

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

/* realloc(p, 0) with p not NULL: what it means is the user's choice. */
static COLD void *realloc_zero(void *p)
{
	stats_count_zero_realloc();
	switch (options.zero_realloc) {
	case ZERO_REALLOC_ABORT:
		fault_die("Called realloc(non-null-ptr, 0) with zero_realloc:abort set", (char *)0);
	case ZERO_REALLOC_ALLOC: {
		struct alloc_how how = {.bypass_cache = true};
		return or_enomem(alloc_resize(p, 1, &how), IN_REALLOC);
	}
	default:
		alloc_free(p);
		return NULL;
	}
}

/* ---- exported ---- */

EXPORT void *API(malloc)(size_t size)
{
	return alloc_malloc(size);
}

EXPORT void *API(calloc)(size_t count, size_t size)
{
	size_t bytes;
	if (unlikely(__builtin_mul_overflow(count, size, &bytes)))
		return no_memory(IN_CALLOC);
	return or_enomem(alloc_calloc(bytes), IN_CALLOC);
}

EXPORT void *API(realloc)(void *p, size_t size)
{
	static const struct alloc_how plain;
	if (p == NULL)
		return alloc_malloc(size);
	if (unlikely(size == 0))
		return realloc_zero(p);
	if (alloc_fits(p, size))
		return p;
	return or_enomem(alloc_resize(p, size, &plain), IN_REALLOC);
}

EXPORT void *API(reallocarray)(void *p, size_t count, size_t size)
{
	size_t bytes;
	if (unlikely(__builtin_mul_overflow(count, size, &bytes)))
		return no_memory(IN_REALLOC);
	return API(realloc)(p, bytes);
}

EXPORT void API(free)(void *p)
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
	if (alignment < sizeof(void *) || !is_power_of_two(alignment)) {
		warning_of_no_memory(ALIGNMENT);
		return EINVAL;
	}
	int saved = errno;
	void *p = alloc_aligned(alignment, size);
	errno = saved;
	if (p == NULL) {
		warning_of_no_memory(ALIGNED);
		return ENOMEM;
	}
	*result = p;
	return 0;
}

EXPORT void *API(aligned_alloc)(size_t alignment, size_t size)
{
	if (!is_power_of_two(alignment)) {
		warning_of_no_memory(ALIGNMENT);
		errno = EINVAL;
		return NULL;
	}
	return or_enomem(alloc_aligned(alignment, size), ALIGNED);
}

EXPORT void *API(memalign)(size_t alignment, size_t size)
{
	return API(aligned_alloc)(alignment, size);
}

EXPORT void *API(valloc)(size_t size)
{
	/* As a first call of the process: the page is known from boot on. */
	if (!boot_ensure())
		return no_memory(ALIGNED);
	return API(aligned_alloc)(os_page, size);
}

EXPORT void *API(pvalloc)(size_t size)
{
	if (!boot_ensure() || size > SIZE_MAX_CLASS)
		return no_memory(ALIGNED);
	return API(aligned_alloc)(os_page, align_up(size != 0 ? size : 1, os_page));
}

EXPORT size_t API(malloc_usable_size)(void *p)
{
	return alloc_usable(p);
}
