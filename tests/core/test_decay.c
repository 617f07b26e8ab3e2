/* test_decay.c - how many pages may stay, against the curve computed in floating point from the
 * history of when pages became unused. Time is an argument, so no test waits. */
#include "decay.h"

#include "expect.h"
#include "random.h"
#include "suite.h"

static const uint64_t ms_ns = 1000000;

static double smoothstep(double x)
{
	return x <= 0 ? 0 : x >= 1 ? 1 : x * x * x * (x * (6 * x - 15) + 10);
}

START_TEST(curve)
{
	const size_t npages = 1000000;

	for (ssize_t ms = 100; ms <= 100000; ms *= 10) {
		struct decay decay = {0};
		uint64_t start = 12345678901, step = (uint64_t)ms * ms_ns / DECAY_STEPS;
		size_t before = SIZE_MAX;

		decay_set(&decay, ms, start);
		expect(decay_advance(&decay, start + step, npages) == npages,
		       "what has just become unused may stay");
		for (unsigned k = 1; k <= DECAY_STEPS + 5; k++) {
			size_t may = decay_advance(&decay, start + (k + 1) * step, npages);
			double right = (double)npages * smoothstep(1 - (double)k / DECAY_STEPS);

			expect((double)may > right - 3 && (double)may < right + 3,
			       "%zd ms, step %u: %zu, not %.1f", ms, k, may, right);
			expect(may <= before, "the curve rises at step %u", k);
			before = may;
		}
		expect(before == 0, "%zu stay for ever", before);
	}
}
END_TEST

/* Many arrivals; the same sum from a list of them. A step's arrivals age together. */
START_TEST(many_arrivals)
{
	enum { STEPS = 1000 };
	static size_t arrived[STEPS];
	struct decay decay = {0};
	struct random random;
	const ssize_t ms = 2000;
	uint64_t step = (uint64_t)ms * ms_ns / DECAY_STEPS, start = 77;
	size_t npages = 0;

	random_init(&random, test_seed());
	decay_set(&decay, ms, start);
	for (unsigned t = 0; t < STEPS; t++) {
		double right = 0;
		size_t may;

		arrived[t] = random_below(&random, 3) == 0 ? random_below(&random, 5000) : 0;
		npages += arrived[t];
		may = decay_advance(&decay, start + (t + 1) * step, npages);
		for (unsigned i = 0; i <= t; i++)
			right += (double)arrived[i] * smoothstep(1 - (double)(t - i) / DECAY_STEPS);
		expect((double)may > right - 3 && (double)may < right + 3,
		       "step %u: %zu of %zu, not %.1f", t, may, npages, right);
		/* The owner purges down to that; half of the time it cannot. */
		if (may < npages && t % 2 == 0) {
			npages = may;
			decay_purged_to(&decay, npages);
		}
	}
}
END_TEST

/* The time that is foretold is the first at which so much has to go. */
START_TEST(foretold)
{
	struct decay decay = {0};
	struct random random;
	const uint64_t step = 10 * ms_ns;
	uint64_t now = 99;
	size_t npages = 0;

	random_init(&random, test_seed());
	decay_set(&decay, 2000, now);
	expect(decay_time_of(&decay, 0, 1000) == UINT64_MAX, "of nothing");
	for (unsigned t = 0; t < 300; t++) {
		npages += random_below(&random, 4) == 0 ? 1 + random_below(&random, 3000) : 0;
		expect(decay_time_of(&decay, npages, 1) == decay.deadline_ns || npages == 0 ||
			       npages <= decay.unpurged,
		       "what is new has to be seen at the end of its step");
		now += step;
		size_t may = decay_advance(&decay, now, npages);
		if (may < npages) {
			npages = may;
			decay_purged_to(&decay, npages);
		}
		if (npages == 0)
			continue;
		size_t must_go = 1 + random_below(&random, npages + 100);
		uint64_t time = decay_time_of(&decay, npages, must_go);
		size_t goes = must_go < npages ? must_go : npages;
		struct decay later = decay;

		expect(time >= decay.deadline_ns && time < now + 201 * step, "at %lu", time);
		/* Steps end up to a step late, so the moment itself is within the last one. */
		expect(npages - decay_advance(&later, time, npages) >= goes,
		       "%zu of %zu stay when %zu are to be gone",
		       decay_advance(&later, time, npages), npages, goes);
		if (time > decay.deadline_ns) {
			later = decay;
			expect(npages - decay_advance(&later, time - step, npages) < goes,
			       "a step earlier would have done");
		}
	}
	decay_set(&decay, -1, 5);
	expect(decay_time_of(&decay, 1000, 1) == UINT64_MAX, "never");
}
END_TEST

