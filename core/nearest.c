#include "nearest.h"

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t nearest_distance(const char *a, size_t na, const char *b, size_t nb, size_t limit)
{
	/* rows[k % 3][j]: from the first k letters of a to the first j of b */
	uint16_t rows[3][(NEAREST_MAX + 1)];
	if (na > NEAREST_MAX || nb > NEAREST_MAX || (na > nb ? na - nb : nb - na) > limit)
		return limit + 1;
	for (size_t j = 0; j <= nb; j++)
		rows[0][j] = (uint16_t)j;
	for (size_t k = 1; k <= na; k++) {
		uint16_t *row = rows[k % 3];
		const uint16_t *above = rows[(k + 2) % 3], *above2 = rows[(k + 1) % 3];
		size_t least = k;
		row[0] = (uint16_t)k;
		for (size_t j = 1; j <= nb; j++) {
			size_t best = above[j - 1] + (size_t)(a[k - 1] != b[j - 1]);
			best = min(best, (size_t)above[j] + 1);
			best = min(best, (size_t)row[j - 1] + 1);
			if (k > 1 && j > 1 && a[k - 1] == b[j - 2] && a[k - 2] == b[j - 1])
				best = min(best, (size_t)above2[j - 2] + 1);
			row[j] = (uint16_t)best;
			least = min(least, best);
		}
		if (least > limit)
			return limit + 1;
	}
	return rows[na % 3][nb];
}
