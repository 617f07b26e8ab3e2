#include "stats_update.h"

uint64_t stats_hpa_version(const struct hpa *hpa)
{
	uint64_t version = add_version(1, &hpa->shard.lock);
	version = add_version(version, &hpa->shard.grow_lock);
	for (size_t i = 0; i < hpa->sec.limits->nparts; i++)
		version = add_version(version, &hpa->sec.parts[i].lock);
	/* What is counted without any of them. */
	return version != 0 ? version + load_next(hpa->shard.ntimed) : 0;
}

static void copy_counts(const struct hpa_counts *from, struct hpa_slab_stats *to)
{
	*to = (struct hpa_slab_stats){
		.npageslabs_nonhuge = load_next(from->npageslabs[false]),
		.npageslabs_huge = load_next(from->npageslabs[true]),
		.nactive_nonhuge = load_next(from->nactive[false]),
		.nactive_huge = load_next(from->nactive[true]),
		.ndirty_nonhuge = load_next(from->ndirty[false]),
		.ndirty_huge = load_next(from->ndirty[true]),
	};
}

static void copy_batches(const struct hpa_batches *from, struct hpa_batch_stats *to)
{
	*to = (struct hpa_batch_stats){
		.min_extents = load_next(from->least),
		.max_extents = load_next(from->most),
		.extents = load_next(from->extents),
		.ps = load_next(from->slabs),
		.pages_per_ps = load_next(from->pages_per_slab),
		.extents_per_ps = load_next(from->extents_per_slab),
		.total_elapsed_ns_per_ps = load_next(from->ns_per_slab),
	};
}

static_assert(HPA_ROOMS_SHOWN == HPA_ROOMS, "each is shown");
static_assert(HPA_BATCHES_SHOWN == HPA_BATCHES, "each is shown");
static_assert(HPA_SLAB_PAGES_SHOWN == HPA_SLAB_PAGES, "as they are");

static void read_hpa(const struct hpa *hpa, struct hpa_stats *to)
{
	const struct hpa_shard *shard = &hpa->shard;
	*to = (struct hpa_stats){
		.npageslabs = load_next(shard->set.nslabs),
		.nactive = load_next(shard->set.nactive),
		.ndirty = load_next(shard->set.ndirty),
		.npurge_passes = load_next(shard->npurge_passes),
		.npurges = load_next(shard->npurges),
		.nhugifies = load_next(shard->nhugifies),
		.nhugify_failures = load_next(shard->nhugify_failures),
		.ndehugifies = load_next(shard->ndehugifies),
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
		to->sec.bytes += load_next(part->bytes);
		to->sec.hits += load_next(part->counts.hits);
		to->sec.misses += load_next(part->counts.misses);
		to->sec.dalloc_noflush += load_next(part->counts.kept);
		to->sec.dalloc_flush += load_next(part->counts.flushes);
		to->sec.overfills += load_next(part->counts.overfills);
	}
}

void stats_update_hpa(const struct stats_update *u, const struct hpa *hpa)
{
	struct hpa_stats fresh;
	struct mutex_stats sec = {.num_ops = 0}, one;
	uint64_t version;
	unsigned tries = 0;
	do {
		version = stats_hpa_version(hpa);
		read_hpa(hpa, &fresh);
	} while (++tries < READ_TRIES && (version == 0 || version != stats_hpa_version(hpa)));
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
