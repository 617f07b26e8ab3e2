#include "bin.h"

#include "bin_refused.h"
#include "page_guard.h"
#include "pagemap.h"

void bin_init(struct bin *bin, unsigned class)
{
	lock_init(&bin->lock, RANK_BIN);
	bin->class = class;
	for (unsigned i = 0; i < BIN_BUCKETS; i++)
		list_init(&bin->buckets[i]);
	list_init(&bin->full);
}

struct bin *bin_shard_of_turn(struct bin *first, unsigned turn)
{
	return bin_shard(first, turn % bin_nshards(first));
}

static struct extent *slab_of_link(struct list *link)
{
	return container_of(link, struct extent, link);
}

/* ---- the lists; under the lock ---- */

/* A slab with nothing free changes its list with the first region that comes back; the current one
 * is in no list. */
#define REFILE_FULL  1
#define REFILE_NEVER UINT16_MAX

static unsigned bucket_of(const struct extent *slab, unsigned nregs)
{
	unsigned quarters = 4u * slab->nfree;
	return (quarters > nregs ? 1u : 0u) + (quarters > 2 * nregs ? 1u : 0u) +
	       (quarters > 3 * nregs ? 1u : 0u);
}

static void put_in_bucket(struct bin *bin, struct extent *slab, unsigned bucket)
{
	unsigned nregs = bin_infos[bin->class].nregs;
	unsigned above = (bucket + 1) * nregs / 4 + 1;
	slab->bucket = (uint8_t)bucket;
	slab->refile_at = (uint16_t)(above < nregs ? above : nregs);
	list_push_front(&bin->buckets[bucket], &slab->link);
	bin->filled |= 1u << bucket;
	shared_add(bin->nonfull, 1);
}

static void take_from_bucket(struct bin *bin, struct extent *slab)
{
	list_remove(&slab->link);
	if (list_is_empty(&bin->buckets[slab->bucket]))
		bin->filled &= ~(1u << slab->bucket);
	shared_sub(bin->nonfull, 1);
}

static struct extent *take_fullest(struct bin *bin)
{
	if (bin->filled == 0)
		return NULL;
	struct extent *slab = slab_of_link(list_first(&bin->buckets[bits_first_set(bin->filled)]));
	take_from_bucket(bin, slab);
	shared_add(bin->nreslabs, 1);
	slab->holes = 0;
	slab->nfree_then = 0;
	return slab;
}

/* ---- filling ---- */

static struct extent *new_slab(struct bin *bin, struct pages *pages, bool *grew)
{
	size_t size = bin_infos[bin->class].slab_size;
	struct extent *slab = NULL;
	if (unlikely(page_guard_is_due(pages, PAGE_GUARD_SMALL))) {
		slab = pages_alloc_apart(pages, size + page_guard_room(0), 0, false);
		if (slab != NULL && !page_guard_close(pages, slab, 0)) {
			pages_dalloc(pages, slab);
			slab = NULL;
		}
	}
	if (slab == NULL)
		slab = pages_alloc(pages, size, 0, false);
	if (slab == NULL)
		return NULL;
	*grew |= slab->zeroed;
	slab_init(slab, bin->class);
	slab->bin = bin;
	pagemap_set_all(slab, bin->class + 1);
	shared_add(bin->nslabs, 1);
	shared_add(bin->curslabs, 1);
	return slab;
}

/* Under the lock. */
static unsigned take(struct bin *bin, struct pages *pages, void **end, unsigned n, bool *grew)
{
	unsigned got = 0;
	while (got < n) {
		if (bin->current == NULL || bin->current->nfree == 0) {
			if (bin->current != NULL) {
				bin->current->refile_at = REFILE_FULL;
				list_push_front(&bin->full, &bin->current->link);
			}
			bin->current = take_fullest(bin);
			if (bin->current == NULL)
				bin->current = new_slab(bin, pages, grew);
			if (bin->current == NULL)
				break;
			bin->current->refile_at = REFILE_NEVER;
		}
		got += slab_take(bin->current, end - got, n - got);
	}
	shared_add(bin->nmalloc, got);
	return got;
}

