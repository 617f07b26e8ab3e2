#include "hpa_shard.h"

#include "fault.h"
#include "hpa_map.h"
#include "os.h"
#include "os_map.h"
#include "os_purge.h"
#include "pagemap.h"

/* Huge pages of the largest step of address space. */
#define STEP_MOST ((size_t)32)

/* How often it is looked whether another thread has finished with a slab that is to go. */
#define DESTROY_POLL_NS ((uint64_t)100 * 1000)

void hpa_shard_init(struct hpa_shard *shard, uint32_t arena, struct base *base,
		    struct extent_pool *pool, const struct hpa_policy *policy,
		    struct extent_events *events)
{
	shard->arena = arena;
	shard->events = events;
	shard->policy = policy;
	shard->base = base;
	shard->pool = pool;
	lock_init(&shard->grow_lock, RANK_HPA_GROW);
	lock_init(&shard->lock, RANK_HPA);
	shard->step = 1;
	hpa_set_init(&shard->set, policy);
	list_init(&shard->unused);
	shard->due_ns = UINT64_MAX;
}

void hpa_shard_note_due(struct hpa_shard *shard)
{
	__atomic_store_n(&shard->due_ns, hpa_set_due(&shard->set), __ATOMIC_RELAXED);
}

static unsigned pages_of(size_t size)
{
	return (unsigned)(size >> HPA_LG_PAGE);
}

/* ---- address space; under the grow lock ---- */

/* The next huge page that no slab has; NULL without memory. It stays fresh until it is used. */
static char *look_for_fresh(struct hpa_shard *shard)
{
	if (shard->fresh != shard->fresh_end)
		return shard->fresh;
	size_t size = shard->step * THP_SIZE;
	char *fresh = os_map(size, THP_SIZE);
	if (fresh == NULL && shard->step > 1) {
		size = THP_SIZE;
		fresh = os_map(size, THP_SIZE);
	} else if (shard->step < STEP_MOST && shard->policy->keeps_space) {
		shard->step *= 2;
	}
	if (fresh == NULL)
		return NULL;
	hooks_count(&shard->events->alloc);
	thp_advise(fresh, size);
	shard->fresh = fresh;
	shard->fresh_end = fresh + size;
	return fresh;
}

static struct hpa_slab *make_slab(struct hpa_shard *shard, char *address)
{
	if (!hpa_map_ensure(address, shard->base) || !pagemap_ensure(address, THP_SIZE))
		return NULL;
	lock_take(&shard->lock);
	struct list *link = list_first(&shard->unused);
	if (link != NULL)
		list_remove(link);
	lock_drop(&shard->lock);
	struct hpa_slab *slab = link != NULL ? container_of(link, struct hpa_slab, link)
					     : base_alloc(shard->base, sizeof(*slab), 0);
	if (slab != NULL)
		hpa_slab_init(slab, address);
	return slab;
}

static void set_fresh(struct hpa_shard *shard, char *fresh, char *end)
{
	shard->fresh = fresh;
	shard->fresh_end = end;
	shared_store(shard->nfresh, (size_t)(end - fresh));
}

/* One slab more; false without memory. */
static bool grow(struct hpa_shard *shard)
{
	char *address = look_for_fresh(shard);
	if (address == NULL)
		return false;
	struct hpa_slab *slab = make_slab(shard, address);
	if (slab != NULL) {
		hpa_map_set(address, slab);
		address += THP_SIZE;
	}
	set_fresh(shard, address, shard->fresh_end);
	if (slab == NULL)
		return false;
	lock_take(&shard->lock);
	hpa_set_add(&shard->set, slab);
	lock_drop(&shard->lock);
	return true;
}

/* ---- handing out ---- */

