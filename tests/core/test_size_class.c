/* test_size_class.c - the classes against the list of them, and each page size against the rules
 * that its tables must obey. */
#include "size_class.h"

#include "child.h"
#include "expect.h"
#include "random.h"
#include "size_formula.h"
#include "suite.h"

/* What programs that know jemalloc's classes expect. */
static const size_t known_sizes[SIZE_CLASSES] = {
	8,
	16,
	32,
	48,
	64,
	80,
	96,
	112,
	128,
	160,
	192,
	224,
	256,
	320,
	384,
	448,
	512,
	640,
	768,
	896,
	1024,
	1280,
	1536,
	1792,
	2048,
	2560,
	3072,
	3584,
	4096,
	5120,
	6144,
	7168,
	8192,
	10240,
	12288,
	14336,
	16384,
	20480,
	24576,
	28672,
	32768,
	40960,
	49152,
	57344,
	65536,
	81920,
	98304,
	114688,
	131072,
	163840,
	196608,
	229376,
	262144,
	327680,
	393216,
	458752,
	524288,
	655360,
	786432,
	917504,
	0x100000,
	0x140000,
	0x180000,
	0x1c0000,
	0x200000,
	0x280000,
	0x300000,
	0x380000,
	0x400000,
	0x500000,
	0x600000,
	0x700000,
	0x800000,
	0xa00000,
	0xc00000,
	0xe00000,
	0x1000000,
	0x1400000,
	0x1800000,
	0x1c00000,
	0x2000000,
	0x2800000,
	0x3000000,
	0x3800000,
	0x4000000,
	0x5000000,
	0x6000000,
	0x7000000,
	0x8000000,
	0xa000000,
	0xc000000,
	0xe000000,
	0x10000000,
	0x14000000,
	0x18000000,
	0x1c000000,
	0x20000000,
	0x28000000,
	0x30000000,
	0x38000000,
	0x40000000,
	0x50000000,
	0x60000000,
	0x70000000,
	0x80000000,
	0xa0000000,
	0xc0000000,
	0xe0000000,
	0x100000000,
	0x140000000,
	0x180000000,
	0x1c0000000,
	0x200000000,
	0x280000000,
	0x300000000,
	0x380000000,
	0x400000000,
	0x500000000,
	0x600000000,
	0x700000000,
	0x800000000,
	0xa00000000,
	0xc00000000,
	0xe00000000,
	0x1000000000,
	0x1400000000,
	0x1800000000,
	0x1c00000000,
	0x2000000000,
	0x2800000000,
	0x3000000000,
	0x3800000000,
	0x4000000000,
	0x5000000000,
	0x6000000000,
	0x7000000000,
	0x8000000000,
	0xa000000000,
	0xc000000000,
	0xe000000000,
	0x10000000000,
	0x14000000000,
	0x18000000000,
	0x1c000000000,
	0x20000000000,
	0x28000000000,
	0x30000000000,
	0x38000000000,
	0x40000000000,
	0x50000000000,
	0x60000000000,
	0x70000000000,
	0x80000000000,
	0xa0000000000,
	0xc0000000000,
	0xe0000000000,
	0x100000000000,
	0x140000000000,
	0x180000000000,
	0x1c0000000000,
	0x200000000000,
	0x280000000000,
	0x300000000000,
	0x380000000000,
	0x400000000000,
	0x500000000000,
	0x600000000000,
	0x700000000000,
	0x800000000000,
	0xa00000000000,
	0xc00000000000,
	0xe00000000000,
	0x1000000000000,
	0x1400000000000,
	0x1800000000000,
	0x1c00000000000,
	0x2000000000000,
	0x2800000000000,
	0x3000000000000,
	0x3800000000000,
	0x4000000000000,
	0x5000000000000,
	0x6000000000000,
	0x7000000000000,
	0x8000000000000,
	0xa000000000000,
	0xc000000000000,
	0xe000000000000,
	0x10000000000000,
	0x14000000000000,
	0x18000000000000,
	0x1c000000000000,
	0x20000000000000,
	0x28000000000000,
	0x30000000000000,
	0x38000000000000,
	0x40000000000000,
	0x50000000000000,
	0x60000000000000,
	0x70000000000000,
	0x80000000000000,
	0xa0000000000000,
	0xc0000000000000,
	0xe0000000000000,
	0x100000000000000,
	0x140000000000000,
	0x180000000000000,
	0x1c0000000000000,
	0x200000000000000,
	0x280000000000000,
	0x300000000000000,
	0x380000000000000,
	0x400000000000000,
	0x500000000000000,
	0x600000000000000,
	0x700000000000000,
	0x800000000000000,
	0xa00000000000000,
	0xc00000000000000,
	0xe00000000000000,
	0x1000000000000000,
	0x1400000000000000,
	0x1800000000000000,
	0x1c00000000000000,
	0x2000000000000000,
	0x2800000000000000,
	0x3000000000000000,
	0x3800000000000000,
	0x4000000000000000,
	0x5000000000000000,
	0x6000000000000000,
	0x7000000000000000,
};

