/* moonheap.h - what the library exports: the standard allocation functions, the extended *allocx()
 * functions with flags, and mallctl(), the door to the control tree.
 *
 * Names, flags and results are those of jemalloc 5.3; a program written for <jemalloc/jemalloc.h>
 * includes that name and finds this. Any function may be called from any thread, at any time after
 * the dynamic linker has mapped the library, also before constructors ran.
 *
 * The header stands beside <stdlib.h> and <malloc.h>, in C11 and in C++. A build with
 * MOONHEAP_PREFIX defined (-DMOONHEAP_PREFIX=mh_) declares, and the library then defines, each name
 * with that prefix, so that it can live beside another malloc: mh_malloc(), mh_mallctl().
 */
#ifndef MOONHEAP_MOONHEAP_H
#define MOONHEAP_MOONHEAP_H

#include <stddef.h>
#include <stdlib.h> /* the C library's own declarations of malloc() and its family, and __THROW */

/* Of this header. A process tells the library's as "moonheap.version" in the control tree;
 * "version" is that of jemalloc whose interface it has. */
#define MOONHEAP_VERSION_MAJOR 0
#define MOONHEAP_VERSION_MINOR 1
#define MOONHEAP_VERSION_PATCH 0
#define MOONHEAP_VERSION       "0.1.0"

/* MOONHEAP_NAME(malloc) is the name under which malloc() is declared and exported. */
#ifdef MOONHEAP_PREFIX
#define MOONHEAP_JOIN_(prefix, name) prefix##name
#define MOONHEAP_JOIN(prefix, name)  MOONHEAP_JOIN_(prefix, name)
#define MOONHEAP_NAME(name)          MOONHEAP_JOIN(MOONHEAP_PREFIX, name)
#else
#define MOONHEAP_NAME(name) name
#endif

#define MOONHEAP_EXPORT __attribute__((visibility("default")))

/* Our own functions never throw. The C library's declarations decide it for theirs: C++ demands
 * that two declarations of malloc() agree. */
#if !defined(__cplusplus)
#define MOONHEAP_NOTHROW __attribute__((nothrow))
#elif __cplusplus >= 201103L
#define MOONHEAP_NOTHROW noexcept(true)
#else
#define MOONHEAP_NOTHROW throw()
#endif
#if defined(MOONHEAP_PREFIX)
#define MOONHEAP_LIBC_NOTHROW MOONHEAP_NOTHROW
#elif defined(__THROW)
#define MOONHEAP_LIBC_NOTHROW __THROW
#else
#define MOONHEAP_LIBC_NOTHROW
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* -- flags of the *allocx() functions: the bitwise or of any of these -------------------------- */

/* Alignment, as its binary logarithm or as a power of two. */
#define MALLOCX_LG_ALIGN(la) ((int)(la))
#define MALLOCX_ALIGN(a)     ((int)(__builtin_ffsll((long long)(a)) - 1))
/* The memory is zeroed; rallocx() and xallocx(): the bytes beyond the usable size before. */
#define MALLOCX_ZERO ((int)0x40)
/* Through the explicit thread cache tc (mallctl "tcache.create"); or through none. */
#define MALLOCX_TCACHE(tc)  ((int)(((unsigned)(tc) + 2u) << 8))
#define MALLOCX_TCACHE_NONE MALLOCX_TCACHE(-1)
/* From arena a (mallctl "arenas.create"). Cached memory of another arena may serve such a call too:
 * add MALLOCX_TCACHE_NONE where the arena must be exactly that. */
#define MALLOCX_ARENA(a) ((int)(((unsigned)(a) + 1u) << 20))

/* -- indices that mallctl() takes in place of an arena's: literals, so that they can be
 * stringised -------------------------------------------------------------------------- */

#define MALLCTL_ARENAS_ALL       4096 /* all arenas together */
#define MALLCTL_ARENAS_DESTROYED 4097 /* all arenas destroyed so far, together */

/* -- the standard functions -------------------------------------------------------------------- */

/* At least size bytes, aligned for any object; zeroed where count objects are asked for. NULL and
 * ENOMEM when there is no memory. A size of 0 gives an object as well, which can be freed. */
MOONHEAP_EXPORT void *MOONHEAP_NAME(malloc)(size_t size) MOONHEAP_LIBC_NOTHROW
	__attribute__((malloc, alloc_size(1)));
MOONHEAP_EXPORT void *MOONHEAP_NAME(calloc)(size_t count, size_t size) MOONHEAP_LIBC_NOTHROW
	__attribute__((malloc, alloc_size(1, 2)));
/* The object with another size, perhaps elsewhere; on failure NULL, and it stays as it is.
 * realloc(p, 0) frees p and returns NULL, unless the option zero_realloc says otherwise. */
MOONHEAP_EXPORT void *MOONHEAP_NAME(realloc)(void *ptr, size_t size) MOONHEAP_LIBC_NOTHROW
	__attribute__((alloc_size(2)));
MOONHEAP_EXPORT void *MOONHEAP_NAME(reallocarray)(void *ptr, size_t count,
						  size_t size) MOONHEAP_LIBC_NOTHROW
	__attribute__((alloc_size(2, 3)));
/* Takes an object back; NULL is none. free() keeps errno. The sized forms must be told the size
 * that was asked for. */
MOONHEAP_EXPORT void MOONHEAP_NAME(free)(void *ptr) MOONHEAP_LIBC_NOTHROW;
MOONHEAP_EXPORT void MOONHEAP_NAME(free_sized)(void *ptr, size_t size) MOONHEAP_LIBC_NOTHROW;
MOONHEAP_EXPORT void MOONHEAP_NAME(free_aligned_sized)(void *ptr, size_t alignment,
						       size_t size) MOONHEAP_LIBC_NOTHROW;
