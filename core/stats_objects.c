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

static __attribute__((noinline)) void update_bin(const struct stats_update *u, unsigned i,
						 bool is_changed)
{
	struct bin_stats *to = &u->to->bins[i];
	struct size_group_stats small = u->to->small;
	struct bin_stats fresh;
	if (is_changed) {
		read_bin(&u->arena->bins[i], i, &fresh);
	} else {
		fresh = *to;
		fresh.nrequests -= u->had->nrequests[i];
	}
	fresh.nrequests += u->caches->nrequests[i];
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
		bool is_changed = is_new(&seen[i], bin_version(&bins[i], i));
		if (is_changed ||
		    (u->has_caches && u->caches->nrequests[i] != u->had->nrequests[i]))
			update_bin(u, i, is_changed);
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
		fresh.nrequests = fresh.nmalloc + shared_load(counts->nserved) +
				  (class < TCACHE_CLASSES ? u->caches->nrequests[class] : 0);
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
