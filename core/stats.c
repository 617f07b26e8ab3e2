#include "stats.h"

#include "arenas.h"
#include "dss.h"
#include "guard.h"
#include "misuse.h"
#include "options.h"
#include "os.h"
#include "page_guard.h"
#include "tcache.h"
#include "thread.h"

/* How often what a lock guards is read when its owners keep changing. */
#define READ_TRIES 4

/* Of words that are written in some order, each load comes after those before it. */
#define load_next(lvalue) __atomic_load_n(&(lvalue), __ATOMIC_ACQUIRE)

static uint64_t zero_reallocs; /* relaxed */

void stats_count_zero_realloc(void)
{
	__atomic_add_fetch(&zero_reallocs, 1, __ATOMIC_RELAXED);
}

/* One arena and its record, while that is made to fit. */
struct update {
	struct arena *arena;
	struct stats_seen *seen;
	struct arena_stats *to;
	struct arena_stats *sum;           /* NULL: of nobody */
	const struct cache_counts *had;    /* what caches had when the record was made */
	const struct cache_counts *caches; /* what they have now */
	bool has_caches;                   /* then or now */
};

/* A part of the sum. */
#define IN_SUM(update, part) ((update)->sum != NULL ? &(update)->sum->part : NULL)

/* Whether something may have changed since the record was made, according to the version of a lock,
 * or the sum of several. To be asked before it is read: what changes later is read the next time.
 */
ALWAYS_INLINE bool is_new(uint64_t *seen, uint64_t version)
{
	if (version != 0 && version == *seen)
		return false;
	*seen = version;
	return true;
}

static uint64_t add_version(uint64_t sum, const struct lock *lock)
{
	uint64_t version = lock_version(lock);
	return sum != 0 && version != 0 ? sum + version : 0;
}

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

static __attribute__((noinline)) void update_bin(const struct update *u, unsigned i,
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

static void update_bins(const struct update *u)
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

static void update_large(const struct update *u)
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
		large.nfills += shared_load(counts->nfills);
		large.nflushes += shared_load(counts->nflushes);
	}
	stats_replace_group(&u->to->large, IN_SUM(u, large), &large);
}

/* ---- huge pages ---- */

static uint64_t hpa_version(const struct hpa *hpa)
{
	uint64_t version = add_version(1, &hpa->shard.lock);
	version = add_version(version, &hpa->shard.grow_lock);
	for (size_t i = 0; i < hpa->sec.limits->nparts; i++)
		version = add_version(version, &hpa->sec.parts[i].lock);
	return version;
}

static void copy_counts(const struct hpa_counts *from, struct hpa_slab_stats *to)
{
	*to = (struct hpa_slab_stats){
		.npageslabs_nonhuge = shared_load(from->npageslabs[false]),
		.npageslabs_huge = shared_load(from->npageslabs[true]),
		.nactive_nonhuge = shared_load(from->nactive[false]),
		.nactive_huge = shared_load(from->nactive[true]),
		.ndirty_nonhuge = shared_load(from->ndirty[false]),
		.ndirty_huge = shared_load(from->ndirty[true]),
	};
}

static void copy_batches(const struct hpa_batches *from, struct hpa_batch_stats *to)
{
	*to = (struct hpa_batch_stats){
		.min_extents = shared_load(from->least),
		.max_extents = shared_load(from->most),
		.extents = shared_load(from->extents),
		.ps = shared_load(from->slabs),
		.pages_per_ps = shared_load(from->pages_per_slab),
		.extents_per_ps = shared_load(from->extents_per_slab),
		.total_elapsed_ns_per_ps = shared_load(from->ns_per_slab),
	};
}

static_assert(HPA_ROOMS_SHOWN == HPA_ROOMS, "each is shown");
static_assert(HPA_BATCHES_SHOWN == HPA_BATCHES, "each is shown");
static_assert(HPA_SLAB_PAGES_SHOWN == HPA_SLAB_PAGES, "as they are");