static const size_t page_sizes[] = {4096, 16384, 65536};

static void expect_class(size_t size)
{
	unsigned class = size_class_of(size);
	size_t usable = size_class_usable(size);

	if (size > SIZE_MAX_CLASS) {
		expect(class == SIZE_CLASS_NONE && usable == 0, "%zu has a class", size);
		return;
	}
	expect(class == size_class_compute(size), "%zu: looked up %u, computed %u", size, class,
	       size_class_compute(size));
	expect(usable == known_sizes[class] && usable >= size, "%zu gets %zu", size, usable);
	expect(class == 0 || known_sizes[class - 1] < size, "%zu gets %zu, too large a class", size,
	       usable);
}

START_TEST(sizes)
{
	size_t formula[SIZE_CLASS_COUNT];
	struct random random;

	random_init(&random, test_seed());
	size_classes(formula);
	for (unsigned i = 0; i < SIZE_CLASSES; i++) {
		expect(formula[i] == known_sizes[i], "the formula gives %zu for class %u",
		       formula[i], i);
		expect(size_class_sizes[i] == known_sizes[i], "class %u has %zu bytes", i,
		       size_class_sizes[i]);
		for (size_t off = 0; off < 3; off++)
			expect_class(known_sizes[i] - 1 + off);
	}
	expect(size_class_sizes[SIZE_CLASS_NONE] == 0, "no class has a size");
	for (size_t size = 0; size <= 70000; size++)
		expect_class(size);
	for (int i = 0; i < 100000; i++)
		expect_class(random_next(&random) >> random_below(&random, 64));
	expect_class(SIZE_MAX);
}
END_TEST

/* Every bin: whole pages, all regions inside, a magic number that divides. */
static void expect_bins(size_t page)
{
	expect(size_class_large_min == 4 * page, "large begins at %zu", size_class_large_min);
	for (unsigned i = 0; i < size_class_nbins; i++) {
		const struct bin_info *info = &bin_infos[i];

		expect(info->size == known_sizes[i] && info->size < 4 * page, "bin %u: %zu bytes",
		       i, info->size);
		expect(info->slab_size % page == 0 && info->slab_size >= info->size,
		       "bin %u: a slab of %zu bytes", i, info->slab_size);
		expect(info->nregs >= 1 && info->nregs <= SLAB_REGIONS_MAX &&
			       info->nregs * info->size <= info->slab_size,
		       "bin %u: %u regions", i, info->nregs);
		for (size_t region = 0; region < info->nregs; region++)
			for (size_t in = 0; in < info->size; in += info->size / 8) {
				uint64_t offset = region * info->size + in;

				expect(offset * info->magic >> 32 == region,
				       "bin %u: offset %lu is not in region %zu", i,
				       (unsigned long)offset, region);
			}
	}
	expect(known_sizes[size_class_nbins] == 4 * page, "%u bins", size_class_nbins);
}

static void expect_page_classes(size_t page)
{
	unsigned count = 0;
	struct random random;

	random_init(&random, test_seed());
	for (unsigned i = 0; i < SIZE_CLASSES; i++)
		if (known_sizes[i] % page == 0) {
			expect(page_class_size(count) == known_sizes[i], "page class %u is %zu",
			       count, page_class_size(count));
			count++;
		}
	expect(count == size_class_npages && count <= PAGE_CLASSES_MAX, "%u page classes",
	       size_class_npages);
	for (int i = 0; i < 100000; i++) {
		size_t size =
			align_down(random_next(&random) >> random_below(&random, 51), page) | page;
		unsigned floor = page_class_floor(size);
		unsigned ceil = page_class_ceil(size);

		expect(page_class_size(floor) <= size, "floor of %zu is %zu", size,
		       page_class_size(floor));
		expect(floor + 1 == count || page_class_size(floor + 1) > size,
		       "floor of %zu is %zu, too small", size, page_class_size(floor));
		if (size > SIZE_MAX_CLASS)
			expect(ceil == count, "ceil of %zu is %u", size, ceil);
		else
			expect(ceil == floor + (page_class_size(floor) < size),
			       "ceil of %zu is %u, floor %u", size, ceil, floor);
	}
	expect(page_class_ceil(SIZE_MAX_CLASS) == count - 1, "the largest class has a page class");
	expect(page_class_ceil(SIZE_MAX_CLASS + 1) == count, "nothing is above it");
}

START_TEST(pages)
{
	size_t page = page_sizes[_i];

	size_class_boot(page, NULL);
	if (page == 4096)
		expect(size_class_nbins == 36 && size_class_npages == 199,
		       "%u bins, %u page classes", size_class_nbins, size_class_npages);
	expect_bins(page);
	expect_page_classes(page);
	for (unsigned i = 0; i < size_class_nbins; i++) {
		const struct bin_info *info = &bin_infos[i];

		expect(page != 4096 || info->slab_size % info->size == 0,
		       "bin %u wastes the end of its slabs", i);
		expect(info->slab_size <= 2 * page * 7, "bin %u: a slab of %zu bytes", i,
		       info->slab_size);
	}
}
END_TEST

