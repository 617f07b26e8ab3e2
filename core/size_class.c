#include "size_class.h"

#include "fault.h"
#include "option.h"

size_t size_class_sizes[SIZE_CLASSES + 1];
struct bin_info bin_infos[BINS_MAX];
unsigned size_class_nbins;
unsigned size_class_npages;
unsigned size_class_ncached;
size_t size_class_large_min;
size_t size_class_large_pad;
unsigned size_class_exact_from = SIZE_CLASS_NONE;

/* size_class_compute() as a constant expression, for the sizes 8 * i of the lookup table. The table
 * is read by first calls that race with boot on another thread, so it is data, not a result of
 * boot. */
#define LG_CEIL(size)  (64 - __builtin_clzll((unsigned long long)(size)-1))
#define GROUP(size)    (LG_CEIL(size) < 6 ? 0 : LG_CEIL(size) - 6)
#define LG_DELTA(size) (LG_CEIL(size) < 7 ? LG_QUANTUM : LG_CEIL(size) - 3)
#define CLASS(size)                                                                                \
	((size) <= 8 ? 0                                                                           \
		     : 1 + 4 * GROUP(size) + (int)((((unsigned)(size)-1) >> LG_DELTA(size)) & 3))
#define ROW1(i) CLASS(8 * (i) + 8) * SIZE_LOOKUP_SCALE
#define ROW8(i)                                                                                    \
	ROW1(i), ROW1(i + 1), ROW1(i + 2), ROW1(i + 3), ROW1(i + 4), ROW1(i + 5), ROW1(i + 6),     \
		ROW1(i + 7)
#define ROW64(i)                                                                                   \
	ROW8(i), ROW8(i + 8), ROW8(i + 16), ROW8(i + 24), ROW8(i + 32), ROW8(i + 40),              \
		ROW8(i + 48), ROW8(i + 56)
#define ROW512(i)                                                                                  \
	ROW64(i), ROW64(i + 64), ROW64(i + 128), ROW64(i + 192), ROW64(i + 256), ROW64(i + 320),   \
		ROW64(i + 384), ROW64(i + 448)

const uint16_t size_class_lookup[SIZE_LOOKUP_MAX / 8 + 1] = {0, ROW512(0)};

static uint8_t page_class_index[PAGE_CLASSES_MAX]; /* page class -> size class */
static unsigned lg_page;

/* Slabs are about this large: big enough that a thread cache is filled by one visit, small enough
 * that the pages of a bin that is no longer used come free again (docs/decisions/0001). */
#define SLAB_TARGET_SMALL  ((size_t)16 << 10) /* for regions up to 1 KiB */
#define SLAB_TARGET_MEDIUM ((size_t)32 << 10)

static size_t size_of_class(unsigned class)
{
	if (class == 0)
		return 8;
	unsigned group = (class - 1) / 4;
	size_t ndelta = (class - 1) % 4 + 1;
	if (group == 0)
		return ndelta << LG_QUANTUM;
	unsigned lg_base = group + 5;
	return ((size_t)1 << lg_base) + (ndelta << (lg_base - 2));
}

/* The smallest run of pages that regions of this size fill without a rest. */
static size_t exact_slab(size_t size, size_t page)
{
	size_t slab = page;
	while (slab % size != 0)
		slab += page;
	return slab;
}

/* Pages of a slab with no waste at its end: the largest multiple of the exact slab that is within
 * the target and the number of regions that a bitmap can hold. */
static size_t default_slab(size_t size, size_t page)
{
	size_t target = size <= 1024 ? SLAB_TARGET_SMALL : SLAB_TARGET_MEDIUM;
	size_t most = SLAB_REGIONS_MAX * size;
	if (target < page)
		target = page;
	if (target > most)
		target = most;
	size_t exact = exact_slab(size, page);
	if (exact > most) /* 8 and 16 bytes at large pages: the end of the slab stays unused */
		return align_up(most > page ? align_down(most, page) : page, page);
	return exact >= target ? exact : target / exact * exact;
}

