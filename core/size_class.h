/* size_class.h - request size <-> size class.
 *
 * Class sizes come in groups of four: 2^lg_base + ndelta * 2^lg_delta, ndelta 1..4, so that
 * internal waste stays under a fifth. Class 0 is 8 bytes, classes 1..4 are 16..64 in steps of 16,
 * from then on the spacing is a quarter of the group's base. Numbering and sizes do not depend on
 * the page size.
 *
 * What the page size decides is how a class is served: classes below four pages are *small* and
 * live in slabs (their bin number is their class number), all others are *large*, extents of their
 * own. Classes that are multiples of the page are *page classes*; unused extents are kept by them.
 *
 * With disable_large_size_classes the large classes that are further apart than a page, those above
 * eight pages, only contain: an object is *exact*, of as many pages as its request needs, and its
 * class is the one that it would have had. It counts there, and thread caches do not keep it.
 *
 * What depends on the page is filled once by size_class_boot() and constant from then on.
 */
#ifndef SIZE_CLASS_H
#define SIZE_CLASS_H

#include "bits.h"
#include "build.h"

#define SIZE_CLASSES     232 /* 8 bytes .. 0x7000000000000000 */
#define SIZE_CLASS_NONE  SIZE_CLASSES
#define SIZE_MAX_CLASS   ((size_t)0x7000000000000000)
#define BINS_MAX         52  /* small classes at the largest page, 64 KiB; 36 at 4 KiB */
#define PAGE_CLASSES_MAX 199 /* at 4 KiB pages; fewer at larger ones */

#define SLAB_REGIONS_MAX 512 /* bits of an extent's region bitmap */

/* How regions of one bin are laid out in a slab. */
struct bin_info {
	size_t size;      /* of a region */
	size_t slab_size; /* bytes, a multiple of the page */
	uint32_t nregs;   /* slab_size / size */
	uint32_t magic;   /* offset / size == offset * magic >> 32 for offsets in a slab */
};

INTERNAL extern size_t size_class_sizes[SIZE_CLASSES + 1]; /* [SIZE_CLASS_NONE] is 0 */
INTERNAL extern struct bin_info bin_infos[BINS_MAX];
INTERNAL extern unsigned size_class_nbins;   /* number of small classes */
INTERNAL extern unsigned size_class_npages;  /* number of page classes */
INTERNAL extern unsigned size_class_ncached; /* classes that thread caches keep; set by boot */
INTERNAL extern size_t size_class_large_min; /* smallest large class, four pages */
INTERNAL extern size_t size_class_large_pad; /* room of a large object beside that; by large_boot */
/* The first class whose objects are exact; SIZE_CLASS_NONE: there are none. By large_boot, too. */
INTERNAL extern unsigned size_class_exact_from;

/* Sizes up to this are looked up, in a table that is constant from link time; larger ones computed.
 * The table holds the class times SIZE_LOOKUP_SCALE: the distance of the class's entry in an array
 * of entries of that size, so that whoever wants the entry need not multiply. */
#define SIZE_LOOKUP_MAX   ((size_t)4096)
#define SIZE_LOOKUP_SCALE 32u
INTERNAL extern const uint16_t size_class_lookup[SIZE_LOOKUP_MAX / 8 + 1];

/* Fills the tables for a page of this many bytes. slab_sizes has the syntax of the option of that
 * name ("lo-hi:pages|…", already validated) or is NULL. */
INTERNAL void size_class_boot(size_t page, const char *slab_sizes);

/* The class that serves a request; SIZE_CLASS_NONE when it is above SIZE_MAX_CLASS. Size 0 is
 * served as 1. */
ALWAYS_INLINE unsigned size_class_compute(size_t size)
{
	if (unlikely(size > SIZE_MAX_CLASS))
		return SIZE_CLASS_NONE;
	if (size <= 8)
		return 0;
	unsigned x = bits_lg_ceil(size); /* 2^(x-1) < size <= 2^x */
	unsigned group = x < 6 ? 0 : x - 6;
	unsigned lg_delta = x < 7 ? LG_QUANTUM : x - 3;
	return 1 + 4 * group + (unsigned)(((size - 1) >> lg_delta) & 3);
}

/* Class times SIZE_LOOKUP_SCALE, of a size up to SIZE_LOOKUP_MAX. */
ALWAYS_INLINE size_t size_class_distance(size_t size)
{
	return size_class_lookup[(size + 7) >> 3];
}

ALWAYS_INLINE unsigned size_class_of(size_t size)
{
	if (likely(size <= SIZE_LOOKUP_MAX))
		return (unsigned)size_class_distance(size) / SIZE_LOOKUP_SCALE;
	return size_class_compute(size);
}

/* Bytes of an exact object: the request in whole pages; 0 for SIZE_CLASS_NONE. */
INTERNAL COLD size_t size_class_exact(unsigned class, size_t size);
/* The class at which exact objects would begin: the first above eight pages. */
INTERNAL unsigned size_class_first_sparse(void);

/* Usable size of a request, 0 when it cannot be served. */
ALWAYS_INLINE size_t size_class_usable(size_t size)
{
	unsigned class = size_class_of(size);
	return likely(class < size_class_exact_from) ? size_class_sizes[class]
						     : size_class_exact(class, size);
}

/* Usable size of an aligned request (alignment a power of two), 0 when it cannot be served. */
INTERNAL size_t size_class_usable_aligned(size_t size, size_t alignment);

/* Page classes: the largest whose size is at most size (for filing an extent), and the smallest
 * whose size is at least size (for looking one up; size_class_npages when there is none). */
INTERNAL unsigned page_class_floor(size_t size);
INTERNAL unsigned page_class_ceil(size_t size);
INTERNAL size_t page_class_size(unsigned page_class);

#endif
