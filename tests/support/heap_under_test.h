/* heap_under_test.h - the allocator under test, whichever way it got into the process.
 *
 * A test program exists in two forms. Linked to moonheap_test_core it calls mh_malloc() and runs
 * under sanitizers, which keep malloc() for themselves. Plain, it calls malloc() and gets the
 * library by LD_PRELOAD: ours, or the one that ours is compared with. H(malloc)(size) is right in
 * both.
 */
#ifndef TESTS_SUPPORT_HEAP_UNDER_TEST_H
#define TESTS_SUPPORT_HEAP_UNDER_TEST_H

#include <moonheap/moonheap.h>
#include <moonheap/hooks.h>
#include <stdbool.h>
#include <sys/types.h>

#define H(name) MOONHEAP_NAME(name)

#ifndef MOONHEAP_PREFIX
/* What the C library lacks is found at run time or is NULL. */
#pragma weak mallocx
#pragma weak rallocx
#pragma weak xallocx
#pragma weak sallocx
#pragma weak dallocx
#pragma weak sdallocx
#pragma weak nallocx
#pragma weak mallctl
#pragma weak mallctlnametomib
#pragma weak mallctlbymib
#pragma weak malloc_stats_print
#pragma weak malloc_message
#pragma weak free_sized
#pragma weak free_aligned_sized
#endif

/* Ends a plain program that runs without a library preloaded, and says so. Call it first. */
void heap_require(void);

/* True when the allocator under test defines the function; the C library's namesake, which would
 * hand out memory of another heap, does not count. */
bool heap_defines(const char *name);

/* False on a library that ours is compared with. */
bool heap_is_moonheap(void);

/* mallctl() with a value of one type. The name must exist and the call succeed: anything else ends
 * the test with the name and the error. */
bool heap_get_bool(const char *name);
unsigned heap_get_unsigned(const char *name);
size_t heap_get_size(const char *name);
ssize_t heap_get_ssize(const char *name);
void heap_set_bool(const char *name, bool value);
void heap_set_unsigned(const char *name, unsigned value);
void heap_set_ssize(const char *name, ssize_t value);
void heap_call(const char *name);
void heap_refresh(void);            /* statistics of this moment: writes "epoch" */
size_t heap_stat(const char *name); /* one of them */

/* Hides from the compiler what it would rightly complain about. */
void *heap_opaque(void *ptr);

/* The same on arena.<arena>.<leaf>. */
void heap_arena_call(unsigned arena, const char *leaf);
void heap_arena_set_ssize(unsigned arena, const char *leaf, ssize_t value);

/* An arena with hooks of its own, or the default ones for NULL. */
unsigned heap_arena_create(extent_hooks_t *hooks);
/* An object out of this arena, past all caches. */
void *heap_arena_alloc(unsigned arena, size_t size);
/* The arena that owns an address. */
unsigned heap_arena_of(void *ptr);
unsigned heap_tcache_create(void);
void heap_tcache_call(const char *action, unsigned tcache); /* "flush" or "destroy" */

#endif