unsigned bin_fill(struct bin *bin, struct pages *pages, void **end, unsigned n, uint64_t nrequests,
		  bool *grew)
{
	lock_take(&bin->lock);
	unsigned got = take(bin, pages, end, n, grew);
	shared_add(bin->nrequests, nrequests);
	shared_add(bin->nfills, 1);
	lock_drop(&bin->lock);
	return got;
}

unsigned bin_take_many(struct bin *bin, struct pages *pages, void **end, unsigned n)
{
	bool grew = false;
	lock_take(&bin->lock);
	unsigned got = take(bin, pages, end, n, &grew);
	shared_add(bin->nrequests, got);
	lock_drop(&bin->lock);
	return got;
}

void *bin_take(struct bin *bin, struct pages *pages)
{
	void *region[1];
	return bin_take_many(bin, pages, region + 1, 1) != 0 ? region[0] : NULL;
}

/* ---- flushing ---- */

/* A slab has reached refile_at; returns true when it is empty and has left the bin. */
static __attribute__((noinline)) bool refile(struct bin *bin, struct extent *slab)
{
	unsigned nregs = bin_infos[bin->class].nregs;
	if (slab->refile_at == REFILE_FULL)
		list_remove(&slab->link);
	else
		take_from_bucket(bin, slab);
	if (slab->nfree == nregs) {
		shared_sub(bin->curslabs, 1);
		/* Whoever frees a region of it once more, until its pages are somebody else's, must
		 * not make it leave again. */
		slab->refile_at = REFILE_NEVER;
		return true;
	}
	put_in_bucket(bin, slab, bucket_of(slab, nregs));
	return false;
}

void bin_release(struct pages *pages, struct extent *slab)
{
	pagemap_clear_inside(slab);
	pages_dalloc(pages, slab);
}

static void release_slabs(struct pages *pages, struct list *slabs)
{
	while (!list_is_empty(slabs)) {
		struct extent *slab = slab_of_link(list_first(slabs));
		list_remove(&slab->link);
		bin_release(pages, slab);
	}
}

/* After regions have come back to a slab. */
ALWAYS_INLINE void settle(struct bin *bin, struct extent *slab, struct list *empty)
{
	if (slab->nfree >= slab->refile_at && refile(bin, slab))
		list_push_back(empty, &slab->link);
}

/* Those of the regions that belong here, under the lock; slabs that they leave empty go to a list,
 * to be released without it. Returns how many belong elsewhere, moved to the front. */
static unsigned put(struct bin *bin, struct pages *pages, void **regions, unsigned n,
		    struct list *empty, struct bin_refused *refused)
{
	const struct bin_info info = bin_infos[bin->class]; /* a copy stays in registers */
	const size_t cache_bin = bin->class + 1;
	const uint32_t arena = pages->arena;
	const void *start = NULL; /* of slab, which the latest region was in */
	struct extent *slab = NULL;
	unsigned foreign = 0;
	unsigned taken = 0;
	for (unsigned i = 0; i < n; i++) {
		void *region = regions[i];
		if (ptr_distance(start, region) >= info.slab_size) {
			uint64_t word = pagemap_word(region);
			if (unlikely(pagemap_cache_bin_times(word, 1) != cache_bin)) {
				bin_refuse(refused, region, arena, SLAB_PUT_TWICE);
				continue;
			}
			if (unlikely(pagemap_extent(word)->bin != bin)) {
				regions[foreign++] = region;
				continue;
			}
			if (slab != NULL)
				settle(bin, slab, empty);
			slab = pagemap_extent(word);
			start = slab->address;
		}
		enum slab_put_result result = slab_put(slab, &info, region);
		if (unlikely(result != SLAB_PUT_DONE)) {
			bin_refuse(refused, region, arena, result);
			continue;
		}
		taken++;
	}
	if (slab != NULL)
		settle(bin, slab, empty);
	shared_add(bin->ndalloc, taken);
	return foreign;
}

unsigned bin_flush(struct bin *bin, struct pages *pages, void **regions, unsigned n,
		   uint64_t nrequests)
{
	struct list empty;
	struct bin_refused refused;
	refused.n = 0;
	list_init(&empty);
	lock_take(&bin->lock);
	unsigned foreign = put(bin, pages, regions, n, &empty, &refused);
	shared_add(bin->nrequests, nrequests);
	shared_add(bin->nflushes, 1);
	lock_drop(&bin->lock);
	release_slabs(pages, &empty);
	if (unlikely(refused.n != 0))
		bin_tell_refused(&refused, bin->class);
	return foreign;
}

