#include "hpa_set.h"

#include "fault.h"
#include "os.h"
#include "size_class.h"

#define NO_BUCKET UINT8_MAX

static_assert(HPA_PURGE_BUCKETS <= 64 && HPA_ROOMS <= 64, "each has a bit");

void hpa_set_init(struct hpa_set *set, const struct hpa_policy *policy)
{
	set->policy = policy;
	for (unsigned i = 0; i < HPA_PURGE_BUCKETS; i++)
		list_init(&set->purge[i]);
	list_init(&set->to_hugify);
	list_init(&set->all);
	set->over_since_ns = UINT64_MAX;
}

static struct hpa_slab *of_node(const struct heap_node *node)
{
	return container_of(node, struct hpa_slab, node);
}

static bool comes_first(const struct heap_node *a, const struct heap_node *b)
{
	const struct hpa_slab *one = of_node(a);
	const struct hpa_slab *other = of_node(b);
	return one->nactive != other->nactive ? one->nactive > other->nactive
					      : one->address < other->address;
}

/* ---- counts ---- */

static struct hpa_counts *counts_of(struct hpa_set *set, const struct hpa_slab *slab)
{
	if (hpa_slab_is_full(slab))
		return &set->full;
	return hpa_slab_is_empty(slab) ? &set->empty : &set->nonfull[slab->room];
}

static void count(struct hpa_set *set, struct hpa_slab *slab)
{
	if (!hpa_slab_is_full(slab))
		slab->room = (uint8_t)page_class_floor((size_t)slab->longest << HPA_LG_PAGE);
	struct hpa_counts *counts = counts_of(set, slab);
	shared_add(counts->npageslabs[slab->is_huge], 1);
	shared_add(counts->nactive[slab->is_huge], slab->nactive);
	shared_add(counts->ndirty[slab->is_huge], hpa_slab_ndirty(slab));
	shared_add(set->nactive, slab->nactive);
	shared_add(set->ndirty, hpa_slab_ndirty(slab));
}

static void uncount(struct hpa_set *set, const struct hpa_slab *slab)
{
	struct hpa_counts *counts = counts_of(set, slab);
	shared_sub(counts->npageslabs[slab->is_huge], 1);
	shared_sub(counts->nactive[slab->is_huge], slab->nactive);
	shared_sub(counts->ndirty[slab->is_huge], hpa_slab_ndirty(slab));
	shared_sub(set->nactive, slab->nactive);
	shared_sub(set->ndirty, hpa_slab_ndirty(slab));
}

/* ---- the orders ---- */

static void file_by_room(struct hpa_set *set, struct hpa_slab *slab)
{
	if (hpa_slab_is_full(slab))
		return;
	heap_insert(&set->rooms[slab->room], &slab->node, comes_first);
	set->filled |= (uint64_t)1 << slab->room;
}

static void unfile_by_room(struct hpa_set *set, struct hpa_slab *slab)
{
	if (hpa_slab_is_full(slab))
		return;
	heap_remove(&set->rooms[slab->room], &slab->node, comes_first);
	if (set->rooms[slab->room] == NULL)
		set->filled &= ~((uint64_t)1 << slab->room);
}

/* Slabs stay in these two while they change, as long as they belong there: their place tells how
 * long that has been. */
static void set_to_be_huge(struct hpa_set *set, struct hpa_slab *slab, bool is_to_be_huge)
{
	if (slab->is_to_be_huge == is_to_be_huge)
		return;
	slab->is_to_be_huge = is_to_be_huge;
	if (is_to_be_huge) {
		slab->hugify_from = os_now_ns();
		list_push_back(&set->to_hugify, &slab->hugify_link);
	} else {
		list_remove(&slab->hugify_link);
	}
}

static void set_purge_bucket(struct hpa_set *set, struct hpa_slab *slab, uint8_t bucket)
{
	uint8_t old = slab->purge_bucket;
	if (old == bucket)
		return;
	slab->purge_bucket = bucket;
	if (old != NO_BUCKET) {
		list_remove(&slab->purge_link);
		if (list_is_empty(&set->purge[old]))
			set->purgeable &= ~((uint64_t)1 << old);
	} else {
		slab->purge_from = os_now_ns();
	}
	if (bucket != NO_BUCKET) {
		list_push_back(&set->purge[bucket], &slab->purge_link);
		set->purgeable |= (uint64_t)1 << bucket;
	}
}

static bool is_to_be_huge(const struct hpa_set *set, struct hpa_slab *slab)
{
	unsigned least = set->policy->hugify_least;
	if (least == 0 || slab->is_huge)
		return false;
	if (slab->nactive < least)
		slab->is_refused = false;
	return slab->nactive >= least && !slab->is_refused;
}

/* What will become huge will need all its pages: they are not purged before. */
static uint8_t purge_bucket_of(const struct hpa_set *set, const struct hpa_slab *slab)
{
	if (hpa_slab_ndirty(slab) < set->policy->purge_least || slab->is_to_be_huge)
		return NO_BUCKET;
	return (uint8_t)((slab->nactive + 15) / 16);
}

static void file(struct hpa_set *set, struct hpa_slab *slab)
{
	file_by_room(set, slab);
	set_to_be_huge(set, slab, is_to_be_huge(set, slab));
	set_purge_bucket(set, slab, purge_bucket_of(set, slab));
}