/* A slab without memory is about to get some: by small pages, or at once a huge one. */
static void start(struct hpa_shard *shard, struct hpa_slab *slab)
{
	const struct hpa_policy *policy = shard->policy;
	bool asks = shard->set.nactive >= policy->start_huge_least ||
		    (policy->starts_huge && policy->advises_always);
	bool is_huge = asks && os_advise_huge(slab->address, THP_SIZE, true);
	if (is_huge || policy->starts_huge)
		hpa_slab_set_huge(slab, true);
}

/* Makes an extent of the next pages of a slab; under the lock. */
static void take(struct hpa_shard *shard, struct hpa_slab *slab, struct extent *extent, size_t size)
{
	hpa_set_take_out(&shard->set, slab);
	bool is_new = slab->ntouched == 0;
	extent_clear(extent);
	extent->address = hpa_slab_take(slab, pages_of(size), &extent->zeroed);
	if (is_new)
		start(shard, slab);
	hpa_set_put_back(&shard->set, slab);
	extent->size = size;
	extent->is_head = true; /* nobody's neighbour */
	extent->committed = true;
	extent_publish(extent, shard->arena, PAGES_ACTIVE);
	pagemap_set_ends(extent, CACHE_BIN_NONE);
}

/* One call for extents. */
struct batch {
	size_t size;
	unsigned wanted;
	struct list *extents;
	unsigned nslabs; /* that they came from */
};

static struct hpa_batches *counts_of(struct hpa_shard *shard, const struct batch *batch)
{
	unsigned last = HPA_BATCHES - 1;
	return &shard->batches[batch->nslabs < last ? batch->nslabs : last];
}

/* Under the lock. */
static void count_batch(struct hpa_shard *shard, const struct batch *batch, unsigned got)
{
	struct hpa_batches *counts = counts_of(shard, batch);
	unsigned nslabs = batch->nslabs;
	if (counts->least == 0 || batch->wanted < counts->least)
		shared_store(counts->least, batch->wanted);
	if (batch->wanted > counts->most)
		shared_store(counts->most, batch->wanted);
	if (nslabs == 0)
		return;
	shared_add(counts->extents, got);
	shared_add(counts->slabs, nslabs);
	shared_add(counts->pages_per_slab, (uint64_t)got * pages_of(batch->size) / nslabs);
	shared_add(counts->extents_per_slab, got / nslabs);
}

/* Without the lock, which nobody is to wait for while the clock is read. */
static void count_time(struct hpa_shard *shard, const struct batch *batch, uint64_t began_ns)
{
	uint64_t ns = (os_now_precise_ns() - began_ns) / batch->nslabs;
	__atomic_fetch_add(&counts_of(shard, batch)->ns_per_slab, ns, __ATOMIC_RELAXED);
	__atomic_fetch_add(&shard->ntimed, 1, __ATOMIC_RELEASE);
}

/* From the slabs that there are; under the lock. */
static unsigned take_some(struct hpa_shard *shard, struct batch *batch)
{
	const struct hpa_slab *last = NULL;
	unsigned got = 0;
	for (; got < batch->wanted; got++) {
		struct hpa_slab *slab = hpa_set_fit(&shard->set, pages_of(batch->size));
		struct extent *extent = slab != NULL ? extent_pool_take(shard->pool) : NULL;
		if (extent == NULL)
			break;
		/* The fullest that fits does so until it does not any more. */
		batch->nslabs += slab != last;
		last = slab;
		take(shard, slab, extent, batch->size);
		list_push_back(batch->extents, &extent->link);
	}
	if (got != 0)
		count_batch(shard, batch, got);
	hpa_shard_note_due(shard);
	return got;
}

/* Under the grow lock. */
static unsigned take_after_growth(struct hpa_shard *shard, struct batch *batch)
{
	unsigned got;
	bool has_room;
	do {
		/* Somebody else may have grown the shard while we waited, or have been faster. */
		lock_take(&shard->lock);
		got = take_some(shard, batch);
		has_room = hpa_set_fit(&shard->set, pages_of(batch->size)) != NULL;
		lock_drop(&shard->lock);
	} while (got == 0 && !has_room && grow(shard));
	return got;
}

