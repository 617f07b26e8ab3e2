/* test_bits.c - each function against the slowest thing that says the same. */
#include "bits.h"

#include "expect.h"
#include "random.h"
#include "suite.h"

static unsigned slow_lg_floor(size_t x)
{
	unsigned lg = 0;
	while (x >>= 1)
		lg++;
	return lg;
}

static void expect_logarithms(size_t x)
{
	unsigned lg = slow_lg_floor(x);
	bool power = ((size_t)1 << lg) == x;

	expect(bits_lg_floor(x) == lg, "lg_floor(%zu) = %u", x, bits_lg_floor(x));
	expect(is_power_of_two(x) == power, "is_power_of_two(%zu)", x);
	if (x > 1)
		expect(bits_lg_ceil(x) == lg + !power, "lg_ceil(%zu) = %u", x, bits_lg_ceil(x));
}

START_TEST(logarithms)
{
	struct random random;

	random_init(&random, test_seed());
	expect(!is_power_of_two(0), "0 is no power of two");
	for (size_t x = 1; x < 5000; x++)
		expect_logarithms(x);
	for (unsigned lg = 1; lg < 64; lg++)
		for (size_t off = 0; off < 3; off++)
			expect_logarithms(((size_t)1 << lg) - 1 + off);
	expect_logarithms(SIZE_MAX);
	for (int i = 0; i < 10000; i++)
		expect_logarithms((random_next(&random) >> random_below(&random, 64)) | 1);
}
END_TEST

START_TEST(first_set)
{
	for (unsigned i = 0; i < 64; i++)
		for (unsigned j = i; j < 64; j++)
			expect(bits_first_set((uint64_t)1 << i | (uint64_t)1 << j) == i,
			       "first of %u and %u", i, j);
}
END_TEST

START_TEST(count)
{
	struct random random;

	random_init(&random, test_seed());
	expect(bits_count(0) == 0 && bits_count(~(uint64_t)0) == 64, "none and all");
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t x = random_next(&random) & random_next(&random);
		unsigned n = 0;

		for (uint64_t rest = x; rest != 0; rest &= rest - 1)
			n++;
		expect(bits_count(x) == n, "%lx has %u", (unsigned long)x, bits_count(x));
	}
}
END_TEST

START_TEST(alignment)
{
	struct random random;

	random_init(&random, test_seed());
	for (int i = 0; i < 100000; i++) {
		size_t a = (size_t)1 << random_below(&random, 30);
		size_t x = random_below(&random, (size_t)1 << 40);
		size_t up = align_up(x, a);
		size_t down = align_down(x, a);

		expect(up % a == 0 && up >= x && up - x < a, "align_up(%zu, %zu) = %zu", x, a, up);
		expect(down % a == 0 && down <= x && x - down < a, "align_down(%zu, %zu) = %zu", x,
		       a, down);
	}
	expect(align_up(SIZE_MAX - 4095, 4096) == SIZE_MAX - 4095, "the last page is aligned");
}
END_TEST

START_TEST(pointers)
{
	struct {
		char first[24];
		int inner;
	} object = {.inner = 0};

	expect(container_of(&object.inner, __typeof__(object), inner) == &object, "container_of");
	expect(ptr_add(&object, offsetof(__typeof__(object), inner)) == &object.inner, "ptr_add");
	expect(ptr_distance(&object, &object.inner) == 24, "ptr_distance");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {logarithms, first_set, count, alignment, pointers, NULL};

	return suite_run("bits", cases);
}
