/* jemalloc.h - the name under which programs written for jemalloc 5.3 include Moonheap: the same
 * functions, flags, types and macros. Everything is declared in moonheap/moonheap.h and
 * moonheap/hooks.h; here are only the version that programs compare with and the spellings that
 * nobody needs who writes for Moonheap.
 */
#ifndef JEMALLOC_H_
#define JEMALLOC_H_

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <strings.h>

#include "../moonheap/hooks.h"
#include "../moonheap/moonheap.h"

/* The version whose interface this is, which mallctl("version") reports too. There is no commit of
 * jemalloc behind it, hence the zeros. */
#define JEMALLOC_VERSION           "5.3.0-0-g0000000000000000000000000000000000000000"
#define JEMALLOC_VERSION_MAJOR     5
#define JEMALLOC_VERSION_MINOR     3
#define JEMALLOC_VERSION_BUGFIX    0
#define JEMALLOC_VERSION_NREV      0
#define JEMALLOC_VERSION_GID       "0000000000000000000000000000000000000000"
#define JEMALLOC_VERSION_GID_IDENT 0000000000000000000000000000000000000000

/* Attributes, for programs that borrow them. */
#define JEMALLOC_ATTR(s)             __attribute__((s))
#define JEMALLOC_ALIGNED(s)          JEMALLOC_ATTR(aligned(s))
#define JEMALLOC_ALLOC_SIZE(s)       JEMALLOC_ATTR(alloc_size(s))
#define JEMALLOC_ALLOC_SIZE2(s1, s2) JEMALLOC_ATTR(alloc_size(s1, s2))
#define JEMALLOC_EXPORT              MOONHEAP_EXPORT
#define JEMALLOC_FORMAT_PRINTF(s, i) JEMALLOC_ATTR(format(printf, s, i))
#define JEMALLOC_NOINLINE            JEMALLOC_ATTR(noinline)
#define JEMALLOC_NOTHROW             JEMALLOC_ATTR(nothrow)
#define JEMALLOC_SECTION(s)          JEMALLOC_ATTR(section(s))
#define JEMALLOC_COLD                JEMALLOC_ATTR(cold)
#define JEMALLOC_RESTRICT_RETURN
#define JEMALLOC_ALLOCATOR
#define JEMALLOC_USABLE_SIZE_CONST
#define JEMALLOC_FALLTHROUGH JEMALLOC_ATTR(fallthrough)
#define JEMALLOC_SYS_NOTHROW JEMALLOC_NOTHROW
#define JEMALLOC_USE_CXX_THROW
#ifdef __cplusplus
#define JEMALLOC_CXX_THROW MOONHEAP_NOTHROW
#else
#define JEMALLOC_CXX_THROW
#endif

/* Spellings with je_. JEMALLOC_NO_DEMANGLE keeps je_malloc and the others as names of malloc and
 * the others; JEMALLOC_MANGLE makes the plain names macros of the je_ ones on top. Without either
 * there are none; JEMALLOC_NO_RENAME leaves the je_ names to the program. */
#if defined(JEMALLOC_MANGLE) && !defined(JEMALLOC_NO_DEMANGLE)
#define JEMALLOC_NO_DEMANGLE
#endif

#if defined(JEMALLOC_NO_DEMANGLE) && !defined(JEMALLOC_NO_RENAME)
#define je_aligned_alloc      aligned_alloc
#define je_calloc             calloc
#define je_dallocx            dallocx
#define je_free               free
#define je_free_aligned_sized free_aligned_sized
#define je_free_sized         free_sized
#define je_mallctl            mallctl
#define je_mallctlbymib       mallctlbymib
#define je_mallctlnametomib   mallctlnametomib
#define je_malloc             malloc
#define je_malloc_conf        malloc_conf
#define je_malloc_message     malloc_message
#define je_malloc_stats_print malloc_stats_print
#define je_malloc_usable_size malloc_usable_size
#define je_mallocx            mallocx
#define je_memalign           memalign
#define je_nallocx            nallocx
#define je_posix_memalign     posix_memalign
#define je_pvalloc            pvalloc
#define je_rallocx            rallocx
#define je_realloc            realloc
#define je_reallocarray       reallocarray
#define je_sallocx            sallocx
#define je_sdallocx           sdallocx
#define je_valloc             valloc
#define je_xallocx            xallocx
#endif

#ifdef JEMALLOC_MANGLE
#define aligned_alloc      je_aligned_alloc
#define calloc             je_calloc
#define dallocx            je_dallocx
#define free               je_free
#define free_aligned_sized je_free_aligned_sized
#define free_sized         je_free_sized
#define mallctl            je_mallctl
#define mallctlbymib       je_mallctlbymib
#define mallctlnametomib   je_mallctlnametomib
#define malloc             je_malloc
#define malloc_conf        je_malloc_conf
#define malloc_message     je_malloc_message
#define malloc_stats_print je_malloc_stats_print
#define malloc_usable_size je_malloc_usable_size
#define mallocx            je_mallocx
#define memalign           je_memalign
#define nallocx            je_nallocx
#define posix_memalign     je_posix_memalign
#define pvalloc            je_pvalloc
#define rallocx            je_rallocx
#define realloc            je_realloc
#define reallocarray       je_reallocarray
#define sallocx            je_sallocx
#define sdallocx           je_sdallocx
#define valloc             je_valloc
#define xallocx            je_xallocx
#endif

#endif