static void read_hpa(const struct hpa *hpa, struct hpa_stats *to)
{
	const struct hpa_shard *shard = &hpa->shard;
	*to = (struct hpa_stats){
		.npageslabs = shared_load(shard->set.nslabs),
		.nactive = shared_load(shard->set.nactive),
		.ndirty = shared_load(shard->set.ndirty),
		.npurge_passes = shared_load(shard->npurge_passes),
		.npurges = shared_load(shard->npurges),
		.nhugifies = shared_load(shard->nhugifies),
		.nhugify_failures = shared_load(shard->nhugify_failures),
		.ndehugifies = shared_load(shard->ndehugifies),
	};
	copy_counts(&shard->set.full, &to->full_slabs);
	copy_counts(&shard->set.empty, &to->empty_slabs);
	to->slabs = to->full_slabs;
	stats_merge_slabs(&to->slabs, &to->empty_slabs);
	for (unsigned i = 0; i < HPA_ROOMS; i++) {
		copy_counts(&shard->set.nonfull[i], &to->nonfull_slabs[i]);
		stats_merge_slabs(&to->slabs, &to->nonfull_slabs[i]);
	}
	for (unsigned i = 0; i < HPA_BATCHES; i++)
		copy_batches(&shard->batches[i], &to->alloc[i]);
	for (size_t i = 0; i < hpa->sec.limits->nparts; i++) {
		const struct hpa_sec_part *part = &hpa->sec.parts[i];
		to->sec.bytes += shared_load(part->bytes);
		to->sec.hits += shared_load(part->counts.hits);
		to->sec.misses += shared_load(part->counts.misses);
		to->sec.dalloc_noflush += shared_load(part->counts.kept);
		to->sec.dalloc_flush += shared_load(part->counts.flushes);
		to->sec.overfills += shared_load(part->counts.overfills);
	}
}

static void update_mutex(const struct lock *lock, struct mutex_stats *to, struct mutex_stats *sum)
{
	struct mutex_stats fresh;
	lock_stats(lock, &fresh);
	stats_replace_mutex(to, sum, &fresh);
}

static void update_hpa(const struct update *u, const struct hpa *hpa)
{
	struct hpa_stats fresh;
	struct mutex_stats sec = {.num_ops = 0}, one;
	uint64_t version;
	unsigned tries = 0;
	do {
		version = hpa_version(hpa);
		read_hpa(hpa, &fresh);
	} while (++tries < READ_TRIES && (version == 0 || version != hpa_version(hpa)));
	stats_publish_words(&u->to->hpa, &fresh, sizeof(fresh));

	update_mutex(&hpa->shard.lock, &u->to->mutexes.hpa_shard, IN_SUM(u, mutexes.hpa_shard));
	update_mutex(&hpa->shard.grow_lock, &u->to->mutexes.hpa_shard_grow,
		     IN_SUM(u, mutexes.hpa_shard_grow));
	for (size_t i = 0; i < hpa->sec.limits->nparts; i++) {
		lock_stats(&hpa->sec.parts[i].lock, &one);
		stats_merge_mutex(&sec, &one);
	}
	stats_replace_mutex(&u->to->mutexes.hpa_sec, IN_SUM(u, mutexes.hpa_sec), &sec);
}

/* ---- pages, metadata, locks ---- */

static void update_extents(const struct update *u)
{
	const struct extent_set *sets = u->arena->pages.sets;
	for (unsigned i = 0; i < size_class_npages; i++) {
		const struct extents_stats fresh = {
			.ndirty = shared_load(sets[PAGES_DIRTY].counts[i]),
			.nmuzzy = shared_load(sets[PAGES_MUZZY].counts[i]),
			.nretained = shared_load(sets[PAGES_RETAINED].counts[i]),
			.dirty_bytes = shared_load(sets[PAGES_DIRTY].bytes[i]),
			.muzzy_bytes = shared_load(sets[PAGES_MUZZY].bytes[i]),
			.retained_bytes = shared_load(sets[PAGES_RETAINED].bytes[i]),
		};
		stats_replace_extents(&u->to->extents[i], IN_SUM(u, extents[i]), &fresh);
	}
}

