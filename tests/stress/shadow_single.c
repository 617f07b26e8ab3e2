/* shadow_single - random scripts on one thread: everything that the model of shadow.h can see. */
#include "expect.h"
#include "heap_under_test.h"
#include "shadow.h"
#include "suite.h"

static void run_script(const struct shadow_limits *limits, unsigned long steps)
{
	struct shadow shadow;

	shadow_init(&shadow, limits, test_seed());
	shadow_run(&shadow, test_scaled(steps));
	shadow_check_all(&shadow);
	shadow_fini(&shadow);
}

/* Many objects of the sizes that programs use most: slabs fill, empty and are reused. */
START_TEST(small_objects)
{
	run_script(&(struct shadow_limits){.slots = 3000,
					   .size_max = 14336,
					   .alignment_max = 4096,
					   .live_bytes_max = 64 << 20,
					   .check_overlap = true},
		   400000);
}
END_TEST

/* All sizes together, alignments far above the page. */
START_TEST(all_sizes)
{
	run_script(&(struct shadow_limits){.slots = 300,
					   .size_max = 4 << 20,
					   .alignment_max = 4 << 20,
					   .live_bytes_max = 128 << 20,
					   .check_overlap = true},
		   60000);
}
END_TEST

/* Few and very large ones: address space is taken, split, joined and given back. */
START_TEST(huge_objects)
{
	run_script(&(struct shadow_limits){.slots = 12,
					   .size_max = 64 << 20,
					   .alignment_max = 64 << 20,
					   .live_bytes_max = 256 << 20,
					   .check_overlap = true},
		   4000);
}
END_TEST

/* The same objects again and again: what the thread cache and the current slabs serve. */
START_TEST(few_objects)
{
	run_script(&(struct shadow_limits){.slots = 8,
					   .size_max = 40000,
					   .alignment_max = 4096,
					   .live_bytes_max = 1 << 20,
					   .check_overlap = true},
		   400000);
}
END_TEST

/* Only *allocx(), past the thread cache: every call reaches the arena. */
START_TEST(no_thread_cache)
{
	run_script(&(struct shadow_limits){.slots = 1000,
					   .size_max = 100000,
					   .alignment_max = 1 << 16,
					   .live_bytes_max = 64 << 20,
					   .flags = MALLOCX_TCACHE_NONE,
					   .only_extended = true,
					   .check_overlap = true},
		   200000);
}
END_TEST

int main(void)
{
	return suite_run("shadow_single", (const TTest *[]){small_objects, all_sizes, huge_objects,
							    few_objects, no_thread_cache, NULL});
}
