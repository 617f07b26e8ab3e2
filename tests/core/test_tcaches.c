/* test_tcaches.c - explicit caches by index: numbers, reuse, the last of them, wrong ones. */
#include "tcache.h"

#include <errno.h>
#include "expect.h"
#include "options.h"
#include "suite.h"

START_TEST(life_of_a_cache)
{
	unsigned first, second, again;

	expect(tcaches_create(arenas_get(0), &first) == 0 &&
		       tcaches_create(arenas_get(0), &second) == 0,
	       "cannot create");
	expect(first != second && tcaches_get(first) != tcaches_get(second), "the same cache");
	struct tcache *cache = tcaches_get(first);
	void *region = tcache_refill(cache, 3);

	expect(region != NULL && cache_bin_push(tcache_bin_of(cache, 3), region), "does not work");
	expect(tcache_bytes(cache) > 0, "holds nothing");
	expect(tcaches_flush(first) == 0 && tcache_bytes(cache) == 0, "flush");
	expect(tcaches_destroy(first) == 0, "destroy");
	expect(tcaches_get(first) == NULL, "a destroyed cache can be had");
	expect(tcaches_destroy(first) == EFAULT && tcaches_flush(first) == EFAULT,
	       "a destroyed cache is destroyed");
	expect(tcaches_create(arenas_get(0), &again) == 0 && again == first,
	       "its number is not used again");
	expect(tcaches_destroy(again) == 0 && tcaches_destroy(second) == 0, "destroy");
}
END_TEST

START_TEST(all_of_them)
{
	enum { MOST = 4094 };
	unsigned index, none;

	for (unsigned i = 0; i < MOST; i++) {
		expect(tcaches_create(arenas_get(0), &index) == 0, "number %u", i);
		expect(index == i && tcaches_get(i) != NULL, "number %u is %u", i, index);
	}
	expect(tcaches_create(arenas_get(0), &none) == EAGAIN, "one more than there are numbers");
	expect(tcaches_destroy(1234) == 0, "destroy");
	expect(tcaches_create(arenas_get(0), &index) == 0 && index == 1234, "the free number is %u",
	       index);
	for (unsigned i = 0; i < MOST; i++)
		expect(tcaches_destroy(i) == 0, "destroy %u", i);
}
END_TEST

START_TEST(wrong_numbers)
{
	static const unsigned wrong[] = {0, 63, 64, 4093, 4094, 4095, 1u << 31, UINT32_MAX};

	for (unsigned i = 0; i < ARRAY_LEN(wrong); i++) {
		expect(tcaches_get(wrong[i]) == NULL, "cache %u", wrong[i]);
		expect(tcaches_flush(wrong[i]) == EFAULT, "flush %u", wrong[i]);
		expect(tcaches_destroy(wrong[i]) == EFAULT, "destroy %u", wrong[i]);
	}
}
END_TEST

/* With zero or junk every request must take the slow path. */
START_TEST(not_used_where_memory_is_filled)
{
	unsigned index;

	options.zero = true;
	expect(!tcache_may_be_used(), "used with zero");
	expect(tcaches_create(arenas_get(0), &index) == 0, "cannot create");
	expect(tcache_refill(tcaches_get(index), 3) == NULL, "an explicit cache is used with zero");
	options.zero = false;
	options.junk = JUNK_ALLOC;
	expect(!tcache_may_be_used(), "used with junk");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {life_of_a_cache, all_of_them, wrong_numbers,
				      not_used_where_memory_is_filled, NULL};

	return suite_run("tcaches", cases);
}
