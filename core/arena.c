#include "arena.h"

#include "dss.h"
#include "fmt.h"
#include "guard.h"
#include "options.h"
#include "os.h"

#include <errno.h>
#include <string.h>

static void init_bins(struct arena *arena)
{
	struct bin *more = arena->more_bins;
	for (unsigned i = 0; i < size_class_nbins; i++) {
		struct bin *first = &arena->bins[i];
		bin_init(first, i);
		first->more = bin_shards[i] > 1 ? more : NULL;
		for (unsigned shard = 1; shard < bin_shards[i]; shard++)
			bin_init(more++, i);
	}
}

/* Calls f for all shards of all bins. */
static COLD void each_bin(struct arena *arena, void (*f)(struct bin *, struct pages *))
{
	for (unsigned i = 0; i < size_class_nbins; i++) {
		struct bin *first = &arena->bins[i];
		for (unsigned shard = 0; shard < bin_nshards(first); shard++)
			f(bin_shard(first, shard), &arena->pages);
	}
}

void arena_set_name(struct arena *arena, const char *beginning, bool with_index)
{
	struct fmt name;
	memset(arena->name, 0, sizeof(arena->name));
	fmt_begin(&name, arena->name, sizeof(arena->name));
	fmt_text(&name, beginning);
	if (with_index)
		fmt_unsigned(&name, arena->index);
}

struct arena *arena_create(uint32_t index, bool is_manual, struct base *base, extent_hooks_t *hooks,
			   ssize_t dirty_decay_ms, ssize_t muzzy_decay_ms)
{
	struct base own;
	base_init(&own);
	size_t size = sizeof(struct arena) + bin_shards_more() * sizeof(struct bin);
	struct arena *arena = base_alloc(base != NULL ? base : &own, size, CACHE_LINE);
	if (arena == NULL)
		return NULL;
	if (base == NULL) {
		/* The base moves into the memory that it gave; nobody else knows it yet. */
		arena->own_base = own;
		base = &arena->own_base;
	}
	arena->index = index;
	arena->is_manual = is_manual;
	arena_set_name(arena, is_manual ? "manual_" : "auto_", true);
	arena->base = base;
	arena->created_ns = os_now_at_start_ns();
	lock_init(&arena->threads_lock, RANK_THREADS);
	list_init(&arena->threads);
	pages_init(&arena->pages, index, base, hooks, dirty_decay_ms, muzzy_decay_ms);
	sparse_init(&arena->sparse);
	large_init(&arena->large, &arena->pages, is_manual);
	init_bins(arena);
	return arena;
}

static void forget_counts(struct bin *bin, struct pages *pages UNUSED)
{
	bin_forget_counts(bin);
}

void arena_revive(struct arena *arena, extent_hooks_t *hooks, ssize_t dirty_decay_ms,
		  ssize_t muzzy_decay_ms)
{
	arena->created_ns = os_now_precise_ns();
	arena_set_name(arena, "manual_", true);
	pages_set_hooks(&arena->pages, hooks);
	pages_set_decay_ms(&arena->pages, PAGES_DIRTY, dirty_decay_ms);
	pages_set_decay_ms(&arena->pages, PAGES_MUZZY, muzzy_decay_ms);
	each_bin(arena, forget_counts);
	pages_set_oversize(&arena->pages, options.oversize_threshold);
	shared_store(arena->pages.dss, dss_default());
	large_forget_counts(&arena->large);
	if (arena->pages.hpa != NULL)
		hpa_forget_counts(arena->pages.hpa);
	pages_forget_counts(&arena->pages);
	/* What its locks count was handed over with the old life. */
	arena_each_lock(arena, lock_stats_forget);
}

void arena_reset(struct arena *arena)
{
	guard_reset(arena->bins, &arena->pages);
	large_reset(&arena->large);
	each_bin(arena, bin_reset);
}

void arena_destroy(struct arena *arena)
{
	pages_destroy(&arena->pages);
}

uint64_t arena_step(struct arena *arena, uint64_t now_ns)
{
	bool has_unused = pages_deadline(&arena->pages) != UINT64_MAX;
	pages_decay(&arena->pages, now_ns);
	uint64_t packed = pages_step_hpa(&arena->pages, now_ns);
	if (arena->is_manual || !hooks_are_default(arena_hooks(arena)))
		return packed;
	if (has_unused)
		sparse_begin(&arena->sparse, now_ns, arena_decay_ms(arena, PAGES_DIRTY));
	uint64_t sparse = sparse_step(&arena->sparse, arena->bins, &arena->pages, now_ns);
	return sparse < packed ? sparse : packed;
}

void arena_decay(struct arena *arena, bool all)
{
	if (all)
		each_bin(arena, bin_trim);
	pages_purge(&arena->pages, all);
}

ssize_t arena_decay_ms(struct arena *arena, enum page_state state)
{
	return pages_decay_ms(&arena->pages, state);
}

bool arena_is_decay_ms(ssize_t ms)
{
	return ms >= -1 && ms <= DECAY_MS_MAX;
}

int arena_set_decay_ms(struct arena *arena, enum page_state state, ssize_t ms)
{
	if (!arena_is_decay_ms(ms))
		return EFAULT;
	pages_set_decay_ms(&arena->pages, state, ms);
	return 0;
}

extent_hooks_t *arena_hooks(struct arena *arena)
{
	return __atomic_load_n(&arena->pages.hooks, __ATOMIC_ACQUIRE);
}

extent_hooks_t *arena_set_hooks(struct arena *arena, extent_hooks_t *hooks)
{
	return pages_set_hooks(&arena->pages, hooks);
}

size_t arena_retain_grow_limit(struct arena *arena)
{
	lock_take(&arena->pages.grow_lock);
	size_t limit = page_class_size(arena->pages.grow_limit);
	lock_drop(&arena->pages.grow_lock);
	return limit;
}

int arena_set_retain_grow_limit(struct arena *arena, size_t limit)
{
	if (limit < os_page || limit == SIZE_MAX) /* which is rather -1 */
		return EFAULT;
	lock_take(&arena->pages.grow_lock);
	arena->pages.grow_limit = page_class_floor(limit);
	lock_drop(&arena->pages.grow_lock);
	return 0;
}

/* ---- locks, fork ---- */

COLD void arena_each_lock(struct arena *arena, void (*f)(struct lock *))
{
	f(&arena->threads_lock);
	for (unsigned i = 0; i < size_class_nbins; i++)
		for (unsigned shard = 0; shard < bin_nshards(&arena->bins[i]); shard++)
			f(&bin_shard(&arena->bins[i], shard)->lock);
	f(&arena->large.lock);
	f(&arena->pages.grow_lock);
	f(&arena->pages.lock);
	if (arena->pages.hpa != NULL)
		hpa_each_lock(arena->pages.hpa, f);
	f(&arena->pages.pool.lock);
	f(&arena->base->lock);
}

void arena_postfork_child(struct arena *arena)
{
	pages_postfork_child(&arena->pages);
	if (arena->pages.hpa != NULL)
		hpa_postfork_child(arena->pages.hpa);
	sparse_postfork_child(&arena->sparse, &arena->pages);
}
