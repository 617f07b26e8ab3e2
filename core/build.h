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
/* Run by every process, in a module that otherwise is not: see layout.ld.in. */
#define ALWAYS_RUN __attribute__((section(".text.always_run")))
/* A function that programs call most: begins a cache line, whatever changes before it. With
 * malloc() 16 bytes behind the start of one, malloc() and free() of 64 bytes took 1.58 times as
 * long. */
#define FAST_PATH __attribute__((aligned(CACHE_LINE)))
/* Zero at start, large, and mostly not touched: stands behind all data that is. */
#define APART __attribute__((section(".bss.apart")))

#define CACHE_LINE  64
#define LG_QUANTUM  4
#define QUANTUM     ((size_t)1 << LG_QUANTUM) /* alignment of every region of 16 bytes or more */
#define LG_VADDR    48                        /* bits of a user address */
#define PAGE_LG_MIN 12                        /* smallest page of a kernel that we run on: 4 KiB */
#define PAGE_LG_MAX 16                        /* largest: 64 KiB */

/* A word that one thread writes and others may read at any time, without any order that matters: an
 * ordinary access, because the machine's words do not tear; written as an atomic one where the
 * sanitizer would otherwise call it a race. (A relaxed atomic increment would not compile to one
 * instruction.) */
#if defined(__SANITIZE_THREAD__)
#define SHARED_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SHARED_TSAN 1
#endif
#endif
#ifdef SHARED_TSAN
#define shared_store(lvalue, value) __atomic_store_n(&(lvalue), (value), __ATOMIC_RELAXED)
#define shared_read(lvalue)         __atomic_load_n(&(lvalue), __ATOMIC_RELAXED)
#define shared_add(lvalue, n)       shared_store(lvalue, shared_read(lvalue) + (n))
#define shared_sub(lvalue, n)       shared_store(lvalue, shared_read(lvalue) - (n))
#else
#define shared_store(lvalue, value) ((lvalue) = (value))
#define shared_read(lvalue)         (lvalue)
#define shared_add(lvalue, n)       ((lvalue) += (n))
#define shared_sub(lvalue, n)       ((lvalue) -= (n))
#endif
#define shared_load(lvalue) __atomic_load_n(&(lvalue), __ATOMIC_RELAXED)
/* The same where the order does matter: who reads the new number sees what was written before it.
 * On x86 that is so of any store. */
#if defined(__x86_64__) && !defined(SHARED_TSAN)
#define shared_add_after(lvalue, n) shared_add(lvalue, n)
#else
#define shared_add_after(lvalue, n) __atomic_store_n(&(lvalue), (lvalue) + (n), __ATOMIC_RELEASE)
#endif

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
