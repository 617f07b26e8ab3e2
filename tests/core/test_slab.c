/* test_slab.c - the regions of every bin's slab, taken and put in any order. */
#include "slab.h"

#include <string.h>
#include "expect.h"
#include "random.h"
#include "suite.h"

static struct extent slab;
static bool out[SLAB_REGIONS_MAX];
static char *const place = (char *)((uintptr_t)1 << 32); /* regions themselves are not touched */

static unsigned index_of(const void *region)
{
	return (unsigned)((size_t)((const char *)region - place) / bin_infos[slab.class].size);
}

static void expect_counts(unsigned nregs)
{
	unsigned n = 0, bits = 0;

	for (unsigned i = 0; i < nregs; i++)
		n += !out[i];
	for (unsigned i = 0; i < SLAB_REGIONS_MAX / 64; i++)
		bits += (unsigned)__builtin_popcountll(slab.free_regions[i]);
	expect(slab.nfree == n && bits == n, "%u free, counted %u, bits %u", n, slab.nfree, bits);
}

START_TEST(against_flags)
{
	const struct bin_info *info = &bin_infos[_i];
	struct random random;
	void *stack[SLAB_REGIONS_MAX + 2];

	random_init(&random, test_seed());
	memset(&slab, 0xff, sizeof slab); /* a descriptor that was something else */
	slab.address = place;
	slab.size = info->slab_size;
	slab_init(&slab, (unsigned)_i);
	memset(out, 0, sizeof out);
	expect(slab.is_slab && slab.class == _i, "no slab of the class");
	expect_counts(info->nregs);
	for (int round = 0; round < 2000; round++) {
		unsigned want = 1 + (unsigned)random_below(&random, info->nregs + 2);
		unsigned free_before = slab.nfree;
		unsigned got = slab_take(&slab, stack + want, want);

		expect(got == (want < free_before ? want : free_before), "%u of %u", got, want);
		for (unsigned i = 0; i < got; i++) {
			char *region = stack[want - 1 - i];
			unsigned index = index_of(region);

			expect(region == place + index * info->size && index < info->nregs,
			       "%p is no region", (void *)region);
			expect(!out[index], "region %u is given twice", index);
			expect(i == 0 || (char *)stack[want - i] < region, "not ascending");
			for (unsigned lower = 0; i == 0 && lower < index; lower++)
				expect(out[lower], "region %u is lower and free", lower);
			out[index] = true;
		}
		for (unsigned puts = (unsigned)random_below(&random, info->nregs + 1); puts > 0;
		     puts--) {
			unsigned index = (unsigned)random_below(&random, info->nregs);
			enum slab_put_result result =
				slab_put(&slab, info, place + index * info->size);

			expect(result == (out[index] ? SLAB_PUT_DONE : SLAB_PUT_TWICE),
			       "region %u: %d", index, result);
			out[index] = false;
		}
		expect_counts(info->nregs);
	}
}
END_TEST

START_TEST(what_is_no_region)
{
	const struct bin_info *info = &bin_infos[_i];
	void *all[SLAB_REGIONS_MAX];

	slab.address = place;
	slab.size = info->slab_size;
	slab_init(&slab, (unsigned)_i);
	slab_take(&slab, all + info->nregs, info->nregs);
	for (size_t offset = 0; offset < info->slab_size; offset++) {
		bool starts = offset % info->size == 0 && offset / info->size < info->nregs;
		enum slab_put_result result = slab_put(&slab, info, place + offset);

		expect(result == (starts ? SLAB_PUT_DONE : SLAB_PUT_NOT_A_REGION), "offset %zu: %d",
		       offset, result);
	}
	expect(slab.nfree == info->nregs, "%u free", slab.nfree);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {against_flags, what_is_no_region, NULL};

	return suite_run_rows("slab", cases, (int)size_class_nbins);
}