START_TEST(within_a_step)
{
	struct decay decay = {0};

	decay_set(&decay, 1000, 0);
	expect(decay_advance(&decay, 1, 50) == 50, "what came in this step may stay");
	expect(decay_advance(&decay, 2, 80) == 80, "and what came later in it");
	expect(decay_advance(&decay, 5 * ms_ns, 80) == 80, "and at its end");
	expect(decay_advance(&decay, 5 * ms_ns, 20) >= 20, "fewer than may stay");
}
END_TEST

/* What is told of it: the present step counts, what was reused does too, and both grow old. */
START_TEST(backlog)
{
	struct decay decay = {0};

	decay_set(&decay, 1000, 0);
	expect(decay_backlog(&decay, 0) == 0 && decay_backlog(&decay, 50) == 50, "the first step");
	decay_advance(&decay, 6 * ms_ns, 50);
	expect(decay_backlog(&decay, 50) == 50, "in the next one");
	expect(decay_backlog(&decay, 70) == 70, "with what came meanwhile");
	expect(decay_backlog(&decay, 10) == 50, "reused");
	decay_advance(&decay, 2000 * ms_ns, 10);
	expect(decay_backlog(&decay, 10) == 0, "%zu old ones", decay_backlog(&decay, 10));
	decay_set(&decay, -1, 0);
	expect(decay_backlog(&decay, 50) == 0, "where everything may stay");
}
END_TEST

START_TEST(never_and_at_once)
{
	struct decay decay = {0};

	decay_set(&decay, -1, 5);
	expect(decay_advance(&decay, UINT64_MAX / 2, 1000) == SIZE_MAX, "-1: all may stay");
	expect(!decay_is_due(&decay, UINT64_MAX), "-1 is never due");
	decay_set(&decay, 0, 5);
	expect(decay_advance(&decay, 6, 1000) == 0, "0: none may stay");
	expect(!decay_is_due(&decay, UINT64_MAX), "0 waits for no deadline");
}
END_TEST

START_TEST(deadlines)
{
	uint64_t least = UINT64_MAX, most = 0, step = 5 * ms_ns;

	for (uint64_t i = 1; i <= 500; i++) {
		struct decay decay = {0};

		decay_set(&decay, 1000, i << 33);
		uint64_t wait = decay.deadline_ns - (i << 33);

		expect(wait >= step && wait < 2 * step, "due after %lu ns", wait);
		expect(!decay_is_due(&decay, decay.deadline_ns - 1), "due too early");
		expect(decay_is_due(&decay, decay.deadline_ns), "not due");
		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	expect(most - least > step / 2, "no jitter: %lu to %lu", least, most);
}
END_TEST

START_TEST(long_sleep)
{
	struct decay decay = {0};

	decay_set(&decay, 1000, 0);
	decay_advance(&decay, 5 * ms_ns, 1000);
	/* Whatever the time that passed, what is new at its end is young. */
	expect(decay_advance(&decay, (uint64_t)1 << 62, 1500) == 500, "after a century");
	expect(decay_advance(&decay, ((uint64_t)1 << 62) + 1001 * ms_ns, 1500) == 0, "then none");
}
END_TEST

START_TEST(longest_time)
{
	struct decay decay = {0};
	uint64_t now = (uint64_t)1 << 60;

	decay_set(&decay, 18446744072000, now);
	expect(decay.step_ns == 18446744072000u * 1000000u / DECAY_STEPS, "step %lu",
	       decay.step_ns);
	expect(decay.deadline_ns > now, "the deadline wraps");
	expect(decay_advance(&decay, now + 1000, 10) == 10, "all may stay for 585 years");
	decay_set(&decay, 1, now);
	expect(decay.step_ns == 5000, "the shortest step: %lu", decay.step_ns);
	expect(decay_advance(&decay, now + 1000000000, 10) == 10, "young");
	expect(decay_advance(&decay, now + 1001001000, 10) == 0, "old after a millisecond");
}
END_TEST

START_TEST(clock_goes_back)
{
	struct decay decay = {0};

	decay_set(&decay, 1000, 1000 * ms_ns);
	decay_advance(&decay, 1010 * ms_ns, 100);
	expect(decay_advance(&decay, 900 * ms_ns, 100) == 100, "an earlier time is now");
	expect(decay_advance(&decay, 1020 * ms_ns, 100) <= 100, "and time goes on");
}
END_TEST

START_TEST(set_starts_over)
{
	struct decay decay = {0};

	decay_set(&decay, 1000, 0);
	decay_advance(&decay, 5 * ms_ns, 1000);
	decay_advance(&decay, 900 * ms_ns, 1000);
	decay_set(&decay, 1000, 900 * ms_ns);
	expect(decay_advance(&decay, 905 * ms_ns, 1000) == 1000, "old pages are young again");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {curve,           many_arrivals,   foretold,
				      within_a_step,   backlog,         never_and_at_once,
				      deadlines,       long_sleep,      longest_time,
				      clock_goes_back, set_starts_over, NULL};

	return suite_run("decay", cases);
}
