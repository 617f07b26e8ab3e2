/* build.h - compile-time facts and the marks that the rest of core uses. Includes nothing of ours.
 *
 * What the running kernel decides (the page size above all) is not here: see os.h.
 */
#ifndef BUILD_H
#define BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Visible to other files of core, to nobody else. all.c builds core as one object and makes it
 * static there. */
#ifndef INTERNAL
#define INTERNAL __attribute__((visibility("hidden")))
#endif

/* An exported symbol. Test builds give every exported name a prefix, so that core can stand beside
 * the malloc that the test framework uses. */
#define EXPORT __attribute__((visibility("default")))
#ifdef MOONHEAP_PREFIX
#define API_PASTE(prefix, name)  prefix##name
#define API_EXPAND(prefix, name) API_PASTE(prefix, name)
#define API(name)                API_EXPAND(MOONHEAP_PREFIX, name)
#else
#define API(name) name
#endif

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define ALWAYS_INLINE static inline __attribute__((always_inline))
/* A slow path: out of line, so that the fast path that calls it keeps its registers. */
#define COLD   __attribute__((noinline, cold))
#define UNUSED __attribute__((unused))

#define CACHE_LINE  64
#define LG_QUANTUM  4
#define QUANTUM     ((size_t)1 << LG_QUANTUM) /* alignment of every region of 16 bytes or more */
#define LG_VADDR    48                        /* bits of a user address */
#define PAGE_LG_MIN 12                        /* smallest page of a kernel that we run on: 4 KiB */
#define PAGE_LG_MAX 16                        /* largest: 64 KiB */

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
