/* test_spread.c - distances between samples: the mean that was asked for, the spread of chance. */
#include "spread.h"

#include "expect.h"
#include "suite.h"

enum { N = 200000 };

static void check_mean(uint64_t mean)
{
	uint64_t state = test_seed();
	double sum = 0;
	unsigned below_mean = 0, above_three = 0;

	for (unsigned i = 0; i < N; i++) {
		uint64_t distance = spread_distance(&state, mean);

		expect(distance >= 1, "no distance");
		sum += (double)distance;
		below_mean += distance < mean;
		above_three += distance > 3 * mean;
	}
	double of_mean = sum / N / (double)mean;

	expect(of_mean > 0.98 && of_mean < 1.02, "%g of the mean %lu", of_mean, mean);
	/* 1 - 1/e, and e^-3. */
	expect(below_mean > N * 0.62 && below_mean < N * 0.645, "%u below the mean", below_mean);
	expect(above_three > N * 0.045 && above_three < N * 0.055, "%u above three", above_three);
}

START_TEST(exponential)
{
	check_mean(1000);
	check_mean(65536);
	check_mean((uint64_t)2 << 20);
	check_mean((uint64_t)1 << 40);
}
END_TEST

START_TEST(the_smallest_mean)
{
	uint64_t state = 1;

	for (unsigned i = 0; i < 1000; i++)
		expect(spread_distance(&state, 1) >= 1 && spread_distance(&state, 1) < 50,
		       "a mean of one byte");
}
END_TEST

START_TEST(states_differ)
{
	uint64_t a = 1, b = 2;

	expect(spread_next(&a) != spread_next(&b), "the same numbers from another state");
	expect(a != 1, "the state stands still");
}
END_TEST

int main(void)
{
	return suite_run("spread",
			 (const TTest *[]){exponential, the_smallest_mean, states_differ, NULL});
}