static void look_at_excess(struct hpa_set *set)
{
	if (hpa_set_excess(set) == 0)
		set->over_since_ns = UINT64_MAX;
	else if (set->over_since_ns == UINT64_MAX)
		set->over_since_ns = os_now_ns();
}

/* ---- for the shard ---- */

void hpa_set_add(struct hpa_set *set, struct hpa_slab *slab)
{
	slab->purge_bucket = NO_BUCKET;
	list_push_back(&set->all, &slab->link);
	shared_add(set->nslabs, 1);
	hpa_set_put_back(set, slab);
}

void hpa_set_remove(struct hpa_set *set, struct hpa_slab *slab)
{
	hpa_set_begin_work(set, slab);
	uncount(set, slab);
	list_remove(&slab->link);
	shared_sub(set->nslabs, 1);
	look_at_excess(set);
}

void hpa_set_take_out(struct hpa_set *set, struct hpa_slab *slab)
{
	if (!slab->is_busy)
		unfile_by_room(set, slab);
	uncount(set, slab);
}

void hpa_set_put_back(struct hpa_set *set, struct hpa_slab *slab)
{
	count(set, slab);
	if (!slab->is_busy)
		file(set, slab);
	look_at_excess(set);
}

void hpa_set_begin_work(struct hpa_set *set, struct hpa_slab *slab)
{
	fault_assert(!slab->is_busy);
	unfile_by_room(set, slab);
	set_to_be_huge(set, slab, false);
	set_purge_bucket(set, slab, NO_BUCKET);
	slab->is_busy = true;
}

void hpa_set_end_work(struct hpa_set *set, struct hpa_slab *slab)
{
	slab->is_busy = false;
	file(set, slab);
}

struct hpa_slab *hpa_set_fit(const struct hpa_set *set, unsigned npages)
{
	unsigned class = page_class_ceil((size_t)npages << HPA_LG_PAGE);
	uint64_t filled = class < HPA_ROOMS ? set->filled >> class << class : 0;
	const struct heap_node *best = NULL;
	for (; filled != 0; filled &= filled - 1) {
		const struct heap_node *node = set->rooms[bits_first_set(filled)];
		if (best == NULL || comes_first(node, best))
			best = node;
	}
	return best != NULL ? of_node(best) : NULL;
}

size_t hpa_set_excess(const struct hpa_set *set)
{
	uint32_t mult = set->policy->dirty_mult;
	if (mult == HPA_DIRTY_UNLIMITED)
		return 0;
	/* Pages are fewer than 2^36: no overflow. */
	size_t limit = set->nactive / 65536 * mult + set->nactive % 65536 * mult / 65536;
	return set->ndirty > limit ? set->ndirty - limit : 0;
}

/* ---- what is due ---- */

/* Long delays must not come round to the past. */
static uint64_t later(uint64_t time_ns, uint64_t delay_ns)
{
	return delay_ns < UINT64_MAX - time_ns ? time_ns + delay_ns : UINT64_MAX;
}

struct hpa_slab *hpa_set_to_purge(const struct hpa_set *set, uint64_t now_ns)
{
	for (uint64_t buckets = set->purgeable; buckets != 0; buckets &= buckets - 1) {
		struct list *link = list_first(&set->purge[bits_first_set(buckets)]);
		struct hpa_slab *slab = container_of(link, struct hpa_slab, purge_link);
		if (now_ns >= later(slab->purge_from, set->policy->purge_delay_ns))
			return slab;
	}
	return NULL;
}

struct hpa_slab *hpa_set_to_hugify(const struct hpa_set *set, uint64_t now_ns)
{
	struct list *link = list_first(&set->to_hugify);
	if (link == NULL)
		return NULL;
	struct hpa_slab *slab = container_of(link, struct hpa_slab, hugify_link);
	return now_ns >= later(slab->hugify_from, set->policy->hugify_delay_ns) ? slab : NULL;
}

static uint64_t purge_due(const struct hpa_set *set)
{
	if (set->over_since_ns == UINT64_MAX || set->purgeable == 0)
		return UINT64_MAX;
	uint64_t due = later(set->over_since_ns, set->policy->purge_interval_ns);
	if (set->policy->purge_delay_ns == 0)
		return due;
	uint64_t first = UINT64_MAX;
	for (uint64_t buckets = set->purgeable; buckets != 0; buckets &= buckets - 1) {
		struct list *link = list_first(&set->purge[bits_first_set(buckets)]);
		struct hpa_slab *slab = container_of(link, struct hpa_slab, purge_link);
		uint64_t time = later(slab->purge_from, set->policy->purge_delay_ns);
		if (time < first)
			first = time;
	}
	return first > due ? first : due;
}

uint64_t hpa_set_due(const struct hpa_set *set)
{
	uint64_t due = purge_due(set);
	struct list *link = list_first(&set->to_hugify);
	if (link != NULL) {
		struct hpa_slab *slab = container_of(link, struct hpa_slab, hugify_link);
		uint64_t time = later(slab->hugify_from, set->policy->hugify_delay_ns);
		if (time < due)
			due = time;
	}
	return due;
}