/* At a multiple of alignment, a power of two; of the page with valloc() and pvalloc(), which rounds
 * size up to pages. posix_memalign() returns its error and leaves errno alone. */
MOONHEAP_EXPORT int MOONHEAP_NAME(posix_memalign)(void **memptr, size_t alignment,
						  size_t size) MOONHEAP_LIBC_NOTHROW;
MOONHEAP_EXPORT void *MOONHEAP_NAME(aligned_alloc)(size_t alignment,
						   size_t size) MOONHEAP_LIBC_NOTHROW
	__attribute__((malloc, alloc_size(2)));
MOONHEAP_EXPORT void *MOONHEAP_NAME(memalign)(size_t alignment, size_t size) MOONHEAP_LIBC_NOTHROW
	__attribute__((malloc, alloc_size(2)));
MOONHEAP_EXPORT void *MOONHEAP_NAME(valloc)(size_t size) MOONHEAP_LIBC_NOTHROW
	__attribute__((malloc, alloc_size(1)));
MOONHEAP_EXPORT void *MOONHEAP_NAME(pvalloc)(size_t size) MOONHEAP_LIBC_NOTHROW
	__attribute__((malloc));
/* Bytes that the program may use at ptr, at least what it asked for; 0 for NULL. */
MOONHEAP_EXPORT size_t MOONHEAP_NAME(malloc_usable_size)(void *ptr) MOONHEAP_LIBC_NOTHROW;

/* -- the extended functions. None of them sets errno, a size of 0 is not allowed ----------------
 */

/* Like malloc(), as the flags say. */
MOONHEAP_EXPORT void *MOONHEAP_NAME(mallocx)(size_t size, int flags) MOONHEAP_NOTHROW
	__attribute__((malloc, alloc_size(1)));
/* Like realloc(): NULL on failure, ptr then untouched. */
MOONHEAP_EXPORT void *MOONHEAP_NAME(rallocx)(void *ptr, size_t size, int flags) MOONHEAP_NOTHROW
	__attribute__((alloc_size(2)));
/* Resizes in place, to at least size and if possible size + extra bytes; returns the usable size
 * that results, which is the old one where that is impossible. */
MOONHEAP_EXPORT size_t MOONHEAP_NAME(xallocx)(void *ptr, size_t size, size_t extra,
					      int flags) MOONHEAP_NOTHROW;
/* The usable size of ptr. */
MOONHEAP_EXPORT size_t MOONHEAP_NAME(sallocx)(const void *ptr, int flags) MOONHEAP_NOTHROW
	__attribute__((pure));
/* Like free(): into the cache that the flags name, or past all of them. */
MOONHEAP_EXPORT void MOONHEAP_NAME(dallocx)(void *ptr, int flags) MOONHEAP_NOTHROW;
/* size: as asked for at the allocation, or up to the usable size; alignment flags as then. */
MOONHEAP_EXPORT void MOONHEAP_NAME(sdallocx)(void *ptr, size_t size, int flags) MOONHEAP_NOTHROW;
/* The usable size that mallocx(size, flags) would give; 0 when there is no such size. */
MOONHEAP_EXPORT size_t MOONHEAP_NAME(nallocx)(size_t size, int flags) MOONHEAP_NOTHROW
	__attribute__((pure));

/* -- control ----------------------------------------------------------------------------------- */

/* Reads the value of a name to oldp and then writes newp to it; either may be NULL. Returns 0 or an
 * error number: ENOENT no such name, EINVAL wrong length, EPERM not readable or not writable,
 * EAGAIN out of memory, EFAULT a value that is refused. errno is not used. */
MOONHEAP_EXPORT int MOONHEAP_NAME(mallctl)(const char *name, void *oldp, size_t *oldlenp,
					   void *newp, size_t newlen) MOONHEAP_NOTHROW;
/* Translates a name, or the beginning of one, into numbers that mallctlbymib() takes. Numbers that
 * stand for an index may be replaced by another index. */
MOONHEAP_EXPORT int MOONHEAP_NAME(mallctlnametomib)(const char *name, size_t *mibp,
						    size_t *miblenp) MOONHEAP_NOTHROW;
/* mallctl() by these numbers. */
MOONHEAP_EXPORT int MOONHEAP_NAME(mallctlbymib)(const size_t *mib, size_t miblen, void *oldp,
						size_t *oldlenp, void *newp,
						size_t newlen) MOONHEAP_NOTHROW;

/* Writes statistics through write_cb, or as malloc_message does where that is NULL. opts: letters
 * that leave parts out (g m d a b l x e h) or choose the form (J: JSON). */
MOONHEAP_EXPORT void MOONHEAP_NAME(malloc_stats_print)(void (*write_cb)(void *cbopaque,
									const char *text),
						       void *cbopaque,
						       const char *opts) MOONHEAP_NOTHROW;

/* Options, as in the environment variable MALLOC_CONF: a program defines the variable itself, with
 * an initial value. */
extern MOONHEAP_EXPORT const char *MOONHEAP_NAME(malloc_conf);
/* The same, but stronger than the environment. */
extern MOONHEAP_EXPORT const char *MOONHEAP_NAME(malloc_conf_2_conf_harder);
/* Where messages go: NULL is file descriptor 2. It must not allocate. */
extern MOONHEAP_EXPORT void (*MOONHEAP_NAME(malloc_message))(void *cbopaque, const char *text);

#ifdef __cplusplus
}
#endif

#endif
