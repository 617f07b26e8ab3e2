#include "hpa_walk.h"
#include "expect.h"
#include "hpa_map.h"
#include "os.h"
#include <string.h>

static bool has(const struct hpa_pages *pages, unsigned page)
{
	return (pages->words[page / 64] >> (page % 64) & 1) != 0;
}

void hpa_walk_slab(const struct hpa_slab *slab)
{
	unsigned active = 0, touched = 0, run = 0, longest = 0;

	for (unsigned page = 0; page < HPA_SLAB_PAGES; page++) {
		bool is_active = has(&slab->active, page);

		expect(!is_active || has(&slab->touched, page), "page %u is active, not touched",
		       page);
		active += is_active;
		touched += has(&slab->touched, page);
		run = is_active ? 0 : run + 1;
		longest = run > longest ? run : longest;
	}
	expect(active == slab->nactive && touched == slab->ntouched,
	       "%u active, %u touched pages, counted as %u and %u", active, touched, slab->nactive,
	       slab->ntouched);
	expect(longest == slab->longest, "a free run of %u pages, not %u", longest, slab->longest);
	expect(!slab->is_huge || touched == HPA_SLAB_PAGES, "huge, but %u pages touched", touched);
}

static size_t count_heap(const struct heap_node *node, unsigned room)
{
	size_t count = 1;
	const struct hpa_slab *slab = container_of(node, struct hpa_slab, node);

	expect(slab->room == room && !slab->is_busy && !hpa_slab_is_full(slab), "in a wrong room");
	for (const struct heap_node *child = node->child; child != NULL; child = child->next) {
		const struct hpa_slab *other = container_of(child, struct hpa_slab, node);

		expect(slab->nactive > other->nactive ||
			       (slab->nactive == other->nactive && slab->address < other->address),
		       "the heap of room %u is not ordered", room);
		count += count_heap(child, room);
	}
	return count;
}

static size_t length(const struct list *head)
{
	size_t n = 0;
	list_for_each(link, head) n++;
	return n;
}

static void add(struct hpa_counts *counts, const struct hpa_slab *slab)
{
	counts->npageslabs[slab->is_huge]++;
	counts->nactive[slab->is_huge] += slab->nactive;
	counts->ndirty[slab->is_huge] += hpa_slab_ndirty(slab);
}

void hpa_walk_set(const struct hpa_set *set)
{
	static struct hpa_counts nonfull[HPA_ROOMS], full, empty;
	size_t in_rooms[HPA_ROOMS] = {0}, in_buckets[HPA_PURGE_BUCKETS] = {0};
	size_t nslabs = 0, nactive = 0, ndirty = 0, to_hugify = 0;

	memset(nonfull, 0, sizeof nonfull);
	memset(&full, 0, sizeof full);
	memset(&empty, 0, sizeof empty);
	list_for_each(link, &set->all)
	{
		const struct hpa_slab *slab = container_of(link, struct hpa_slab, link);

		hpa_walk_slab(slab);
		nslabs++;
		nactive += slab->nactive;
		ndirty += hpa_slab_ndirty(slab);
		add(hpa_slab_is_full(slab)    ? &full
		    : hpa_slab_is_empty(slab) ? &empty
					      : &nonfull[slab->room],
		    slab);
		expect(hpa_slab_is_full(slab) ||
			       slab->room == page_class_floor(slab->longest * os_page),
		       "a run of %u pages in room %u", slab->longest, slab->room);
		if (slab->is_busy)
			continue;
		if (!hpa_slab_is_full(slab))
			in_rooms[slab->room]++;
		to_hugify += slab->is_to_be_huge;
		unsigned bucket = (slab->nactive + 15u) / 16;
		bool is_purgeable =
			hpa_slab_ndirty(slab) >= set->policy->purge_least && !slab->is_to_be_huge;
		expect(slab->purge_bucket == (is_purgeable ? bucket : UINT8_MAX),
		       "a slab of %u active and %u dirty pages in bucket %u", slab->nactive,
		       hpa_slab_ndirty(slab), slab->purge_bucket);
		if (is_purgeable)
			in_buckets[bucket]++;
	}
	expect(nslabs == set->nslabs && nactive == set->nactive && ndirty == set->ndirty,
	       "%zu slabs, %zu active, %zu dirty, counted as %zu, %zu, %zu", nslabs, nactive,
	       ndirty, set->nslabs, set->nactive, set->ndirty);
	expect(memcmp(nonfull, set->nonfull, sizeof nonfull) == 0, "counts of slabs with room");
	expect(memcmp(&full, &set->full, sizeof full) == 0, "counts of full slabs");
	expect(memcmp(&empty, &set->empty, sizeof empty) == 0, "counts of empty slabs");
	expect(length(&set->to_hugify) == to_hugify, "%zu slabs are to be huge, not %zu", to_hugify,
	       length(&set->to_hugify));
	for (unsigned room = 0; room < HPA_ROOMS; room++) {
		const struct heap_node *root = set->rooms[room];

		expect((root != NULL ? count_heap(root, room) : 0) == in_rooms[room], "room %u",
		       room);
		expect((set->filled >> room & 1) == (root != NULL), "the bit of room %u", room);
	}
	for (unsigned bucket = 0; bucket < HPA_PURGE_BUCKETS; bucket++) {
		expect(length(&set->purge[bucket]) == in_buckets[bucket], "bucket %u", bucket);
		expect((set->purgeable >> bucket & 1) == (in_buckets[bucket] != 0),
		       "the bit of bucket %u", bucket);
	}
	expect((hpa_set_excess(set) != 0) == (set->over_since_ns != UINT64_MAX),
	       "%zu pages too many, but since %lu", hpa_set_excess(set),
	       (unsigned long)set->over_since_ns);
}

size_t hpa_walk(struct hpa_shard *shard)
{
	lock_take(&shard->lock);
	hpa_walk_set(&shard->set);
	list_for_each(link, &shard->set.all)
	{
		struct hpa_slab *slab = container_of(link, struct hpa_slab, link);

		expect(hpa_map_find(slab->address) == slab &&
			       hpa_map_find(slab->address + THP_SIZE - 1) == slab,
		       "the map does not lead to the slab at %p", (void *)slab->address);
	}
	expect(shard->due_ns == hpa_set_due(&shard->set), "due at another time than is told");
	size_t nactive = shard->set.nactive;
	lock_drop(&shard->lock);
	return nactive;
}