static void set_slab(struct bin_info *info, size_t slab_size)
{
	/* The size of a bin is set before its slab.
	 * NOLINTNEXTLINE(clang-analyzer-core.DivideZero) */
	size_t nregs = slab_size / info->size;
	if (nregs > SLAB_REGIONS_MAX)
		nregs = SLAB_REGIONS_MAX;
	info->slab_size = slab_size;
	info->nregs = (uint32_t)nregs;
	/* Division by multiplication: magic = ceil(2^32 / size) gives offset * magic >> 32 ==
	 * offset / size for every offset that is a multiple of size and below 2^32 / size * size,
	 * because the error of magic, below 1, times the quotient stays below 2^32 / size. For
	 * other offsets the result is the quotient rounded down as long as offset < 2^32 / size. */
	info->magic = (uint32_t)((((uint64_t)1 << 32) + info->size - 1) / info->size);
}

static void apply_slab_sizes(const char *text, size_t page)
{
	struct option_range range;
	while (option_next_range(&text, &range)) {
		for (unsigned i = 0; i < size_class_nbins; i++) {
			struct bin_info *info = &bin_infos[i];
			if (info->size < range.lo || info->size > range.hi)
				continue;
			size_t least = align_up(info->size, page) / page;
			size_t most = SLAB_REGIONS_MAX * info->size / page;
			/* A page may have room for more small regions than a slab can count: it
			 * is one page then. */
			size_t n = range.n < most ? range.n : most;
			set_slab(info, (n > least ? n : least) * page);
		}
	}
}

void size_class_boot(size_t page, const char *slab_sizes)
{
	lg_page = bits_lg_floor(page);
	size_class_large_min = 4 * page;
	size_class_nbins = 0;
	size_class_npages = 0;

	for (unsigned class = 0; class < SIZE_CLASSES; class ++) {
		size_t size = size_of_class(class);
		size_class_sizes[class] = size;
		if (size < size_class_large_min) {
			fault_assert(size_class_nbins < BINS_MAX);
			struct bin_info *info = &bin_infos[size_class_nbins++];
			info->size = size;
			set_slab(info, default_slab(size, page));
		}
		if (size % page == 0) {
			fault_assert(size_class_npages < PAGE_CLASSES_MAX);
			page_class_index[size_class_npages++] = (uint8_t) class;
		}
	}
	size_class_sizes[SIZE_CLASS_NONE] = 0;
	if (slab_sizes != NULL)
		apply_slab_sizes(slab_sizes, page);
}

size_t size_class_exact(unsigned class, size_t size)
{
	return class != SIZE_CLASS_NONE ? align_up(size, (size_t)1 << lg_page) : 0;
}

unsigned size_class_first_sparse(void)
{
	return size_class_compute(2 * size_class_large_min) + 1;
}

size_t size_class_usable_aligned(size_t size, size_t alignment)
{
	size_t page = (size_t)1 << lg_page;
	if (size == 0)
		size = 1;
	if (size < size_class_large_min && alignment <= page) {
		/* The regions of a class are aligned to the largest power of two that divides it,
		 * so a multiple of the alignment gets a class that is aligned well enough. */
		size_t usable = size_class_usable(align_up(size, alignment));
		if (usable < size_class_large_min)
			return usable;
	}
	if (alignment > SIZE_MAX_CLASS || size > SIZE_MAX_CLASS)
		return 0;
	size_t usable = size_class_usable(size);
	if (usable < size_class_large_min)
		usable = size_class_large_min;
	/* The extent that must be found to place it; it must not overflow. */
	size_t room = usable + page + align_up(alignment, page) - page;
	if (room < usable || room > SIZE_MAX_CLASS + page)
		return 0;
	return usable;
}

/* Page classes in closed form: sizes below four pages are 1, 2, 3 pages; then groups of four. */
unsigned page_class_floor(size_t size)
{
	size_t pages = size >> lg_page;
	fault_assert(pages > 0);
	if (pages <= 4)
		return (unsigned)pages - 1;
	if (size >= SIZE_MAX_CLASS)
		return size_class_npages - 1;
	unsigned lg = bits_lg_floor(pages);
	return 4 * (lg - 2) + (unsigned)((pages >> (lg - 2)) & 3) + 3;
}

unsigned page_class_ceil(size_t size)
{
	if (size > SIZE_MAX_CLASS)
		return size_class_npages;
	unsigned class = page_class_floor(size);
	return page_class_size(class) < size ? class + 1 : class;
}

size_t page_class_size(unsigned page_class)
{
	return size_class_sizes[page_class_index[page_class]];
}
