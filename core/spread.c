#include "spread.h"

#include "bits.h"

uint64_t spread_next(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* lg(x) as 16.16 fixed point, x not 0. Each squaring of the mantissa brings out a bit. */
static uint32_t lg_fixed(uint64_t x)
{
	unsigned whole = bits_lg_floor(x);
	uint64_t mantissa = whole > 31 ? x >> (whole - 31) : x << (31 - whole); /* 1.31 */
	uint32_t lg = whole << 16;
	for (unsigned bit = 16; bit-- > 0;) {
		mantissa = mantissa * mantissa >> 31;
		if (mantissa >> 32) {
			mantissa >>= 1;
			lg |= 1u << bit;
		}
	}
	return lg;
}

uint64_t spread_distance(uint64_t *state, uint64_t mean)
{
	/* x / 2^64 is uniform in (0, 1]; -ln of it is exponential with mean 1. */
	uint64_t x = spread_next(state);
	uint64_t minus_lg = ((uint64_t)64 << 16) - lg_fixed(x != 0 ? x : 1);
	uint64_t minus_ln = minus_lg * 45426 >> 16; /* ln 2 in 0.16 */
	uint64_t distance = (mean >> 16) * minus_ln + ((mean & 0xffff) * minus_ln >> 16);
	return distance != 0 ? distance : 1;
}