static void update_pinned(const struct update *u)
{
	const struct extent_set *set = &u->arena->pages.sets[PAGES_PINNED];
	if (!shared_load(u->arena->pages.has_pinned))
		return;
	for (unsigned i = 0; i < size_class_npages; i++) {
		const struct pinned_stats fresh = {
			.npinned = shared_load(set->counts[i]),
			.pinned_bytes = shared_load(set->bytes[i]),
		};
		stats_replace_pinned(&u->to->pinned_extents[i], IN_SUM(u, pinned_extents[i]),
				     &fresh);
	}
}

/* The counts of an arena that stand in no array. */
struct arena_counts {
#define ARENA_COUNTER(field, type, unit, kind, help) type field;
#include "counter.def"
};

static void read_pages(const struct pages *pages, struct arena_counts *to)
{
	const struct purge_counts *dirty = &pages->purged[PAGES_DIRTY];
	const struct purge_counts *muzzy = &pages->purged[PAGES_MUZZY];
	uint64_t version;
	unsigned tries = 0;
	do {
		version = lock_version(&pages->lock);
		to->pactive = load_next(pages->nactive);
		to->pdirty = load_next(pages->sets[PAGES_DIRTY].npages) +
			     load_next(pages->nrecent) + load_next(pages->in_transit);
		to->pmuzzy = load_next(pages->sets[PAGES_MUZZY].npages);
		to->retained =
			(load_next(pages->sets[PAGES_RETAINED].npages) + load_next(pages->mending))
			<< os_lg_page;
		to->pinned = load_next(pages->has_pinned)
				     ? load_next(pages->sets[PAGES_PINNED].npages) << os_lg_page
				     : 0;
		to->abandoned_vm = load_next(pages->abandoned);
		to->dirty_npurge = load_next(dirty->sweeps);
		to->dirty_nmadvise = load_next(dirty->calls);
		to->dirty_purged = load_next(dirty->pages);
		to->muzzy_npurge = load_next(muzzy->sweeps);
		to->muzzy_nmadvise = load_next(muzzy->calls);
		to->muzzy_purged = load_next(muzzy->pages);
	} while (++tries < READ_TRIES && (version == 0 || version != lock_version(&pages->lock)));
}

/* What the small extent cache keeps is active for the shard, and unused for everybody else. */
static void add_hpa(const struct hpa_stats *hpa, const struct hpa_shard *shard,
		    struct arena_counts *to)
{
	size_t kept = hpa->sec.bytes >> os_lg_page;
	kept = kept < hpa->nactive ? kept : hpa->nactive;
	size_t used = hpa->nactive + hpa->ndirty, npages = hpa->npageslabs * HPA_SLAB_PAGES;
	to->pactive += hpa->nactive - kept;
	to->pdirty += hpa->ndirty + kept;
	to->retained +=
		((npages > used ? npages - used : 0) << os_lg_page) + shared_load(shard->nfresh);
}

static void update_counts(const struct update *u, const struct arena_counts *fresh)
{
#define ARENA_COUNTER(field, type, unit, kind, help) REPLACE_##kind(u->to, u->sum, fresh, field);
#include "counter.def"
	stats_replace_decay_ms(u->to, shared_load(u->arena->pages.decay[PAGES_DIRTY].ms),
			       shared_load(u->arena->pages.decay[PAGES_MUZZY].ms));
}

void stats_collect_events(const struct arena *arena, struct extent_events *to)
{
#define EXTENT_EVENT(event, help) to->event = shared_load(arena->pages.events.event);
#include "counter.def"
}

static void update_events(const struct update *u)
{
	struct extent_events fresh;
	stats_collect_events(u->arena, &fresh);
	stats_replace_events(&u->to->events, IN_SUM(u, events), &fresh);
}

/* What changes without a lock. */
static void read_always(const struct update *u, uint64_t now_ns, struct arena_counts *to)
{
	const struct arena *arena = u->arena;
	to->nthreads = shared_load(arena->nthreads);
	to->slab_purged = shared_load(arena->sparse.purged);
	to->uptime = now_ns > arena->created_ns ? now_ns - arena->created_ns : 0;
}

