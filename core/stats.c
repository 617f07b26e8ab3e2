#include "stats.h"

#include "arenas.h"
#include "guard.h"
#include "misuse.h"
#include "options.h"
#include "dss.h"
#include "os.h"
#include "page_guard.h"
#include "page_recent.h"
#include "tcache.h"

#include <string.h>

static uint64_t zero_reallocs; /* relaxed */

void stats_count_zero_realloc(void)
{
	__atomic_add_fetch(&zero_reallocs, 1, __ATOMIC_RELAXED);
}

#define MERGE_COUNTER(to, from, field) ((to)->field += (from)->field)
#define MERGE_GAUGE(to, from, field)   ((to)->field += (from)->field)
#define MERGE_MAX(to, from, field)                                                                 \
	((to)->field = (to)->field > (from)->field ? (to)->field : (from)->field)
/* 0 is none: taken for one more than the largest number. */
#define MERGE_MIN(to, from, field)                                                                 \
	((to)->field = (to)->field - 1 < (from)->field - 1 ? (to)->field : (from)->field)

static void merge_mutex(struct mutex_stats *to, const struct mutex_stats *from)
{
#define MUTEX_COUNTER(field, type, unit, kind, help) MERGE_##kind(to, from, field);
#include "counter.def"
}

/* ---- one arena ---- */

/* Adds one shard of a bin to what the others have. */
static void add_bin(struct bin *bin, struct bin_stats *to)
{
	struct mutex_stats mutex;
	lock_take(&bin->lock);
	to->nmalloc += bin->nmalloc;
	to->ndalloc += bin->ndalloc;
	to->nrequests += bin->nrequests;
	to->curregs += bin->curregs;
	to->nfills += bin->nfills;
	to->nflushes += bin->nflushes;
	to->nslabs += bin->nslabs;
	to->nreslabs += bin->nreslabs;
	to->curslabs += bin->curslabs;
	to->nonfull_slabs += bin->nonfull;
	lock_stats(&bin->lock, &mutex);
	lock_drop(&bin->lock);
	merge_mutex(&to->mutex, &mutex);
}

static void collect_bins(struct arena *arena, struct arena_stats *to, const uint64_t *unreported)
{
	for (unsigned i = 0; i < size_class_nbins; i++) {
		struct bin_stats *stats = &to->bins[i];
		*stats = (struct bin_stats){.nrequests = unreported[i]};
		for (unsigned shard = 0; shard < bin_nshards(&arena->bins[i]); shard++)
			add_bin(bin_shard(&arena->bins[i], shard), stats);

		to->small.allocated += stats->curregs * bin_infos[i].size;
		to->small.nmalloc += stats->nmalloc;
		to->small.ndalloc += stats->ndalloc;
		to->small.nrequests += stats->nrequests;
		to->small.nfills += stats->nfills;
		to->small.nflushes += stats->nflushes;
	}
}

static void collect_large(struct arena *arena, struct arena_stats *to, const uint64_t *unreported)
{
	for (unsigned class = size_class_nbins; class < SIZE_CLASSES; class ++) {
		const struct large_counts *counts = &arena->large.counts[class];
		struct large_stats *stats = &to->lextents[class - size_class_nbins];
		/* Freed first: an object that comes and goes in between is then counted as out,
		 * never as freed more often than allocated. */
		stats->ndalloc = __atomic_load_n(&counts->ndalloc, __ATOMIC_ACQUIRE);
		stats->nmalloc = shared_load(counts->nmalloc);
		stats->nrequests = stats->nmalloc + shared_load(counts->nserved) +
				   (class < TCACHE_CLASSES ? unreported[class] : 0);
		stats->curlextents = (size_t)(stats->nmalloc - stats->ndalloc);

		to->large.allocated += stats->curlextents * size_class_sizes[class];
		to->large.nmalloc += stats->nmalloc;
		to->large.ndalloc += stats->ndalloc;
		to->large.nrequests += stats->nrequests;
		to->large.nfills += shared_load(counts->nfills);
		to->large.nflushes += shared_load(counts->nflushes);
	}
}