/* Every aligned request gets what is aligned by its size, or whole pages. */
START_TEST(aligned)
{
	size_t page = page_sizes[_i];
	struct random random;

	random_init(&random, test_seed());
	size_class_boot(page, NULL);
	for (int i = 0; i < 200000; i++) {
		unsigned lg = (unsigned)random_below(&random, 64);
		size_t alignment = (size_t)1 << lg;
		size_t size = random_next(&random) >> random_below(&random, 64);
		size_t usable = size_class_usable_aligned(size, alignment);

		if (usable == 0) {
			expect(size > SIZE_MAX_CLASS / 2 || alignment > SIZE_MAX_CLASS / 2,
			       "%zu at %zu is refused", size, alignment);
			continue;
		}
		expect(usable >= size && size_class_usable(usable) == usable,
		       "%zu at %zu gets %zu, no class", size, alignment, usable);
		if (usable < size_class_large_min) {
			const struct bin_info *info = &bin_infos[size_class_of(usable)];

			/* Region i lies at i * size in a slab that is aligned to a page. */
			expect(info->size % alignment == 0 && alignment <= page,
			       "regions of %zu bytes are not aligned to %zu", usable, alignment);
		}
		if (page == SIZE_PAGE)
			expect(usable == size_rounded_aligned(size | !size, alignment),
			       "%zu at %zu gets %zu, not %zu", size, alignment, usable,
			       size_rounded_aligned(size | !size, alignment));
	}
	expect(size_class_usable_aligned(0, 16) == 16, "nothing at 16");
	expect(size_class_usable_aligned(0, (size_t)1 << 63) == 0, "an alignment of half of all");
	expect(size_class_usable_aligned(SIZE_MAX, 16) == 0, "all of the address space");
	expect(size_class_usable_aligned(SIZE_MAX, page) == 0, "all of it at a page");
	expect(size_class_usable_aligned(SIZE_MAX_CLASS, (size_t)1 << 62) == 0, "no room to align");
}
END_TEST

START_TEST(slab_sizes_of_the_user)
{
	size_t page = 4096;

	size_class_boot(page, "1-16:1|100-200:3|4096-4096:999|14336-14336:1");
	expect_bins(page);
	expect(bin_infos[0].slab_size == page && bin_infos[0].nregs == 512, "8 bytes");
	expect(bin_infos[1].slab_size == page && bin_infos[1].nregs == 256, "16 bytes");
	expect(bin_infos[8].size == 128 && bin_infos[8].slab_size == 3 * page, "128 bytes");
	expect(bin_infos[10].size == 192 && bin_infos[10].slab_size == 3 * page, "192 bytes");
	expect(bin_infos[11].size == 224 && bin_infos[11].slab_size != 3 * page, "224 bytes");
	expect(bin_infos[28].size == 4096 && bin_infos[28].nregs == SLAB_REGIONS_MAX,
	       "as many regions as a slab can have: %u", bin_infos[28].nregs);
	expect(bin_infos[35].size == 14336 && bin_infos[35].slab_size == 4 * page,
	       "a slab holds one region at least: %zu", bin_infos[35].slab_size);
}
END_TEST

/* Within one region and as many as a slab can count, where a page is not more than that. */
START_TEST(slab_sizes_beyond_the_bounds)
{
	size_t page = page_sizes[_i];

	size_class_boot(page, "1-1048576:1");
	expect_bins(page);
	for (unsigned i = 0; i < size_class_nbins; i++)
		expect(bin_infos[i].slab_size == align_up(bin_infos[i].size, page),
		       "%zu bytes: slabs of %zu where one page was wished", bin_infos[i].size,
		       bin_infos[i].slab_size);
	size_class_boot(page, "1-1048576:100000");
	expect_bins(page);
	for (unsigned i = 0; i < size_class_nbins; i++) {
		size_t most = SLAB_REGIONS_MAX * bin_infos[i].size;
		size_t slab = most < page ? page : align_down(most, page);

		expect(bin_infos[i].slab_size == slab, "%zu bytes: slabs of %zu, not %zu",
		       bin_infos[i].size, bin_infos[i].slab_size, slab);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("size_class");
	TCase *once = tcase_create("4 KiB"), *each = tcase_create("each page size");
	int failed;

	test_seed();
	tcase_add_test(once, sizes);
	tcase_add_test(once, slab_sizes_of_the_user);
	tcase_add_loop_test(each, pages, 0, (int)ARRAY_LEN(page_sizes));
	tcase_add_loop_test(each, aligned, 0, (int)ARRAY_LEN(page_sizes));
	tcase_add_loop_test(each, slab_sizes_beyond_the_bounds, 0, (int)ARRAY_LEN(page_sizes));
	tcase_set_timeout(once, 0);
	tcase_set_timeout(each, 0);
	suite_add_tcase(suite, once);
	suite_add_tcase(suite, each);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
