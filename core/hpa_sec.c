#include "hpa_sec.h"

#include "pagemap.h"

bool hpa_sec_init(struct hpa_sec *sec, struct hpa_shard *shard, const struct hpa_sec_limits *limits)
{
	sec->shard = shard;
	sec->limits = limits;
	if (limits->nparts == 0)
		return true;
	sec->parts = base_alloc(shard->base, limits->nparts * sizeof(*sec->parts), CACHE_LINE);
	if (sec->parts == NULL)
		return false;
	for (size_t i = 0; i < limits->nparts; i++) {
		lock_init(&sec->parts[i].lock, RANK_SEC);
		for (unsigned class = 0; class < HPA_SEC_CLASSES; class ++)
			list_init(&sec->parts[i].classes[class]);
	}
	return true;
}

/* Threads differ in the address of their own word; a multiplication spreads its bits. */
static struct hpa_sec_part *part_of_thread(const struct hpa_sec *sec)
{
	uint64_t mixed = ((uint64_t)(uintptr_t)&lock_self >> 6) * 0x9e3779b97f4a7c15u;
	return &sec->parts[(mixed >> 32) * sec->limits->nparts >> 32];
}

/* The class of this size, HPA_SEC_CLASSES when it is not kept. */
static unsigned class_of(const struct hpa_sec *sec, size_t size)
{
	if (sec->limits->nparts == 0 || size > sec->limits->max_alloc)
		return HPA_SEC_CLASSES;
	unsigned class = page_class_floor(size);
	return page_class_size(class) == size ? class : HPA_SEC_CLASSES;
}

/* ---- one part; under its lock ---- */

/* The oldest of one class after the other, until at most so many bytes are kept. */
static void flush_to(struct hpa_sec *sec, struct hpa_sec_part *part, size_t bytes)
{
	struct list out;
	list_init(&out);
	while (part->bytes > bytes) {
		struct list *link = list_last(&part->classes[part->next_flushed]);
		if (link == NULL) {
			part->next_flushed = (uint8_t)((part->next_flushed + 1u) % HPA_SEC_CLASSES);
			continue;
		}
		list_remove(link);
		list_push_back(&out, link);
		shared_sub(part->bytes, container_of(link, struct extent, link)->size);
	}
	/* Under the lock of the part, so that a fork finds every extent somewhere. */
	if (!list_is_empty(&out))
		hpa_shard_dalloc(sec->shard, &out);
}

static void keep(struct hpa_sec *sec, struct hpa_sec_part *part, struct extent *extent,
		 unsigned class)
{
	extent_publish(extent, sec->shard->arena, PAGES_IN_TRANSIT);
	list_push_front(&part->classes[class], &extent->link);
	shared_add(part->bytes, extent->size);
}

static bool flush_if_too_much(struct hpa_sec *sec, struct hpa_sec_part *part)
{
	if (part->bytes <= sec->limits->max_bytes)
		return false;
	flush_to(sec, part, sec->limits->bytes_after_flush);
	return true;
}

/* ---- for the arena ---- */

/* Out of the shard, and some more of the same size for next time. */
static struct extent *alloc_and_fill(struct hpa_sec *sec, size_t size, unsigned class)
{
	struct list got;
	list_init(&got);
	unsigned extra = class < HPA_SEC_CLASSES ? (unsigned)sec->limits->fill_extra : 0;
	if (hpa_shard_alloc(sec->shard, size, 1 + extra, &got) == 0)
		return NULL;
	struct list *first = list_first(&got);
	list_remove(first);
	if (list_is_empty(&got))
		return container_of(first, struct extent, link);
	struct hpa_sec_part *part = part_of_thread(sec);
	lock_take(&part->lock);
	while (!list_is_empty(&got)) {
		struct list *link = list_first(&got);
		list_remove(link);
		keep(sec, part, container_of(link, struct extent, link), class);
	}
	shared_add(part->counts.overfills, flush_if_too_much(sec, part));
	lock_drop(&part->lock);
	return container_of(first, struct extent, link);
}

struct extent *hpa_sec_alloc(struct hpa_sec *sec, size_t size)
{
	unsigned class = class_of(sec, size);
	if (class == HPA_SEC_CLASSES)
		return alloc_and_fill(sec, size, class);
	struct hpa_sec_part *part = part_of_thread(sec);
	lock_take(&part->lock);
	struct list *link = list_first(&part->classes[class]);
	if (link == NULL) {
		shared_add(part->counts.misses, 1);
		lock_drop(&part->lock);
		return alloc_and_fill(sec, size, class);
	}
	list_remove(link);
	struct extent *extent = container_of(link, struct extent, link);
	shared_sub(part->bytes, size);
	shared_add(part->counts.hits, 1);
	lock_drop(&part->lock);
	extent_publish(extent, sec->shard->arena, PAGES_ACTIVE);
	return extent;
}

void hpa_sec_dalloc(struct hpa_sec *sec, struct extent *extent)
{
	unsigned class = class_of(sec, extent->size);
	if (class == HPA_SEC_CLASSES) {
		struct list one;
		list_init(&one);
		list_push_back(&one, &extent->link);
		hpa_shard_dalloc(sec->shard, &one);
		return;
	}
	extent->zeroed = false;
	pagemap_set_ends(extent, CACHE_BIN_NONE);
	struct hpa_sec_part *part = part_of_thread(sec);
	lock_take(&part->lock);
	keep(sec, part, extent, class);
	if (flush_if_too_much(sec, part))
		shared_add(part->counts.flushes, 1);
	else
		shared_add(part->counts.kept, 1);
	lock_drop(&part->lock);
}

void hpa_sec_flush(struct hpa_sec *sec)
{
	for (size_t i = 0; i < sec->limits->nparts; i++) {
		struct hpa_sec_part *part = &sec->parts[i];
		lock_take(&part->lock);
		flush_to(sec, part, 0);
		lock_drop(&part->lock);
	}
}