static void collect_pages(struct pages *pages, struct arena_stats *to)
{
	lock_take(&pages->lock);
	recent_settle(pages);
	to->pactive = pages->nactive;
	to->pdirty = pages->sets[PAGES_DIRTY].npages + pages->in_transit;
	to->pmuzzy = pages->sets[PAGES_MUZZY].npages;
	to->retained = pages->sets[PAGES_RETAINED].npages << os_lg_page;
	to->abandoned_vm = pages->abandoned;
	to->dirty_npurge = pages->purged[PAGES_DIRTY].sweeps;
	to->dirty_nmadvise = pages->purged[PAGES_DIRTY].calls;
	to->dirty_purged = pages->purged[PAGES_DIRTY].pages;
	to->muzzy_npurge = pages->purged[PAGES_MUZZY].sweeps;
	to->muzzy_nmadvise = pages->purged[PAGES_MUZZY].calls;
	to->muzzy_purged = pages->purged[PAGES_MUZZY].pages;
	to->dirty_decay_ms = pages->decay[PAGES_DIRTY].ms;
	to->muzzy_decay_ms = pages->decay[PAGES_MUZZY].ms;
	for (unsigned i = 0; i < size_class_npages; i++)
		to->extents[i] = (struct extents_stats){
			.ndirty = pages->sets[PAGES_DIRTY].counts[i],
			.nmuzzy = pages->sets[PAGES_MUZZY].counts[i],
			.nretained = pages->sets[PAGES_RETAINED].counts[i],
			.dirty_bytes = pages->sets[PAGES_DIRTY].bytes[i],
			.muzzy_bytes = pages->sets[PAGES_MUZZY].bytes[i],
			.retained_bytes = pages->sets[PAGES_RETAINED].bytes[i],
		};
	lock_stats(&pages->lock, &to->mutexes.extents_dirty);
	to->mutexes.extents_muzzy = to->mutexes.extents_dirty;
	to->mutexes.decay_dirty = to->mutexes.extents_dirty;
	to->mutexes.decay_muzzy = to->mutexes.extents_dirty;
	lock_drop(&pages->lock);

	lock_take(&pages->grow_lock);
	lock_stats(&pages->grow_lock, &to->mutexes.extents_retained);
	lock_drop(&pages->grow_lock);

	lock_take(&pages->pool.lock);
	to->extent_avail = pages->pool.count;
	to->metadata_edata = shared_load(pages->pool.made) * sizeof(struct extent);
	lock_stats(&pages->pool.lock, &to->mutexes.extent_avail);
	lock_drop(&pages->pool.lock);
}

void stats_collect_events(const struct arena *arena, struct extent_events *to)
{
#define EXTENT_EVENT(event, help) to->event = shared_load(arena->pages.events.event);
#include "counter.def"
}

static void copy_counts(const struct hpa_counts *from, struct hpa_slab_stats *to)
{
	*to = (struct hpa_slab_stats){
		.npageslabs_nonhuge = from->npageslabs[false],
		.npageslabs_huge = from->npageslabs[true],
		.nactive_nonhuge = from->nactive[false],
		.nactive_huge = from->nactive[true],
		.ndirty_nonhuge = from->ndirty[false],
		.ndirty_huge = from->ndirty[true],
	};
}

static void merge_events(struct extent_events *to, const struct extent_events *from)
{
#define EXTENT_EVENT(event, help) to->event += from->event;
#include "counter.def"
}

static void merge_slabs(struct hpa_slab_stats *to, const struct hpa_slab_stats *from)
{
#define HPA_SLAB_COUNTER(field, type, unit, kind, help) MERGE_##kind(to, from, field);
#include "counter.def"
}

