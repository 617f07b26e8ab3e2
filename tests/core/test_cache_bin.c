/* test_cache_bin.c - the stack at its ends, and the bin that refuses everything. */
#include "cache_bin.h"

#include "expect.h"
#include "suite.h"

START_TEST(stack)
{
	void *slots[9] = {NULL};
	int regions[8];
	struct cache_bin bin = {.top = slots + 1, .limit = slots + 9, .usable = 16};

	expect(cache_bin_peek(&bin) == NULL, "an empty stack gives something");
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 8; i++) {
			expect(cache_bin_push(&bin, &regions[i]), "refused number %d", i);
			expect(cache_bin_peek(&bin) == &regions[i], "not the latest");
		}
		expect(!cache_bin_push(&bin, &regions[0]), "pushed over its end");
		for (int i = 8; i-- > 0;) {
			expect(cache_bin_peek(&bin) == &regions[i], "not the latest");
			cache_bin_drop(&bin);
		}
		expect(cache_bin_peek(&bin) == NULL, "more than was pushed");
	}
	expect(bin.nrequests == 24, "%lu requests", bin.nrequests);
	expect(slots[0] == NULL, "the stop was written over");
}
END_TEST

START_TEST(refuses_everything)
{
	void *stop[1] = {NULL};
	int region;
	struct cache_bin bin = {.top = stop + 1, .limit = stop + 1};

	expect(cache_bin_peek(&bin) == NULL, "gives something");
	expect(!cache_bin_push(&bin, &region), "takes something");
	expect(cache_bin_peek(&bin) == NULL, "gives what it refused");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {stack, refuses_everything, NULL};

	return suite_run("cache_bin", cases);
}
