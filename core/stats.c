#include "stats.h"

#include "arenas.h"
#include "dss.h"
#include "guard_pool.h"
#include "misuse.h"
#include "options.h"
#include "os.h"
#include "page_guard.h"
#include "stats_update.h"
#include "tcache.h"
#include "thread.h"

static size_t zero_reallocs; /* relaxed */

void stats_count_zero_realloc(void)
{
	__atomic_add_fetch(&zero_reallocs, 1, __ATOMIC_RELAXED);
}

size_t stats_zero_reallocs(void)
{
	return __atomic_load_n(&zero_reallocs, __ATOMIC_RELAXED);
}

/* ---- one arena ---- */

static const struct cache_counts no_caches;

/* What a lock guards beside its own counts; false: as before. */
static bool update_lock(const struct lock *lock, uint64_t *seen, struct mutex_stats *to,
			struct mutex_stats *sum)
{
	if (!is_new(seen, lock_version(lock)))
		return false;
	update_mutex(lock, to, sum);
	return true;
}

/* Returns whether the sum of packed huge pages is out of date. */
static bool update(const struct stats_update *u, uint64_t now_ns)
{
	const struct arena *arena = u->arena;
	const struct hpa *hpa = arena->pages.hpa;
	struct stats_seen *seen = u->seen;
	struct arena_stats *to = u->to;

	bool has_new_pages = is_new(&seen->pages, lock_version(&arena->pages.lock));
	bool has_new_hpa = hpa != NULL && is_new(&seen->hpa, stats_hpa_version(hpa));
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

	stats_update_bins(u);
	if (has_new_pages || has_left || u->has_caches)
		stats_update_large(u);
	if (has_new_hpa)
		stats_update_hpa(u, hpa);
	if (has_new_pages)
		stats_update_pages(u);
	stats_update_always(u, now_ns);
	if (is_counted)
		stats_update_counts(u, now_ns);
	return has_new_hpa;
}

void stats_prefetch_arena(const struct arena *arena, const struct stats_kept *kept)
{
	__builtin_prefetch(&arena->threads_lock);
	__builtin_prefetch(&arena->large.lock);
	__builtin_prefetch(&arena->pages.lock);
	__builtin_prefetch(&arena->pages.grow_lock);
	__builtin_prefetch(&arena->pages.pool.lock);
	__builtin_prefetch(&arena->pages.events);
	__builtin_prefetch(&kept->record.events);
	for (size_t at = 0; at < sizeof(kept->seen); at += CACHE_LINE)
		__builtin_prefetch((const char *)&kept->seen + at);
	for (unsigned i = 0; i < size_class_nbins; i++)
		__builtin_prefetch(&arena->bins[i].lock);
}

bool stats_update_arena(struct arena *arena, struct stats_kept *kept,
			const struct cache_counts *caches, struct arena_stats *sum, uint64_t now_ns)
{
	bool had_caches = kept->seen.has_caches, has_caches = caches != NULL;
	const struct stats_update u = {
		.arena = arena,
		.seen = &kept->seen,
		.to = &kept->record,
		.sum = sum,
		.unreported = kept->unreported,
		.caches = has_caches ? caches : &no_caches,
		.has_caches = had_caches || has_caches,
	};
	bool has_new_hpa = update(&u, now_ns);
	kept->seen.has_caches = has_caches;
	return has_new_hpa;
}

void stats_count_cache(struct cache_counts *counts, const struct tcache *cache)
{
	counts->bytes += tcache_bytes(cache);
	counts->stashed_bytes += tcache_stashed_bytes(cache);
}

void stats_count_requests(struct cache_counts *counts, const struct tcache *cache)
{
	tcache_unreported(cache, counts->nrequests);
}

void stats_update_requests(struct stats_kept *kept, const struct cache_counts *caches,
			   struct arena_stats *sum)
{
	stats_update_unreported(&kept->record, kept->unreported, caches->nrequests, sum);
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

static void count_requests_of_one_arena(const struct tcache *cache, const struct arena *arena,
					void *argument)
{
	struct counting *counting = argument;
	if (arena == counting->arena)
		stats_count_requests(&counting->counts, cache);
}

void stats_collect_kept(struct arena *arena, struct stats_kept *kept)
{
	struct counting counting = {.arena = arena};
	thread_each_cache(count_of_one_arena, &counting);
	stats_update_arena(arena, kept, &counting.counts, NULL, os_now_precise_ns());
	thread_each_cache(count_requests_of_one_arena, &counting);
	stats_update_requests(kept, &counting.counts, NULL);
}

void stats_collect_arena(struct arena *arena, struct arena_stats *to)
{
	uint64_t unreported[TCACHE_CLASSES] = {0};
	struct counting counting = {.arena = arena};
	struct stats_seen seen = {.has_caches = false};
	thread_each_cache(count_of_one_arena, &counting);
	const struct stats_update u = {
		.arena = arena,
		.seen = &seen,
		.to = to,
		.unreported = unreported,
		.caches = &counting.counts,
		.has_caches = true,
	};
	stats_clear(to);
	update(&u, os_now_precise_ns());
	thread_each_cache(count_requests_of_one_arena, &counting);
	stats_update_unreported(to, unreported, counting.counts.nrequests, NULL);
}

void stats_forget(struct stats_kept *kept)
{
	stats_clear(&kept->record);
	memset(&kept->seen, 0, sizeof(kept->seen));
	memset(kept->unreported, 0, sizeof(kept->unreported));
}

void stats_collect_events(const struct arena *arena, struct extent_events *to)
{
	stats_read_events(arena, to);
}

void stats_reset_mutexes(struct arena *arena)
{
	arena_each_lock(arena, lock_stats_forget);
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
	};
}

void stats_collect_safety(struct safety_stats *to)
{
	struct guard_stats guard;
	guard_pool_stats(&guard);
	to->sampled = guard.sampled;
	to->missed = guard.missed;
	to->guarded = guard.live;
	to->quarantined = guard.freed;
	to->guarded_extents = page_guard_count();
#define SAFETY_FINDING(field, option, NAME, help) to->field = misuse_count(MISUSE_##NAME);
#include "counter.def"
}