static void copy_batches(const struct hpa_batches *from, struct hpa_batch_stats *to)
{
	*to = (struct hpa_batch_stats){
		.min_extents = from->least,
		.max_extents = from->most,
		.extents = from->extents,
		.ps = from->slabs,
		.pages_per_ps = from->pages_per_slab,
		.extents_per_ps = from->extents_per_slab,
		.total_elapsed_ns_per_ps = from->ns_per_slab,
	};
}

static_assert(HPA_ROOMS_SHOWN == HPA_ROOMS, "each is shown");
static_assert(HPA_BATCHES_SHOWN == HPA_BATCHES, "each is shown");
static_assert(HPA_SLAB_PAGES_SHOWN == HPA_SLAB_PAGES, "as they are");

static void collect_hpa_shard(struct hpa_shard *shard, struct arena_stats *to)
{
	struct hpa_stats *stats = &to->hpa;
	lock_take(&shard->lock);
	stats->npageslabs = shard->set.nslabs;
	stats->nactive = shard->set.nactive;
	stats->ndirty = shard->set.ndirty;
	stats->npurge_passes = shard->npurge_passes;
	stats->npurges = shard->npurges;
	stats->nhugifies = shard->nhugifies;
	stats->nhugify_failures = shard->nhugify_failures;
	stats->ndehugifies = shard->ndehugifies;
	copy_counts(&shard->set.full, &stats->full_slabs);
	copy_counts(&shard->set.empty, &stats->empty_slabs);
	stats->slabs = stats->full_slabs;
	merge_slabs(&stats->slabs, &stats->empty_slabs);
	for (unsigned i = 0; i < HPA_ROOMS; i++) {
		copy_counts(&shard->set.nonfull[i], &stats->nonfull_slabs[i]);
		merge_slabs(&stats->slabs, &stats->nonfull_slabs[i]);
	}
	for (unsigned i = 0; i < HPA_BATCHES; i++)
		copy_batches(&shard->batches[i], &stats->alloc[i]);
	lock_stats(&shard->lock, &to->mutexes.hpa_shard);
	lock_drop(&shard->lock);

	lock_take(&shard->grow_lock);
	lock_stats(&shard->grow_lock, &to->mutexes.hpa_shard_grow);
	lock_drop(&shard->grow_lock);
}

/* Of the parts of the small extent cache, one after the other. */
static void collect_hpa_sec(struct hpa_sec *sec, struct arena_stats *to)
{
	for (size_t i = 0; i < sec->limits->nparts; i++) {
		struct hpa_sec_part *part = &sec->parts[i];
		struct mutex_stats mutex;
		lock_take(&part->lock);
		to->hpa.sec.bytes += part->bytes;
		to->hpa.sec.hits += part->counts.hits;
		to->hpa.sec.misses += part->counts.misses;
		to->hpa.sec.dalloc_noflush += part->counts.kept;
		to->hpa.sec.dalloc_flush += part->counts.flushes;
		to->hpa.sec.overfills += part->counts.overfills;
		lock_stats(&part->lock, &mutex);
		lock_drop(&part->lock);
		merge_mutex(&to->mutexes.hpa_sec, &mutex);
	}
}

/* What the small extent cache keeps is active for the shard, and unused for everybody else. */
static void collect_hpa(struct hpa *hpa, struct arena_stats *to)
{
	if (hpa == NULL)
		return;
	collect_hpa_sec(&hpa->sec, to);
	collect_hpa_shard(&hpa->shard, to);
	size_t kept = to->hpa.sec.bytes >> os_lg_page;
	kept = kept < to->hpa.nactive ? kept : to->hpa.nactive;
	size_t npages = to->hpa.npageslabs * HPA_SLAB_PAGES;
	to->pactive += to->hpa.nactive - kept;
	to->pdirty += to->hpa.ndirty + kept;
	to->retained += ((npages - to->hpa.nactive - to->hpa.ndirty) << os_lg_page) +
			shared_load(hpa->shard.nfresh);
}

void stats_clear(struct arena_stats *record)
{
	memset(record, 0,
	       options.hpa ? sizeof(struct arena_stats) : offsetof(struct arena_stats, hpa));
}

