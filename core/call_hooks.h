/* call_hooks.h - functions of the program that see its calls of malloc, free and so on
 * (experimental.hooks.install).
 *
 * While there are any, all threads are sent round the fast paths (thread_watch_all()), and the
 * exported functions report here what they did. Without, they look at one word, on slow paths
 * alone.
 *
 * Functions run without any lock and may allocate; what they call themselves is not reported. Two
 * threads may be in the same one at a time. One that was removed may still be running on another
 * thread.
 */
#ifndef CALL_HOOKS_H
#define CALL_HOOKS_H

#include "build.h"

#define CALL_HOOKS_MAX 4

/* The numbers are those that the program's functions are given. */
enum call_allocating {
	CALL_MALLOC,
	CALL_POSIX_MEMALIGN,
	CALL_ALIGNED_ALLOC,
	CALL_CALLOC,
	CALL_MEMALIGN,
	CALL_VALLOC,
	CALL_MALLOCX,
	CALL_REALLOC,
	CALL_RALLOCX
};
enum call_freeing { CALL_FREE, CALL_DALLOCX, CALL_SDALLOCX, CALL_FREE_REALLOC, CALL_FREE_RALLOCX };
enum call_resizing { CALL_RESIZE_REALLOC, CALL_RESIZE_RALLOCX, CALL_RESIZE_XALLOCX };

/* The layout is that of mallctl(). Any function may be NULL; arguments are those of the call. */
struct call_hooks {
	void (*allocated)(void *extra, int type, void *result, uintptr_t returned,
			  uintptr_t arguments[3]);
	void (*freeing)(void *extra, int type, void *object, uintptr_t arguments[3]);
	void (*resized)(void *extra, int type, void *object, size_t old_usable, size_t new_usable,
			uintptr_t returned, uintptr_t arguments[4]);
	void *extra;
};

INTERNAL extern uint32_t call_hooks_count; /* how many there are; relaxed */

ALWAYS_INLINE bool call_hooks_are_on(void)
{
	return unlikely(shared_load(call_hooks_count) != 0);
}

/* The caller holds ctl_lock. 0; EAGAIN: there are CALL_HOOKS_MAX. */
INTERNAL int call_hooks_install(const struct call_hooks *hooks, uintptr_t *handle);
/* 0; EINVAL: not (any more) the handle of any. */
INTERNAL int call_hooks_remove(uintptr_t handle);

/* A call that resizes, while it is made. */
struct call_resize {
	enum call_allocating allocating;
	enum call_freeing freeing;
	uintptr_t arguments[4];
};

/* An object was allocated, or (result NULL) could not be. */
INTERNAL COLD void call_hooks_allocated(enum call_allocating type, void *result, uintptr_t returned,
					uintptr_t a, uintptr_t b, uintptr_t c);
/* An object is about to be freed. */
INTERNAL COLD void call_hooks_freeing(enum call_freeing type, void *object, uintptr_t b,
				      uintptr_t c);
/* An object was resized, if only to the size that it had. */
INTERNAL COLD void call_hooks_resized(enum call_resizing type, void *object, size_t old_usable,
				      size_t new_usable, uintptr_t returned,
				      const uintptr_t arguments[4]);
/* An object has got a new place and is about to move there. */
INTERNAL COLD void call_hooks_moving(const struct call_resize *call, void *from, void *to);

#endif
