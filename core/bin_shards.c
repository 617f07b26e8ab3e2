#include "bin_shards.h"

#include "option.h"

uint32_t bin_shards[BINS_MAX];

/* From the class of the smallest size of the range to that of its largest. */
static void apply(const struct option_range *range)
{
	size_t size_max = bin_infos[size_class_nbins - 1].size;
	if (range->lo > size_max)
		return;
	unsigned last = size_class_of(range->hi < size_max ? range->hi : size_max);
	for (unsigned class = size_class_of(range->lo); class <= last; class ++)
		bin_shards[class] = (uint32_t)range->n;
}

ALWAYS_RUN void bin_shards_boot(const char *text)
{
	struct option_range range;
	for (unsigned class = 0; class < BINS_MAX; class ++)
		bin_shards[class] = 1;
	while (text != NULL && option_next_range(&text, &range))
		apply(&range);
}

ALWAYS_RUN unsigned bin_shards_more(void)
{
	unsigned n = 0;
	for (unsigned class = 0; class < size_class_nbins; class ++)
		n += bin_shards[class] > 1 ? bin_shards[class] - 1 : 0;
	return n;
}
