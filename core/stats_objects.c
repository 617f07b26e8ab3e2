#include "stats_update.h"

/* ---- bins ---- */

/* Of a bin that nobody used it looks at one cache line. */
ALWAYS_INLINE uint64_t bin_version(struct bin *first, unsigned class)
{
	if (likely(bin_shards[class] <= 1))
		return lock_version(&first->lock);
	uint64_t version = 1;
	for (unsigned i = 0; i < bin_nshards(first); i++)
		version = add_version(version, &bin_shard(first, i)->lock);
	return version;
}

static void add_bin(const struct bin *bin, struct bin_stats *to)
{
	struct mutex_stats mutex;
	/* Freed first: a region that comes and goes in between is then counted as out, never as
	 * freed more often than allocated. */
	uint64_t ndalloc = load_next(bin->ndalloc);
	uint64_t nmalloc = load_next(bin->nmalloc);
	to->ndalloc += ndalloc;
	to->nmalloc += nmalloc;
	to->curregs += (size_t)(nmalloc - ndalloc);
	to->nrequests += load_next(bin->nrequests);
	to->nfills += load_next(bin->nfills);
	to->nflushes += load_next(bin->nflushes);
	to->nslabs += load_next(bin->nslabs);
	to->nreslabs += load_next(bin->nreslabs);
	to->curslabs += load_next(bin->curslabs);
	to->nonfull_slabs += load_next(bin->nonfull);
	lock_stats(&bin->lock, &mutex);
	stats_merge_mutex(&to->mutex, &mutex);
}

static void read_bin(struct bin *first, unsigned class, struct bin_stats *to)
{
	uint64_t version;
	unsigned tries = 0;
	do {
		version = bin_version(first, class);
		*to = (struct bin_stats){.nmalloc = 0};
		for (unsigned i = 0; i < bin_nshards(first); i++)
			add_bin(bin_shard(first, i), to);
	} while (++tries < READ_TRIES && (version == 0 || version != bin_version(first, class)));
}

static void add_difference(struct size_group_stats *to, const struct bin_stats *was,
			   const struct bin_stats *is, size_t size)
{
	to->allocated += (is->curregs - was->curregs) * size;
	to->nmalloc += is->nmalloc - was->nmalloc;
	to->ndalloc += is->ndalloc - was->ndalloc;
	to->nrequests += is->nrequests - was->nrequests;
	to->nfills += is->nfills - was->nfills;
	to->nflushes += is->nflushes - was->nflushes;
}

/* What caches will report comes on top (stats_update_unreported()); what they reported since the
 * record was made is in it already. */
static uint64_t at_least(uint64_t counted, uint64_t recorded, uint64_t *unreported)
{
	uint64_t nrequests = counted > recorded ? counted : recorded;
	*unreported = nrequests - counted;
	return nrequests;
}

static __attribute__((noinline)) void update_bin(const struct stats_update *u, unsigned i)
{
	struct bin_stats *to = &u->to->bins[i];
	struct size_group_stats small = u->to->small;
	struct bin_stats fresh;
	read_bin(&u->arena->bins[i], i, &fresh);
	fresh.nrequests = at_least(fresh.nrequests, to->nrequests, &u->unreported[i]);
	add_difference(&small, to, &fresh, bin_infos[i].size);
	stats_replace_bin(to, IN_SUM(u, bins[i]), &fresh);
	stats_replace_group(&u->to->small, IN_SUM(u, small), &small);
}

void stats_update_bins(const struct stats_update *u)
{
	struct bin *bins = u->arena->bins;
	uint64_t *seen = u->seen->bins;
	unsigned nbins = size_class_nbins;
	/* Of many arenas most bins are as they were: this loop is what a refresh takes then. */
	for (unsigned i = 0; i < nbins; i++) {
		if (is_new(&seen[i], bin_version(&bins[i], i)))
			update_bin(u, i);
	}
}

/* ---- large objects ---- */

/* Exact objects are counted in three places. What was read while they were written is not so far
 * off that it would have to be read again, as long as it is not less than nothing. */
static size_t without_spared(const struct large *large, size_t of_classes)
{
	size_t spared = (size_t)load_next(large->spared);
	return spared <= of_classes ? of_classes - spared : 0;
}

void stats_update_large(const struct stats_update *u)
{
	struct size_group_stats large = {.allocated = 0};
	for (unsigned class = size_class_nbins; class < SIZE_CLASSES; class ++) {
		const struct large_counts *counts = &u->arena->large.counts[class];
		unsigned i = class - size_class_nbins;
		struct large_stats fresh;
		fresh.ndalloc = load_next(counts->ndalloc); /* first, as of a bin */
		fresh.nmalloc = load_next(counts->nmalloc);
		fresh.nrequests = fresh.nmalloc + shared_load(counts->nserved);
		if (class < TCACHE_CLASSES)
			fresh.nrequests = at_least(fresh.nrequests, u->to->lextents[i].nrequests,
						   &u->unreported[class]);
		fresh.curlextents = (size_t)(fresh.nmalloc - fresh.ndalloc);
		stats_replace_large(&u->to->lextents[i], IN_SUM(u, lextents[i]), &fresh);

		large.allocated += fresh.curlextents * size_class_sizes[class];
		large.nmalloc += fresh.nmalloc;
		large.ndalloc += fresh.ndalloc;
		large.nrequests += fresh.nrequests;
		large.nflushes += shared_load(counts->nflushes);
	}
	large.nfills = large.nmalloc; /* one by one */
	large.allocated = without_spared(&u->arena->large, large.allocated);
	stats_replace_group(&u->to->large, IN_SUM(u, large), &large);
}

/* ---- what caches have not reported yet ---- */

static void add_to(uint64_t *nrequests, uint64_t *in_sum, uint64_t by)
{
	publish(*nrequests, *nrequests + by);
	if (in_sum != NULL)
		publish(*in_sum, *in_sum + by);
}

void stats_update_unreported(struct arena_stats *to, uint64_t *unreported,
			     const uint64_t *nrequests, struct arena_stats *sum)
{
	for (unsigned class = 0; class < TCACHE_CLASSES && class < SIZE_CLASSES; class ++) {
		if (nrequests[class] <= unreported[class])
			continue;
		uint64_t by = nrequests[class] - unreported[class];
		unsigned large = class - size_class_nbins;
		unreported[class] = nrequests[class];
		if (class < size_class_nbins) {
			add_to(&to->bins[class].nrequests,
			       sum != NULL ? &sum->bins[class].nrequests : NULL, by);
			add_to(&to->small.nrequests, sum != NULL ? &sum->small.nrequests : NULL,
			       by);
		} else {
			add_to(&to->lextents[large].nrequests,
			       sum != NULL ? &sum->lextents[large].nrequests : NULL, by);
			add_to(&to->large.nrequests, sum != NULL ? &sum->large.nrequests : NULL,
			       by);
		}
	}
}
