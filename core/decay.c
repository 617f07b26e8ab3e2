#include "decay.h"

#include <string.h>

#define WEIGHT_BITS 24

/* S(k / DECAY_STEPS) in WEIGHT_BITS bits of fraction, in integers: k^3 (6k^2 - 15kn + 10n^2) / n^5
 */
static uint64_t weight(uint64_t k)
{
	const uint64_t n = DECAY_STEPS;
	uint64_t inner = 6 * k * k + 10 * n * n - 15 * k * n;
	const uint64_t numerator = k * k * k * inner; /* below 2^39 */
	const uint64_t denominator = n * n * n * n * n;
	return (uint64_t)(((unsigned __int128)numerator << WEIGHT_BITS) / denominator);
}

static size_t limit(const struct decay *decay)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < DECAY_STEPS; i++)
		if (decay->backlog[i] != 0)
			sum += decay->backlog[i] * weight(i + 1);
	return (size_t)(sum >> WEIGHT_BITS);
}

/* The same, so many steps later, when nothing else becomes unused. */
static size_t limit_after(const struct decay *decay, unsigned steps)
{
	uint64_t sum = 0;
	for (unsigned i = steps; i < DECAY_STEPS; i++)
		if (decay->backlog[i] != 0)
			sum += decay->backlog[i] * weight(i - steps + 1);
	return (size_t)(sum >> WEIGHT_BITS);
}

/* A small generator is enough to spread deadlines (xorshift). */
static uint64_t jitter(struct decay *decay, uint64_t range)
{
	uint64_t x = decay->random;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	decay->random = x;
	return range != 0 ? x % range : 0;
}

static void start_step(struct decay *decay, uint64_t epoch_ns)
{
	decay->epoch_ns = epoch_ns;
	/* Also read without the owner's lock, to see whether it is worth taking. */
	__atomic_store_n(&decay->deadline_ns,
			 epoch_ns + decay->step_ns + jitter(decay, decay->step_ns),
			 __ATOMIC_RELAXED);
}

void decay_set(struct decay *decay, ssize_t ms, uint64_t now_ns)
{
	__atomic_store_n(&decay->ms, ms, __ATOMIC_RELAXED);
	decay->unpurged = 0;
	/* Not written to without need: most arenas never have anything in it. */
	for (unsigned i = 0; i < DECAY_STEPS; i++)
		if (decay->backlog[i] != 0)
			decay->backlog[i] = 0;
	if (decay->random == 0)
		decay->random = (now_ns ^ (uint64_t)(uintptr_t)decay) | 1;
	if (ms > 0) {
		decay->step_ns = (uint64_t)ms * 1000000u / DECAY_STEPS;
		start_step(decay, now_ns);
	}
}

size_t decay_advance(struct decay *decay, uint64_t now_ns, size_t npages)
{
	if (decay->ms < 0)
		return SIZE_MAX;
	if (decay->ms == 0)
		return 0;
	if (now_ns < decay->epoch_ns) /* clocks of two CPUs may differ by a little */
		now_ns = decay->epoch_ns;

	uint64_t steps = (now_ns - decay->epoch_ns) / decay->step_ns;
	if (steps > 0) {
		if (steps >= DECAY_STEPS) {
			memset(decay->backlog, 0, sizeof(decay->backlog));
		} else {
			memmove(decay->backlog, decay->backlog + steps,
				(DECAY_STEPS - steps) * sizeof(size_t));
			memset(decay->backlog + DECAY_STEPS - steps, 0, steps * sizeof(size_t));
		}
		size_t grown = npages > decay->unpurged ? npages - decay->unpurged : 0;
		decay->backlog[DECAY_STEPS - 1] = grown;
		decay->unpurged = npages;
		start_step(decay, decay->epoch_ns + steps * decay->step_ns);
	}
	size_t may_stay = limit(decay);
	/* What became unused within the present step is in nobody's backlog yet. */
	if (npages > decay->unpurged)
		may_stay += npages - decay->unpurged;
	return may_stay;
}

size_t decay_backlog(const struct decay *decay, size_t npages)
{
	size_t sum = 0;
	if (decay->ms <= 0)
		return 0;
	for (unsigned i = 0; i < DECAY_STEPS; i++)
		sum += decay->backlog[i];
	return npages > decay->unpurged ? sum + (npages - decay->unpurged) : sum;
}

void decay_purged_to(struct decay *decay, size_t npages)
{
	if (npages < decay->unpurged)
		decay->unpurged = npages;
}

uint64_t decay_time_of(const struct decay *decay, size_t npages, size_t must_go)
{
	if (decay->ms <= 0 || npages == 0)
		return UINT64_MAX;
	/* What became unused within the present step grows old from the end of it on, so that this
	 * end must not be missed. */
	if (npages > decay->unpurged)
		return decay->deadline_ns;
	if (must_go > npages)
		must_go = npages;
	unsigned least = 1;
	unsigned most = DECAY_STEPS;
	while (least < most) {
		unsigned middle = (least + most) / 2;
		size_t stay = limit_after(decay, middle);
		if (stay < npages && npages - stay >= must_go)
			most = middle;
		else
			least = middle + 1;
	}
	uint64_t time = decay->epoch_ns + least * decay->step_ns;
	return time > decay->deadline_ns ? time : decay->deadline_ns;
}
