/* The exported functions at their edges: how much of a pointer is usable, what errno says. */
#include "probe.h"
#include "probe_cases.h"
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Through volatile, so that no compiler knows better than to call. */
static volatile size_t zero = 0, one = 1, huge = SIZE_MAX, half = PTRDIFF_MAX,
		       most = 0x7000000000000000, above = 0x7000000000000001,
		       bits_47 = (size_t)1 << 47, bits_33 = (size_t)1 << 33,
		       bits_62 = (size_t)1 << 62, bits_63 = (size_t)1 << 63, three = 3;

static void say_pointer(void *ptr)
{
	int error = errno;

	if (ptr == NULL) {
		probe_say("NULL errno %s", probe_code(error));
		return;
	}
	memset(ptr, 1, malloc_usable_size(ptr));
	probe_say("%zu usable errno %s", malloc_usable_size(ptr), probe_code(error));
}

#define POINTER(call)                                                                              \
	do {                                                                                       \
		if (probe_begin("api", "%s", #call)) {                                             \
			errno = 0;                                                                 \
			say_pointer(call);                                                         \
			probe_end();                                                               \
		}                                                                                  \
	} while (0)

#define NUMBER(call)                                                                               \
	do {                                                                                       \
		if (probe_begin("api", "%s", #call)) {                                             \
			errno = 0;                                                                 \
			size_t number_ = (size_t)(call);                                           \
			probe_say("%zu errno %s", number_, probe_code(errno));                     \
			probe_end();                                                               \
		}                                                                                  \
	} while (0)

static void probe_standard(void)
{
	POINTER(malloc(zero));
	POINTER(malloc(one));
	POINTER(malloc(16));
	POINTER(malloc(14337));
	POINTER(malloc(100000));
	POINTER(malloc(huge));
	POINTER(malloc(half));
	POINTER(malloc(most));
	POINTER(malloc(above));
	POINTER(malloc(bits_47));
	POINTER(calloc(zero, 5));
	POINTER(calloc(5, zero));
	POINTER(calloc(huge, 2));
	POINTER(calloc(huge, 1));
	POINTER(calloc(bits_33, bits_33));
	POINTER(realloc(NULL, zero));
	POINTER(realloc(NULL, 100));
	POINTER(realloc(malloc(100), zero));
	POINTER(realloc(malloc(100), 20000));
	POINTER(realloc(malloc(100), huge));
	POINTER(realloc(malloc(100), above));
	POINTER(aligned_alloc(three, 8));
	POINTER(aligned_alloc(zero, 8));
	POINTER(aligned_alloc(1, 8));
	POINTER(aligned_alloc(2, 8));
	POINTER(aligned_alloc(16, zero));
	POINTER(aligned_alloc(4096, zero));
	POINTER(aligned_alloc(64, 100));
	POINTER(aligned_alloc(4096, 1));
	POINTER(aligned_alloc(8192, 1));
	POINTER(aligned_alloc(bits_62, 8));
	POINTER(aligned_alloc(bits_63, 8));
	POINTER(aligned_alloc(4096, huge));
	POINTER(aligned_alloc(64, above));
	POINTER(memalign(zero, 8));
	POINTER(memalign(three, 8));
	POINTER(memalign(2, 8));
	POINTER(memalign(16, zero));
	POINTER(memalign(4096, 100));
	POINTER(memalign(4096, huge));
	POINTER(valloc(zero));
	POINTER(valloc(1));
	POINTER(valloc(5000));
	POINTER(valloc(huge));
	NUMBER(malloc_usable_size(NULL));
}

static void probe_memalign(size_t alignment, size_t size)
{
	if (probe_begin("api", "posix_memalign(%zu, %zu)", alignment, size)) {
		void *ptr = &ptr;
		int code;

		errno = 0;
		code = posix_memalign(&ptr, alignment, size);
		probe_say("%s ", probe_code(code));
		if (code != 0)
			probe_say("%s", ptr == &ptr ? "untouched" : "changed");
		else
			probe_say("%zu usable", malloc_usable_size(ptr));
		probe_end();
	}
}

static void probe_extended(void)
{
	POINTER(mallocx(one, 0));
	POINTER(mallocx(huge, 0));
	POINTER(mallocx(above, 0));
	POINTER(mallocx(8, MALLOCX_ALIGN(64)));
	POINTER(mallocx(8, MALLOCX_LG_ALIGN(13)));
	POINTER(mallocx(8, MALLOCX_LG_ALIGN(62)));
	POINTER(mallocx(8, MALLOCX_LG_ALIGN(63)));
	POINTER(mallocx(100, MALLOCX_ARENA(3)));
	POINTER(mallocx(100, MALLOCX_ARENA(100)));
	POINTER(mallocx(100, MALLOCX_ARENA(4094)));
	POINTER(mallocx(100, MALLOCX_TCACHE(100)));
	POINTER(mallocx(100, MALLOCX_TCACHE_NONE | MALLOCX_ZERO));
	POINTER(rallocx(mallocx(100, 0), huge, 0));
	POINTER(rallocx(mallocx(100, 0), 100000, MALLOCX_ZERO));
	POINTER(rallocx(mallocx(100, 0), 100, MALLOCX_ALIGN(8192)));
	NUMBER(nallocx(zero, 0));
	NUMBER(nallocx(one, 0));
	NUMBER(nallocx(14337, 0));
	NUMBER(nallocx(16385, 0));
	NUMBER(nallocx(most, 0));
	NUMBER(nallocx(above, 0));
	NUMBER(nallocx(huge, 0));
	NUMBER(nallocx(100, MALLOCX_ALIGN(64)));
	NUMBER(nallocx(8193, MALLOCX_ALIGN(4096)));
	NUMBER(nallocx(14336, MALLOCX_ALIGN(8192)));
	NUMBER(nallocx(8, MALLOCX_LG_ALIGN(62)));
	NUMBER(nallocx(8, MALLOCX_LG_ALIGN(63)));
	NUMBER(xallocx(malloc(100), 100, 0, 0));
	NUMBER(xallocx(malloc(100), 113, 0, 0));
	NUMBER(xallocx(malloc(100), 50, 100, 0));
	NUMBER(xallocx(malloc(100), above, 0, 0));
	NUMBER(xallocx(malloc(100), 100, huge - 100, 0));
	NUMBER(xallocx(malloc(1 << 20), 100, 0, 0));
	NUMBER(xallocx(malloc(1 << 20), 16384, 0, 0));
	NUMBER(xallocx(malloc(1 << 20), 600000, 0, 0));
	NUMBER(xallocx(malloc(1 << 20), huge, 0, 0));
	NUMBER(sallocx(malloc(100), 0));
	NUMBER(sallocx(malloc(100000), 0));
}

void probe_api(void)
{
	static const size_t pairs[][2] = {{4, 8},         {24, 8},        {0, 8},
					  {16, SIZE_MAX}, {64, 0},        {8, 8},
					  {4096, 100},    {1 << 20, 100}, {8, (size_t)1 << 47}};
	size_t i, size;

	probe_standard();
	for (i = 0; i < sizeof pairs / sizeof *pairs; i++)
		probe_memalign(pairs[i][0], pairs[i][1]);
	probe_extended();
	for (size = 1; size < 200000; size += size / 3 + 1)
		for (i = 0; i < 20; i += 3)
			if (probe_begin("api", "nallocx(%zu, lg_align %zu)", size, i)) {
				probe_say("%zu", nallocx(size, (int)i));
				probe_end();
			}
}
