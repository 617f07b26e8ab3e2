#include "sparse.h"

#include "options.h"
#include "os.h"
#include "os_purge.h"

/* Regions smaller than this are so many to a page that hardly any page is free of them. */
#define REGION_LEAST 256

/* What one step does at most, so that no thread of the program is held up: slabs seen, and slabs
 * purged; and when it is gone on with then. */
#define STEP_SEEN     1024
#define STEP_PURGED   256
#define STEP_PAUSE_NS ((uint64_t)10 * 1000 * 1000)

#define PAGES_MOST 8 /* of a slab, as many as struct extent has bits for */

ALWAYS_RUN void sparse_init(struct sparse *sparse)
{
	sparse->due_ns = UINT64_MAX;
	sparse->pass = 1;
}

static unsigned first_bin(void)
{
	unsigned class = 0;
	while (bin_infos[class].size < REGION_LEAST)
		class ++;
	return class;
}

/* From one bin to the next: two passes within the decay time. */
static uint64_t bin_ns(ssize_t dirty_decay_ms)
{
	return (uint64_t)dirty_decay_ms * (1000000 / 2) / (size_class_nbins - first_bin());
}

void sparse_begin(struct sparse *sparse, uint64_t now_ns, ssize_t dirty_decay_ms)
{
	uint64_t none = UINT64_MAX;
	if (shared_load(sparse->due_ns) != none || dirty_decay_ms <= 0 || options.thp == THP_ALWAYS)
		return;
	__atomic_compare_exchange_n(&sparse->due_ns, &none, now_ns + bin_ns(dirty_decay_ms), false,
				    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static bool is_free(const struct extent *slab, size_t first, size_t last)
{
	for (size_t i = first; i <= last; i++)
		if ((slab->free_regions[i / 64] >> (i % 64) & 1) == 0)
			return false;
	return true;
}

/* The pages that lie in free regions altogether. */
static uint8_t free_pages(const struct extent *slab)
{
	const struct bin_info *info = &bin_infos[slab->class];
	size_t npages = pages_in(slab->size);
	uint8_t mask = 0;
	for (size_t page = 0; page < npages && page < PAGES_MOST; page++) {
		size_t first = (page << os_lg_page) / info->size;
		size_t last = (((page + 1) << os_lg_page) - 1) / info->size;
		if (last >= info->nregs)
			last = info->nregs - 1;
		if (is_free(slab, first, last))
			mask |= (uint8_t)(1u << page);
	}
	return mask;
}

/* Gives these pages up, neighbours in one call. Returns how many went, and which. */
static unsigned purge(const struct extent *slab, uint8_t mask, uint8_t *gone)
{
	unsigned npages = 0;
	*gone = 0;
	for (unsigned page = 0; page < PAGES_MOST; page++) {
		unsigned n = 0;
		while (page + n < PAGES_MOST && (mask >> (page + n) & 1) != 0)
			n++;
		if (n != 0 && os_purge_forced(ptr_add(slab->address, (size_t)page << os_lg_page),
					      (size_t)n << os_lg_page)) {
			*gone |= (uint8_t)(((1u << n) - 1) << page);
			npages += n;
		}
		page += n;
	}
	return npages;
}

/* One slab of a bin; NULL: all were seen. npurged: the pages that it gave up. */
static struct extent *look_at_one(struct sparse *sparse, struct bin *bin, struct pages *pages,
				  unsigned *npurged)
{
	*npurged = 0;
	lock_take(&bin->lock);
	struct extent *slab = bin_pin_sparse(bin, sparse->pass);
	if (slab == NULL) {
		lock_drop(&bin->lock);
		return NULL;
	}
	uint8_t mask = 0;
	if (hpa_owns(pages->hpa, slab) || slab->is_pinned)
		; /* a hole would break up a huge page, or memory that a hook pinned */
	else if (slab->nfree == slab->nfree_then)
		mask = free_pages(slab) & (uint8_t)~slab->holes;
	else
		sparse->is_changed = true;
	slab->nfree_then = slab->nfree;
	if (mask != 0) {
		sparse->pinned = slab;
		lock_drop(&bin->lock);
		uint8_t gone;
		*npurged = purge(slab, mask, &gone);
		lock_take(&bin->lock);
		slab->holes |= gone;
		sparse->pinned = NULL;
	}
	bool stays = bin_unpin(bin, slab);
	lock_drop(&bin->lock);
	if (!stays)
		bin_release(pages, slab);
	return slab;
}

/* How much of a step is left. */
struct allowance {
	unsigned seen;
	unsigned purged;
};

/* false: there is more to do in this bin. */
static bool look_at_shard(struct sparse *sparse, struct bin *bin, struct pages *pages,
			  struct allowance *left)
{
	while (left->seen > 0 && left->purged > 0) {
		unsigned npurged;
		if (look_at_one(sparse, bin, pages, &npurged) == NULL)
			return true;
		left->seen--;
		left->purged -= npurged != 0;
		shared_store(sparse->purged, sparse->purged + npurged);
	}
	return false;
}

/* All shards of a bin, again from the first when a step has ended in the middle of them: what was
 * seen already is passed over. */
static bool look_at_bin(struct sparse *sparse, struct bin *first, struct pages *pages,
			struct allowance *left)
{
	for (unsigned i = 0; i < bin_nshards(first); i++)
		if (!look_at_shard(sparse, bin_shard(first, i), pages, left))
			return false;
	return true;
}

/* The next bin, of the next pass after the last; false: no pass is needed any more. */
static bool go_on(struct sparse *sparse)
{
	if (++sparse->bin < size_class_nbins)
		return true;
	sparse->bin = (uint8_t)first_bin();
	sparse->pass = sparse->pass < UINT8_MAX ? (uint8_t)(sparse->pass + 1u) : 1;
	bool is_needed = sparse->is_changed;
	sparse->is_changed = false;
	return is_needed;
}

static uint64_t step(struct sparse *sparse, struct bin *bins, struct pages *pages, uint64_t now_ns)
{
	struct allowance left = {.seen = STEP_SEEN, .purged = STEP_PURGED};
	uint64_t due = shared_load(sparse->due_ns);
	ssize_t ms = pages_decay_ms(pages, PAGES_DIRTY);
	if (sparse->bin < first_bin())
		sparse->bin = (uint8_t)first_bin();
	while (due <= now_ns) {
		if (!look_at_bin(sparse, &bins[sparse->bin], pages, &left))
			return now_ns + STEP_PAUSE_NS;
		if (!go_on(sparse) || ms <= 0)
			return UINT64_MAX;
		due += bin_ns(ms);
	}
	return due;
}

uint64_t sparse_step(struct sparse *sparse, struct bin *bins, struct pages *pages, uint64_t now_ns)
{
	uint64_t due = shared_load(sparse->due_ns);
	if (now_ns < due || __atomic_exchange_n(&sparse->is_busy, true, __ATOMIC_ACQUIRE))
		return due;
	due = step(sparse, bins, pages, now_ns);
	shared_store(sparse->due_ns, due);
	__atomic_store_n(&sparse->is_busy, false, __ATOMIC_RELEASE);
	return due;
}

void sparse_postfork_child(struct sparse *sparse, struct pages *pages)
{
	struct extent *slab = sparse->pinned;
	sparse->pinned = NULL;
	sparse->is_busy = false;
	if (slab != NULL && !bin_unpin(slab->bin, slab))
		bin_release(pages, slab);
}