static void update_always(const struct update *u, uint64_t now_ns)
{
	struct arena_counts fresh;
	read_always(u, now_ns, &fresh);
	REPLACE_GAUGE(u->to, u->sum, &fresh, nthreads);
	REPLACE_COUNTER(u->to, u->sum, &fresh, slab_purged);
	REPLACE_MAX(u->to, u->sum, &fresh, uptime);
}

static void update_all_counts(const struct update *u, uint64_t now_ns)
{
	const struct arena *arena = u->arena;
	const struct base *base = arena->base;
	const struct extent_pool *pool = &arena->pages.pool;
	struct arena_counts fresh = {
		.tcache_bytes = u->caches->bytes,
		.tcache_stashed_bytes = u->caches->stashed_bytes,
		.extent_avail = shared_load(pool->count),
		.metadata_edata = shared_load(pool->made) * sizeof(struct extent),
		.base = shared_load(base->allocated),
		.metadata_thp = shared_load(base->thp),
	};
	read_always(u, now_ns, &fresh);
	read_pages(&arena->pages, &fresh);
	if (arena->pages.hpa != NULL)
		add_hpa(&u->to->hpa, &arena->pages.hpa->shard, &fresh);
	size_t backed =
		((fresh.pactive + fresh.pdirty + fresh.pmuzzy) << os_lg_page) + fresh.pinned;
	/* In this order: what is resident is mapped. */
	fresh.resident = backed + load_next(base->resident);
	fresh.mapped = backed + load_next(base->mapped);
	update_counts(u, &fresh);
}

static void update_page_mutexes(const struct update *u)
{
	const struct lock *lock = &u->arena->pages.lock;
	update_mutex(lock, &u->to->mutexes.extents_dirty, IN_SUM(u, mutexes.extents_dirty));
	update_mutex(lock, &u->to->mutexes.extents_muzzy, IN_SUM(u, mutexes.extents_muzzy));
	update_mutex(lock, &u->to->mutexes.extents_pinned, IN_SUM(u, mutexes.extents_pinned));
	update_mutex(lock, &u->to->mutexes.decay_dirty, IN_SUM(u, mutexes.decay_dirty));
	update_mutex(lock, &u->to->mutexes.decay_muzzy, IN_SUM(u, mutexes.decay_muzzy));
}

/* What a lock guards beside its own counts; false: as before. */
static bool update_lock(const struct lock *lock, uint64_t *seen, struct mutex_stats *to,
			struct mutex_stats *sum)
{
	if (!is_new(seen, lock_version(lock)))
		return false;
	update_mutex(lock, to, sum);
	return true;
}

/* ---- one arena ---- */

static const struct cache_counts no_caches;

/* Returns whether the sum of packed huge pages is out of date. */
static bool update(const struct update *u, uint64_t now_ns)
{
	const struct arena *arena = u->arena;
	const struct hpa *hpa = arena->pages.hpa;
	struct stats_seen *seen = u->seen;
	struct arena_stats *to = u->to;

	bool has_new_pages = is_new(&seen->pages, lock_version(&arena->pages.lock));
	bool has_new_hpa = hpa != NULL && is_new(&seen->hpa, hpa_version(hpa));
	bool is_counted = has_new_pages || has_new_hpa || u->has_caches;
	is_counted |= update_lock(&arena->pages.pool.lock, &seen->pool, &to->mutexes.extent_avail,
				  IN_SUM(u, mutexes.extent_avail));
	is_counted |= update_lock(&arena->base->lock, &seen->base, &to->mutexes.base,
				  IN_SUM(u, mutexes.base));
	/* A cache reports before it leaves the arena. */
	bool has_left = update_lock(&arena->threads_lock, &seen->threads, &to->mutexes.tcache_list,
				    IN_SUM(u, mutexes.tcache_list));
	update_lock(&arena->large.lock, &seen->large, &to->mutexes.large, IN_SUM(u, mutexes.large));
	update_lock(&arena->pages.grow_lock, &seen->grow, &to->mutexes.extents_retained,
		    IN_SUM(u, mutexes.extents_retained));

	update_bins(u);
	if (has_new_pages || has_left || u->has_caches)
		update_large(u);
	if (has_new_hpa)
		update_hpa(u, hpa);
	if (has_new_pages) {
		update_extents(u);
		update_pinned(u);
		update_page_mutexes(u);
	}
	update_events(u);
	if (is_counted)
		update_all_counts(u, now_ns);
	else
		update_always(u, now_ns);
	return has_new_hpa;
}