unsigned hpa_shard_alloc(struct hpa_shard *shard, size_t size, unsigned n, struct list *extents)
{
	struct batch batch = {.size = size, .wanted = n, .extents = extents};
	uint64_t began_ns = os_now_precise_ns();
	lock_take(&shard->lock);
	unsigned got = take_some(shard, &batch);
	lock_drop(&shard->lock);
	if (got == 0) { /* what is asked for beyond the first is no reason to grow */
		lock_take(&shard->grow_lock);
		got = take_after_growth(shard, &batch);
		lock_drop(&shard->grow_lock);
	}
	if (got != 0) {
		count_time(shard, &batch, began_ns);
	} else {
		lock_take(&shard->lock);
		count_batch(shard, &batch, 0);
		lock_drop(&shard->lock);
	}
	return got;
}

/* ---- taking back ---- */

static void put(struct hpa_shard *shard, const void *address, size_t size)
{
	struct hpa_slab *slab = hpa_map_find(address);
	hpa_set_take_out(&shard->set, slab);
	hpa_slab_put(slab, address, pages_of(size));
	hpa_set_put_back(&shard->set, slab);
}

void hpa_shard_dalloc(struct hpa_shard *shard, struct list *extents)
{
	list_for_each(link, extents)
	{
		pagemap_clear_ends(container_of(link, struct extent, link));
	}
	lock_take(&shard->lock);
	while (!list_is_empty(extents)) {
		struct extent *extent = container_of(list_first(extents), struct extent, link);
		list_remove(&extent->link);
		put(shard, extent->address, extent->size);
		extent_pool_put(shard->pool, extent);
	}
	hpa_shard_note_due(shard);
	lock_drop(&shard->lock);
}

void hpa_shard_shrink(struct hpa_shard *shard, struct extent *extent, size_t size)
{
	struct extent rest = {.address = ptr_add(extent->address, size),
			      .size = extent->size - size};
	pagemap_clear_ends(&rest);
	extent->size = size;
	pagemap_set_ends(extent, CACHE_BIN_NONE);
	lock_take(&shard->lock);
	put(shard, rest.address, rest.size);
	hpa_shard_note_due(shard);
	lock_drop(&shard->lock);
}

/* ---- the end ---- */

void hpa_shard_release(struct hpa_shard *shard, struct hpa_slab *slab)
{
	hpa_map_set(slab->address, NULL);
	pagemap_forget(THP_SIZE);
	os_discard(slab->address, THP_SIZE);
	hooks_count(&shard->events->dalloc);
	lock_take(&shard->lock);
	list_push_front(&shard->unused, &slab->link);
}

void hpa_shard_destroy(struct hpa_shard *shard)
{
	lock_take(&shard->lock);
	fault_assert(shard->set.nactive == 0);
	while (!list_is_empty(&shard->set.all)) {
		/* Another thread may be purging some. */
		while (shard->nbusy != 0) {
			uint32_t nobody_writes_it = 0;
			lock_drop(&shard->lock);
			lock_sleep_on(&nobody_writes_it, 0, DESTROY_POLL_NS);
			lock_take(&shard->lock);
		}
		struct list *link = list_first(&shard->set.all);
		if (link == NULL)
			break;
		struct hpa_slab *slab = container_of(link, struct hpa_slab, link);
		hpa_set_remove(&shard->set, slab);
		lock_drop(&shard->lock);
		hpa_shard_release(shard, slab);
	}
	hpa_shard_note_due(shard);
	lock_drop(&shard->lock);

	lock_take(&shard->grow_lock);
	if (shard->fresh != shard->fresh_end) {
		os_discard(shard->fresh, (size_t)(shard->fresh_end - shard->fresh));
		hooks_count(&shard->events->dalloc);
	}
	set_fresh(shard, NULL, NULL);
	shard->step = 1;
	lock_drop(&shard->grow_lock);
}