void bin_put(struct bin *bin, struct pages *pages, void *region)
{
	struct list empty;
	struct bin_refused refused;
	refused.n = 0;
	list_init(&empty);
	lock_take(&bin->lock);
	put(bin, pages, &region, 1, &empty, &refused);
	lock_drop(&bin->lock);
	release_slabs(pages, &empty);
	if (unlikely(refused.n != 0))
		bin_tell_refused(&refused, bin->class);
}

bool bin_is_out(struct bin *bin, const struct extent *slab, const void *region)
{
	unsigned index = slab_region_index(slab, region);
	lock_take(&bin->lock);
	bool is_free = (slab->free_regions[index / 64] >> (index % 64) & 1) != 0;
	lock_drop(&bin->lock);
	return !is_free;
}

void bin_count_apart(struct bin *bin, bool is_free)
{
	lock_take(&bin->lock);
	if (is_free) {
		shared_add(bin->ndalloc, 1);
	} else {
		shared_add(bin->nmalloc, 1);
		shared_add(bin->nrequests, 1);
	}
	lock_drop(&bin->lock);
}

void bin_count_requests(struct bin *bin, uint64_t n)
{
	lock_take(&bin->lock);
	shared_add(bin->nrequests, n);
	lock_drop(&bin->lock);
}

struct extent *bin_pin_sparse(struct bin *bin, uint8_t pass)
{
	for (unsigned i = 1; i < BIN_BUCKETS; i++) {
		/* Those that were seen are at the front. */
		struct list *link = list_last(&bin->buckets[i]);
		if (link == NULL || slab_of_link(link)->sparse_pass == pass)
			continue;
		struct extent *slab = slab_of_link(link);
		take_from_bucket(bin, slab);
		slab->refile_at = REFILE_NEVER;
		slab->sparse_pass = pass;
		return slab;
	}
	return NULL;
}

bool bin_unpin(struct bin *bin, struct extent *slab)
{
	unsigned nregs = bin_infos[bin->class].nregs;
	if (slab->nfree == nregs) {
		shared_sub(bin->curslabs, 1);
		return false;
	}
	put_in_bucket(bin, slab, bucket_of(slab, nregs));
	return true;
}

void bin_trim(struct bin *bin, struct pages *pages)
{
	struct list empty;
	list_init(&empty);
	lock_take(&bin->lock);
	if (bin->current != NULL && bin->current->nfree == bin_infos[bin->class].nregs) {
		list_push_back(&empty, &bin->current->link);
		bin->current = NULL;
		shared_sub(bin->curslabs, 1);
	}
	lock_drop(&bin->lock);
	release_slabs(pages, &empty);
}

void bin_reset(struct bin *bin, struct pages *pages)
{
	struct list slabs;
	list_init(&slabs);

	lock_take(&bin->lock);
	if (bin->current != NULL)
		list_push_back(&slabs, &bin->current->link);
	bin->current = NULL;
	for (unsigned i = 0; i <= BIN_BUCKETS; i++) {
		struct list *from = i < BIN_BUCKETS ? &bin->buckets[i] : &bin->full;
		while (!list_is_empty(from)) {
			struct list *link = list_first(from);
			list_remove(link);
			list_push_back(&slabs, link);
		}
	}
	bin->filled = 0;
	shared_store(bin->nonfull, 0);
	shared_store(bin->curslabs, 0);
	shared_store(bin->ndalloc, bin->nmalloc);
	lock_drop(&bin->lock);

	release_slabs(pages, &slabs);
}

void bin_forget_counts(struct bin *bin)
{
	lock_take(&bin->lock);
	shared_store(bin->nmalloc, 0);
	shared_store(bin->ndalloc, 0);
	shared_store(bin->nrequests, 0);
	shared_store(bin->nfills, 0);
	shared_store(bin->nflushes, 0);
	shared_store(bin->nslabs, 0);
	shared_store(bin->nreslabs, 0);
	lock_drop(&bin->lock);
}
