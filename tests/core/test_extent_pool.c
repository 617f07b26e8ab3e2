/* test_extent_pool.c - descriptors come back in use, the last one first, and look like nobody's
 * while they wait. */
#include "extent_pool.h"

#include <string.h>
#include "expect.h"
#include "suite.h"

START_TEST(recycles)
{
	static struct base base;
	struct extent_pool pool;
	struct extent *extents[100];
	size_t allocated;

	base_init(&base);
	extent_pool_init(&pool, &base);
	for (int i = 0; i < 100; i++) {
		extents[i] = extent_pool_take(&pool);
		expect(extents[i] != NULL, "no memory");
		expect(((uintptr_t)extents[i] & (EXTENT_ALIGNMENT - 1)) == 0, "%p",
		       (void *)extents[i]);
		for (int j = 0; j < i; j++)
			expect(extents[i] != extents[j], "the same twice");
		memset(extents[i], 0, sizeof(struct extent));
	}
	expect(pool.count == 0, "%zu wait", pool.count);
	allocated = base.allocated;
	for (int i = 0; i < 100; i++)
		extent_pool_put(&pool, extents[i]);
	expect(pool.count == 100, "%zu wait", pool.count);
	for (unsigned arena = 0; arena < 3; arena++)
		for (unsigned state = 0; state <= PAGES_ACTIVE; state++)
			expect(!extent_is_mergeable(extents[7], arena, (enum page_state)state),
			       "a waiting descriptor passes for one of arena %u", arena);
	for (int i = 100; i-- > 0;)
		expect(extent_pool_take(&pool) == extents[i], "not the last one first");
	expect(pool.count == 0 && base.allocated == allocated, "%zu wait, %zu more bytes",
	       pool.count, base.allocated - allocated);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {recycles, NULL};

	return suite_run("extent_pool", cases);
}