void stats_collect_arena(struct arena *arena, struct arena_stats *to)
{
	uint64_t unreported[TCACHE_CLASSES] = {0};
	stats_clear(to);

	lock_take(&arena->threads_lock);
	list_for_each(link, &arena->threads)
	{
		const struct tcache *cache = container_of(link, struct tcache, link);
		to->tcache_bytes += tcache_bytes(cache);
		to->tcache_stashed_bytes += tcache_stashed_bytes(cache);
		tcache_unreported(cache, unreported);
	}
	lock_stats(&arena->threads_lock, &to->mutexes.tcache_list);
	lock_drop(&arena->threads_lock);

	to->nthreads = __atomic_load_n(&arena->nthreads, __ATOMIC_RELAXED);
	to->slab_purged = shared_load(arena->sparse.purged);
	to->uptime = os_now_precise_ns() - arena->created_ns;
	collect_bins(arena, to, unreported);
	collect_large(arena, to, unreported);
	collect_pages(&arena->pages, to);
	stats_collect_events(arena, &to->events);
	collect_hpa(arena->pages.hpa, to);

	lock_take(&arena->large.lock);
	lock_stats(&arena->large.lock, &to->mutexes.large);
	lock_drop(&arena->large.lock);

	lock_take(&arena->base->lock);
	size_t base_resident = arena->base->resident;
	size_t base_mapped = arena->base->mapped;
	to->base = arena->base->allocated;
	to->metadata_thp = arena->base->thp;
	lock_stats(&arena->base->lock, &to->mutexes.base);
	lock_drop(&arena->base->lock);

	size_t backed = (to->pactive + to->pdirty + to->pmuzzy) << os_lg_page;
	to->resident = backed + base_resident;
	to->mapped = backed + base_mapped;
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

/* ---- sums ---- */

/* A destroyed arena has nothing at present: only what grew over its life counts. */
#define LIFETIME_COUNTER(to, from, field) MERGE_COUNTER(to, from, field)
#define LIFETIME_GAUGE(to, from, field)   ((void)0)
#define LIFETIME_MAX(to, from, field)     MERGE_MAX(to, from, field)

static void merge_group_counts(struct size_group_stats *to, const struct size_group_stats *from)
{
	to->nmalloc += from->nmalloc;
	to->ndalloc += from->ndalloc;
	to->nrequests += from->nrequests;
	to->nfills += from->nfills;
	to->nflushes += from->nflushes;
}

static void merge_mutexes(struct arena_stats *to, const struct arena_stats *from)
{
#define ARENA_MUTEX(name, help) merge_mutex(&to->mutexes.name, &from->mutexes.name);
#include "counter.def"
	for (unsigned i = 0; i < size_class_nbins; i++)
		merge_mutex(&to->bins[i].mutex, &from->bins[i].mutex);
}

static void merge_sec(struct hpa_sec_stats *to, const struct hpa_sec_stats *from)
{
#define HPA_SEC_COUNTER(field, type, unit, kind, help) MERGE_##kind(to, from, field);
#include "counter.def"
}

static void merge_batches(struct hpa_batch_stats *to, const struct hpa_batch_stats *from)
{
#define HPA_BATCH_COUNTER(field, type, unit, kind, help) MERGE_##kind(to, from, field);
#include "counter.def"
}

static void merge_hpa(struct hpa_stats *to, const struct hpa_stats *from)
{
	if (!options.hpa)
		return;
#define HPA_COUNTER(field, type, unit, kind, help) MERGE_##kind(to, from, field);
#include "counter.def"
	merge_sec(&to->sec, &from->sec);
	merge_slabs(&to->slabs, &from->slabs);
	merge_slabs(&to->full_slabs, &from->full_slabs);
	merge_slabs(&to->empty_slabs, &from->empty_slabs);
	for (unsigned i = 0; i < HPA_ROOMS_SHOWN; i++)
		merge_slabs(&to->nonfull_slabs[i], &from->nonfull_slabs[i]);
	for (unsigned i = 0; i < HPA_BATCHES_SHOWN; i++)
		merge_batches(&to->alloc[i], &from->alloc[i]);
}

static void merge_destroyed_sec(struct hpa_sec_stats *to, const struct hpa_sec_stats *from)
{
#define HPA_SEC_COUNTER(field, type, unit, kind, help) LIFETIME_##kind(to, from, field);
#include "counter.def"
}

static void merge_destroyed_hpa(struct hpa_stats *to, const struct hpa_stats *from)
{
	if (!options.hpa)
		return;
#define HPA_COUNTER(field, type, unit, kind, help) LIFETIME_##kind(to, from, field);
#include "counter.def"
	merge_destroyed_sec(&to->sec, &from->sec);
	for (unsigned i = 0; i < HPA_BATCHES_SHOWN; i++)
		merge_batches(&to->alloc[i], &from->alloc[i]);
}

void stats_merge_arena(struct arena_stats *sum, const struct arena_stats *arena)
{
#define ARENA_COUNTER(field, type, unit, kind, help) MERGE_##kind(sum, arena, field);
#include "counter.def"
	sum->dirty_decay_ms = -1;
	sum->muzzy_decay_ms = -1;
	sum->small.allocated += arena->small.allocated;
	sum->large.allocated += arena->large.allocated;
	merge_group_counts(&sum->small, &arena->small);
	merge_group_counts(&sum->large, &arena->large);
	merge_mutexes(sum, arena);
	merge_events(&sum->events, &arena->events);
	merge_hpa(&sum->hpa, &arena->hpa);
	for (unsigned i = 0; i < size_class_nbins; i++) {
		struct bin_stats *to = &sum->bins[i];
		const struct bin_stats *from = &arena->bins[i];
#define BIN_COUNTER(field, type, unit, kind, help) MERGE_##kind(to, from, field);
#include "counter.def"
	}
	for (unsigned i = 0; i < SIZE_CLASSES - size_class_nbins; i++) {
		struct large_stats *to = &sum->lextents[i];
		const struct large_stats *from = &arena->lextents[i];
#define LARGE_COUNTER(field, type, unit, kind, help) MERGE_##kind(to, from, field);
#include "counter.def"
	}
	for (unsigned i = 0; i < size_class_npages; i++) {
		struct extents_stats *to = &sum->extents[i];
		const struct extents_stats *from = &arena->extents[i];
#define EXTENT_COUNTER(field, type, unit, kind, help) MERGE_##kind(to, from, field);
#include "counter.def"
	}
}

void stats_merge_destroyed(struct arena_stats *sum, const struct arena_stats *arena)
{
#define ARENA_COUNTER(field, type, unit, kind, help) LIFETIME_##kind(sum, arena, field);
#include "counter.def"
	sum->dirty_decay_ms = -1;
	sum->muzzy_decay_ms = -1;
	merge_group_counts(&sum->small, &arena->small);
	merge_group_counts(&sum->large, &arena->large);
	merge_mutexes(sum, arena);
	merge_events(&sum->events, &arena->events);
	merge_destroyed_hpa(&sum->hpa, &arena->hpa);
	for (unsigned i = 0; i < size_class_nbins; i++) {
		struct bin_stats *to = &sum->bins[i];
		const struct bin_stats *from = &arena->bins[i];
#define BIN_COUNTER(field, type, unit, kind, help) LIFETIME_##kind(to, from, field);
#include "counter.def"
		/* Destroying took back what was still out. */
		sum->small.ndalloc += from->curregs;
		to->ndalloc += from->curregs;
	}
	for (unsigned i = 0; i < SIZE_CLASSES - size_class_nbins; i++) {
		struct large_stats *to = &sum->lextents[i];
		const struct large_stats *from = &arena->lextents[i];
#define LARGE_COUNTER(field, type, unit, kind, help) LIFETIME_##kind(to, from, field);
#include "counter.def"
		sum->large.ndalloc += from->curlextents;
		to->ndalloc += from->curlextents;
	}
}

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