bool stats_update_arena(struct arena *arena, struct stats_kept *kept,
			const struct cache_counts *caches, struct arena_stats *sum, uint64_t now_ns)
{
	bool had_caches = kept->seen.has_caches, has_caches = caches != NULL;
	const struct update u = {
		.arena = arena,
		.seen = &kept->seen,
		.to = &kept->record,
		.sum = sum,
		.had = had_caches ? &kept->caches : &no_caches,
		.caches = has_caches ? caches : &no_caches,
		.has_caches = had_caches || has_caches,
	};
	bool has_new_hpa = update(&u, now_ns);
	if (has_caches)
		kept->caches = *caches;
	kept->seen.has_caches = has_caches;
	return has_new_hpa;
}

void stats_count_cache(struct cache_counts *counts, const struct tcache *cache)
{
	counts->bytes += tcache_bytes(cache);
	counts->stashed_bytes += tcache_stashed_bytes(cache);
	tcache_unreported(cache, counts->nrequests);
}

struct counting {
	const struct arena *arena;
	struct cache_counts counts;
};

static void count_of_one_arena(const struct tcache *cache, const struct arena *arena,
			       void *argument)
{
	struct counting *counting = argument;
	if (arena == counting->arena)
		stats_count_cache(&counting->counts, cache);
}

void stats_collect_arena(struct arena *arena, struct arena_stats *to)
{
	struct counting counting = {.arena = arena};
	struct stats_seen seen = {.has_caches = false};
	thread_each_cache(count_of_one_arena, &counting);
	const struct update u = {
		.arena = arena,
		.seen = &seen,
		.to = to,
		.had = &no_caches,
		.caches = &counting.counts,
		.has_caches = true,
	};
	stats_clear(to);
	update(&u, os_now_precise_ns());
}

static void reset(struct lock *lock)
{
	lock_take(lock);
	lock_stats_reset(lock);
	lock_drop(lock);
}

void stats_reset_mutexes(struct arena *arena)
{
	reset(&arena->threads_lock);
	for (unsigned i = 0; i < size_class_nbins; i++)
		for (unsigned shard = 0; shard < bin_nshards(&arena->bins[i]); shard++)
			reset(&bin_shard(&arena->bins[i], shard)->lock);
	reset(&arena->large.lock);
	reset(&arena->pages.grow_lock);
	reset(&arena->pages.lock);
	reset(&arena->pages.pool.lock);
	if (arena->pages.hpa != NULL)
		hpa_reset_lock_stats(arena->pages.hpa);
	reset(&arena->base->lock);
}

/* ---- all of them ---- */

void stats_collect_total(struct total_stats *to, const struct arena_stats *merged)
{
	struct pagemap_stats map;
	pagemap_stats(&map);
	*to = (struct total_stats){
		.allocated = merged->small.allocated + merged->large.allocated,
		.active = merged->pactive << os_lg_page,
		.metadata = merged->base + merged->internal + map.resident,
		.metadata_thp = merged->metadata_thp + map.thp,
		.metadata_edata = merged->metadata_edata,
		.metadata_rtree = map.resident,
		.resident = merged->resident + map.resident,
		.mapped = merged->mapped + map.mapped,
		.retained = merged->retained + dss_retained(),
		.pinned = merged->pinned,
		.zero_reallocs = __atomic_load_n(&zero_reallocs, __ATOMIC_RELAXED),
	};
}

void stats_collect_safety(struct safety_stats *to)
{
	struct guard_stats guard;
	guard_stats(&guard);
	to->sampled = guard.sampled;
	to->missed = guard.missed;
	to->guarded = guard.live;
	to->quarantined = guard.freed;
	to->guarded_extents = page_guard_count();
#define SAFETY_FINDING(field, option, NAME, help) to->field = misuse_count(MISUSE_##NAME);
#include "counter.def"
}
