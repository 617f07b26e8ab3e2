#include "stats_update.h"

#include "os.h"
#include "page_recent.h"

/* By page class, those that wait to be taken again among them. */
struct dirty_extents {
	size_t counts[PAGE_CLASSES_MAX];
	size_t bytes[PAGE_CLASSES_MAX];
};

static void read_dirty(const struct pages *pages, struct dirty_extents *to)
{
	const struct extent_set *set = &pages->sets[PAGES_DIRTY];
	uint64_t version;
	unsigned tries = 0;
	do {
		version = lock_version(&pages->lock);
		for (unsigned i = 0; i < size_class_npages; i++) {
			to->counts[i] = load_next(set->counts[i]);
			to->bytes[i] = load_next(set->bytes[i]);
		}
		recent_count(pages, to->counts, to->bytes);
	} while (++tries < READ_TRIES && (version == 0 || version != lock_version(&pages->lock)));
}

static void update_extents(const struct stats_update *u)
{
	const struct extent_set *sets = u->arena->pages.sets;
	struct dirty_extents dirty;
	read_dirty(&u->arena->pages, &dirty);
	for (unsigned i = 0; i < size_class_npages; i++) {
		const struct extents_stats fresh = {
			.ndirty = dirty.counts[i],
			.nmuzzy = shared_load(sets[PAGES_MUZZY].counts[i]),
			.nretained = shared_load(sets[PAGES_RETAINED].counts[i]),
			.dirty_bytes = dirty.bytes[i],
			.muzzy_bytes = shared_load(sets[PAGES_MUZZY].bytes[i]),
			.retained_bytes = shared_load(sets[PAGES_RETAINED].bytes[i]),
		};
		stats_replace_extents(&u->to->extents[i], IN_SUM(u, extents[i]), &fresh);
	}
}

static void update_pinned(const struct stats_update *u)
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

static void replace_counts(const struct stats_update *u, const struct arena_counts *fresh)
{
#define ARENA_COUNTER(field, type, unit, kind, help) REPLACE_##kind(u->to, u->sum, fresh, field);
#include "counter.def"
	stats_replace_decay_ms(u->to, shared_load(u->arena->pages.decay[PAGES_DIRTY].ms),
			       shared_load(u->arena->pages.decay[PAGES_MUZZY].ms));
}

void stats_read_events(const struct arena *arena, struct extent_events *to)
{
#define EXTENT_EVENT(event, help) to->event = shared_load(arena->pages.events.event);
#include "counter.def"
}

static void update_events(const struct stats_update *u)
{
	struct extent_events fresh;
	stats_read_events(u->arena, &fresh);
	stats_replace_events(&u->to->events, IN_SUM(u, events), &fresh);
}

/* What changes without a lock. */
static void read_always(const struct stats_update *u, uint64_t now_ns, struct arena_counts *to)
{
	const struct arena *arena = u->arena;
	to->nthreads = shared_load(arena->nthreads);
	to->slab_purged = shared_load(arena->sparse.purged);
	to->uptime = now_ns > arena->created_ns ? now_ns - arena->created_ns : 0;
}

void stats_update_always(const struct stats_update *u, uint64_t now_ns)
{
	struct arena_counts fresh;
	update_events(u);
	read_always(u, now_ns, &fresh);
	REPLACE_GAUGE(u->to, u->sum, &fresh, nthreads);
	REPLACE_COUNTER(u->to, u->sum, &fresh, slab_purged);
	REPLACE_MAX(u->to, u->sum, &fresh, uptime);
}

void stats_update_counts(const struct stats_update *u, uint64_t now_ns)
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
	replace_counts(u, &fresh);
}

void stats_update_pages(const struct stats_update *u)
{
	const struct lock *lock = &u->arena->pages.lock;
	update_extents(u);
	update_pinned(u);
	update_mutex(lock, &u->to->mutexes.extents_dirty, IN_SUM(u, mutexes.extents_dirty));
	update_mutex(lock, &u->to->mutexes.extents_muzzy, IN_SUM(u, mutexes.extents_muzzy));
	update_mutex(lock, &u->to->mutexes.extents_pinned, IN_SUM(u, mutexes.extents_pinned));
	update_mutex(lock, &u->to->mutexes.decay_dirty, IN_SUM(u, mutexes.decay_dirty));
	update_mutex(lock, &u->to->mutexes.decay_muzzy, IN_SUM(u, mutexes.decay_muzzy));
}
