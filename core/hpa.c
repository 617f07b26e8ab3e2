#include "hpa.h"

#include "hpa_map.h"
#include "options.h"
#include "os.h"

size_t hpa_max_alloc;

static struct hpa_policy policy;
static struct hpa_sec_limits limits;

/* With hpa_hugify_style:auto slabs start huge once the arena has so many active pages: one that
 * stays nearly empty is then a sixteenth of them at most. */
#define AUTO_HUGE_PAGES ((size_t)16 * HPA_SLAB_PAGES)

/* More parts of a small extent cache would be of no use to any number of threads. */
#define PARTS_MOST 256

#define NS_PER_MS ((uint64_t)1000 * 1000)

static uint64_t ns_of(uint64_t ms)
{
	return ms < UINT64_MAX / NS_PER_MS ? ms * NS_PER_MS : UINT64_MAX;
}

static size_t lesser(size_t a, size_t b)
{
	return a < b ? a : b;
}

static unsigned pages_of(size_t bytes)
{
	return bytes > os_page ? (unsigned)lesser((bytes + os_page - 1) / os_page, HPA_SLAB_PAGES)
			       : 1;
}

static bool does_system_start_huge(void)
{
	if (options.thp == THP_ALWAYS)
		return true;
	return thp_policy == THP_POLICY_ALWAYS && options.thp != THP_NEVER &&
	       options.experimental_hpa_start_huge_if_thp_always;
}

static size_t start_huge_least(void)
{
	switch (options.hpa_hugify_style) {
	case HPA_HUGIFY_EAGER:
		return 0;
	case HPA_HUGIFY_AUTO:
		return AUTO_HUGE_PAGES;
	default:
		return SIZE_MAX;
	}
}

static void set_policy(void)
{
	bool hugifies = options.hpa_hugify_style != HPA_HUGIFY_NONE;
	policy = (struct hpa_policy){
		.hugify_least = hugifies ? pages_of(options.hpa_hugification_threshold) : 0,
		.purge_least = pages_of(options.hpa_purge_threshold),
		.dirty_mult = options.hpa_dirty_mult,
		.hugify_delay_ns = ns_of(options.hpa_hugify_delay_ms),
		.purge_delay_ns = ns_of(options.hpa_min_purge_delay_ms),
		.purge_interval_ns = ns_of(options.hpa_min_purge_interval_ms),
		.purge_most = (size_t)options.experimental_hpa_max_purge_nhp,
		.start_huge_least = start_huge_least(),
		.starts_huge = does_system_start_huge(),
		.advises_always = options.experimental_hpa_enforce_hugify,
		.collapses = options.hpa_hugify_sync,
		.keeps_space = options.retain,
	};
}

static ALWAYS_RUN void set_limits(void)
{
	size_t max_bytes = options.hpa_sec_max_bytes;
	limits = (struct hpa_sec_limits){
		.nparts = lesser(options.hpa_sec_nshards, PARTS_MOST),
		.max_alloc = lesser(options.hpa_sec_max_alloc, hpa_max_alloc),
		.max_bytes = max_bytes,
		.bytes_after_flush = lesser(options.hpa_sec_bytes_after_flush, max_bytes),
		.fill_extra = options.hpa_sec_batch_fill_extra,
	};
}

ALWAYS_RUN void hpa_boot(void)
{
	if (likely(!options.hpa))
		return;
	if (!thp_is_usable()) {
		options_decline("HPA not supported in the current configuration");
		options.hpa = false;
		return;
	}
	hpa_max_alloc = align_down(options.hpa_slab_max_alloc, os_page);
	set_policy();
	set_limits();
}

struct hpa *hpa_create(uint32_t arena, struct base *base, struct extent_pool *pool,
		       struct extent_events *events)
{
	struct hpa *hpa = base_alloc(base, sizeof(*hpa), 0);
	if (hpa == NULL)
		return NULL;
	hpa_shard_init(&hpa->shard, arena, base, pool, &policy, events);
	return hpa_sec_init(&hpa->sec, &hpa->shard, &limits) ? hpa : NULL;
}

struct extent *hpa_alloc(struct hpa *hpa, size_t size)
{
	return hpa_sec_alloc(&hpa->sec, size);
}

void hpa_dalloc(struct hpa *hpa, struct extent *extent)
{
	hpa_sec_dalloc(&hpa->sec, extent);
}

void hpa_shrink(struct hpa *hpa, struct extent *extent, size_t size)
{
	hpa_shard_shrink(&hpa->shard, extent, size);
}

bool hpa_has(const struct extent *extent)
{
	return hpa_map_find(extent->address) != NULL;
}

uint64_t hpa_step(struct hpa *hpa, uint64_t now_ns)
{
	return hpa_purge_step(&hpa->shard, now_ns);
}

void hpa_purge(struct hpa *hpa)
{
	hpa_sec_flush(&hpa->sec);
	hpa_purge_all(&hpa->shard);
}

void hpa_destroy(struct hpa *hpa)
{
	hpa_sec_flush(&hpa->sec);
	hpa_shard_destroy(&hpa->shard);
}

/* ---- locks and counters ---- */

void hpa_each_lock(struct hpa *hpa, void (*f)(struct lock *))
{
	for (size_t i = 0; i < limits.nparts; i++)
		f(&hpa->sec.parts[i].lock);
	f(&hpa->shard.grow_lock);
	f(&hpa->shard.lock);
}

void hpa_forget_counts(struct hpa *hpa)
{
	struct hpa_shard *shard = &hpa->shard;
	for (size_t i = 0; i < limits.nparts; i++) {
		struct hpa_sec_part *part = &hpa->sec.parts[i];
		lock_take(&part->lock);
		part->counts = (struct hpa_sec_counts){.hits = 0};
		lock_drop(&part->lock);
	}
	lock_take(&shard->lock);
	shard->npurge_passes = 0;
	shard->npurges = 0;
	shard->nhugifies = 0;
	shard->nhugify_failures = 0;
	shard->ndehugifies = 0;
	for (unsigned i = 0; i < HPA_BATCHES; i++) {
		struct hpa_batches *counts = &shard->batches[i];
		counts->least = counts->most = counts->extents = counts->slabs = 0;
		counts->pages_per_slab = counts->extents_per_slab = 0;
		__atomic_store_n(&counts->ns_per_slab, 0, __ATOMIC_RELAXED);
	}
	lock_drop(&shard->lock);
}

void hpa_postfork_child(struct hpa *hpa)
{
	hpa_purge_postfork_child(&hpa->shard);
}
