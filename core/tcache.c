#include "tcache.h"

#include "base.h"
#include "misuse.h"
#include "options.h"
#include "pagemap.h"

#include <errno.h>
#include <string.h>

/* A visit to a bin brings at most so many bytes (but at least one region): a small thread shall not
 * make others' memory its own. */
#define FILL_BYTES_MAX ((size_t)8 << 10)
#define FILL_FIRST     4

#define CAPACITY_MAX 2047 /* with the stop, the largest array of slots */

static uint16_t most_slots[TCACHE_CLASSES]; /* from the options; constant after boot */

/* ---- capacity ---- */

static unsigned clamp(unsigned n, unsigned least, unsigned most)
{
	n = n < least ? least : n;
	return n > most ? most : n;
}

static unsigned capacity_of_small(unsigned class)
{
	ssize_t mul = options.lg_tcache_nslots_mul;
	size_t nregs = bin_infos[class].nregs;
	size_t n = mul < 0 ? nregs >> -mul : nregs << mul;
	unsigned most = clamp(options.tcache_nslots_small_max, 1, CAPACITY_MAX);
	return clamp(n > CAPACITY_MAX ? CAPACITY_MAX : (unsigned)n, options.tcache_nslots_small_min,
		     most);
}

/* Large objects: a few of the smaller ones, one of the largest. */
#define LARGE_BYTES_MAX ((size_t)128 << 10)

static unsigned capacity_of_large(unsigned class)
{
	unsigned n = (unsigned)(LARGE_BYTES_MAX / size_class_sizes[class]);
	return clamp(n, 1, options.tcache_nslots_large);
}

void tcache_boot(void)
{
	size_t max = options.tcache_max;
	size_class_ncached = size_class_compute(max) + 1;
	if (size_class_sizes[size_class_ncached - 1] > max && size_class_ncached > 1)
		size_class_ncached--;
	if (size_class_ncached > TCACHE_CLASSES)
		size_class_ncached = TCACHE_CLASSES;
	for (unsigned class = 0; class < size_class_ncached; class ++)
		most_slots[class] = (uint16_t)(class < size_class_nbins ? capacity_of_small(class)
									: capacity_of_large(class));
}

/* ---- memory for slots: arrays of 4^k * 8 slots, recycled by size ---- */

#define SLOT_SIZES 5

static struct lock slots_lock = {.rank = RANK_POOL};
static void **unused_slots[SLOT_SIZES]; /* stacks through the first slot; under the lock */

static unsigned slot_size_index(unsigned nslots)
{
	unsigned i = 0;
	while ((8u << (2 * i)) < nslots)
		i++;
	return i;
}

static void **take_slots(unsigned nslots)
{
	unsigned i = slot_size_index(nslots);
	lock_take(&slots_lock);
	void **slots = unused_slots[i];
	if (slots != NULL)
		unused_slots[i] = slots[0];
	lock_drop(&slots_lock);
	if (slots == NULL)
		slots = base_alloc(&base_first, (size_t)(8u << (2 * i)) * sizeof(void *), 0);
	return slots;
}

static void put_slots(void **slots, unsigned nslots)
{
	unsigned i = slot_size_index(nslots);
	lock_take(&slots_lock);
	slots[0] = unused_slots[i];
	unused_slots[i] = slots;
	lock_drop(&slots_lock);
}

void tcache_prefork(void)
{
	lock_take_for_fork(&slots_lock);
}

void tcache_postfork_parent(void)
{
	lock_drop_after_fork(&slots_lock);
}

void tcache_postfork_child(void)
{
	lock_reset_in_child(&slots_lock);
}

/* ---- one bin ---- */

static unsigned held(const struct tcache *cache, unsigned class)
{
	return (unsigned)(cache->bins[class + 1].top - cache->slow[class + 1].slots) - 1;
}

static void set_slots(struct tcache *cache, unsigned class, void **slots, unsigned capacity,
		      unsigned count)
{
	struct cache_bin *bin = &cache->bins[class + 1];
	slots[0] = NULL;
	shared_store(cache->slow[class + 1].slots, slots);
	cache->slow[class + 1].capacity = (uint16_t)capacity;
	shared_store(bin->top, slots + 1 + count);
	bin->limit = cache->is_enabled ? slots + 1 + capacity : bin->top;
}

/* Moves a stack to larger slots; false when it is as large as it may be, or without memory. */
static bool grow(struct tcache *cache, unsigned class)
{
	struct tcache_bin *slow = &cache->slow[class + 1];
	if (slow->capacity >= slow->most)
		return false;
	/* Slots come in sizes; the room of one size is used up before the next is taken. */
	unsigned size = 8u << (2 * slot_size_index(slow->capacity + 1u));
	unsigned capacity = slow->capacity + 1u < size ? size - 1 : 4 * size - 1;
	if (capacity > slow->most)
		capacity = slow->most;
	if (capacity + 1 <= size) {
		set_slots(cache, class, slow->slots, capacity, held(cache, class));
		return true;
	}
	void **slots = take_slots(capacity + 1);
	if (slots == NULL)
		return false;
	unsigned count = held(cache, class);
	void **old = slow->slots;
	unsigned old_size = slow->capacity + 1u;
	memcpy(slots + 1, old + 1, count * sizeof(void *));
	set_slots(cache, class, slots, capacity, count);
	if (old != cache->first_slots[class])
		put_slots(old, old_size);
	return true;
}

/* Back to the first, small slots; the stack must fit there. */
static void shrink(struct tcache *cache, unsigned class)
{
	struct tcache_bin *slow = &cache->slow[class + 1];
	void **old = slow->slots;
	unsigned count = held(cache, class);
	if (old == cache->first_slots[class] || count > TCACHE_SLOTS_FIRST)
		return;
	unsigned old_size = slow->capacity + 1u;
	memcpy(cache->first_slots[class] + 1, old + 1, count * sizeof(void *));
	unsigned capacity = slow->most < TCACHE_SLOTS_FIRST ? slow->most : TCACHE_SLOTS_FIRST;
	set_slots(cache, class, cache->first_slots[class], capacity, count);
	put_slots(old, old_size);
}

static uint64_t take_requests(struct cache_bin *bin)
{
	uint64_t n = bin->nrequests;
	shared_store(bin->nrequests, 0);
	return n;
}

/* ---- regions back to their arenas ---- */

/* What was freed, and is in no memory of ours that could take it back. */
static COLD void tell_stale(const void *region, unsigned class)
{
	struct fmt *text = misuse_begin(MISUSE_DOUBLE_FREE);
	if (text == NULL)
		return;
	fmt_text(text, "double free of ");
	fmt_pointer(text, region);
	fmt_text(text, ", an object of ");
	fmt_unsigned(text, size_class_sizes[class]);
	fmt_text(text, " bytes whose memory is gone: the program freed it twice, or its arena was "
		       "reset or destroyed while a thread cache had it");
	misuse_end(text);
}

static void return_large(unsigned class, void **regions, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct extent *extent = pagemap_lookup(regions[i]);
		if (unlikely(extent == NULL || extent->state != PAGES_ACTIVE ||
			     extent->address != regions[i]))
			tell_stale(regions[i], class);
		else
			large_dalloc(&arenas_get(extent->arena)->large, extent);
	}
}

/* owner: the arena to which nrequests are reported. */
static void return_small(unsigned class, void **regions, unsigned n, struct arena *owner,
			 uint64_t nrequests)
{
	while (n > 0) {
		const struct extent *slab = pagemap_lookup(regions[0]);
		struct arena *arena = slab != NULL ? arenas_get(slab->arena) : NULL;
		if (unlikely(arena == NULL)) {
			tell_stale(regions[0], class);
			regions++;
			n--;
			continue;
		}
		uint64_t mine = arena == owner ? nrequests : 0;
		if (mine != 0)
			nrequests = 0;
		n = bin_flush(&arena->bins[class], &arena->pages, regions, n, mine);
	}
}

/* The oldest n regions of a stack go back. */
static void flush_oldest(struct tcache *cache, unsigned class, unsigned n)
{
	struct cache_bin *bin = &cache->bins[class + 1];
	void **slots = cache->slow[class + 1].slots;
	unsigned count = held(cache, class);
	struct arena *arena = cache->arena;
	uint64_t nrequests = take_requests(bin);

	if (class < size_class_nbins) {
		return_small(class, slots + 1, n, arena, nrequests);
	} else {
		return_large(class, slots + 1, n);
		large_count(&arena->large.counts[class].nrequests, nrequests);
		large_count(&arena->large.counts[class].nflushes, 1);
	}
	memmove(slots + 1, slots + 1 + n, (count - n) * sizeof(void *));
	shared_store(bin->top, slots + 1 + count - n);
}

/* ---- mistakes of the program that have not left the cache ---- */

/* free() pushes what the pagemap calls a region of the class and looks no further. The slow paths
 * look, at the latest few: twice the same pointer, or one that is not where an object starts, would
 * be handed out as memory of its own. */
#define CHECKED_OFTEN  8
#define CHECKED_SELDOM 32

static bool is_object(unsigned class, const void *region)
{
	const struct extent *extent = pagemap_lookup(region);
	if (extent == NULL || extent->state != PAGES_ACTIVE || extent->class != class)
		return false;
	return extent->is_slab ? slab_has_region(extent, region) : extent->address == region;
}

static COLD void tell_cached(unsigned class, const void *region, bool is_twice)
{
	const struct extent *extent = pagemap_lookup(region);
	struct fmt *text = misuse_begin(is_twice ? MISUSE_DOUBLE_FREE : MISUSE_INVALID_FREE);
	if (text == NULL)
		return;
	fmt_text(text, is_twice ? "double free of " : "free of ");
	fmt_pointer(text, region);
	misuse_tell_object(text, 0, size_class_sizes[class], extent != NULL ? extent->arena : 0);
	fmt_text(text, is_twice ? ": it is in the thread's cache twice"
				: ", which is inside an object and not its start: the program "
				  "frees a pointer that no allocation returned");
	misuse_end(text);
}

static void check_newest(struct tcache *cache, unsigned class, unsigned most)
{
	struct cache_bin *bin = &cache->bins[class + 1];
	unsigned count = held(cache, class);
	unsigned n = count < most ? count : most;
	void **newest = bin->top - n;
	unsigned sound = 0;
	const void *bad = NULL;
	bool is_twice = false;

	for (unsigned i = 0; i < n; i++) {
		void *region = newest[i];
		bool is_here = false;
		for (unsigned j = 0; j < sound; j++)
			is_here |= newest[j] == region;
		if (likely(!is_here && is_object(class, region))) {
			newest[sound++] = region;
			continue;
		}
		bad = region;
		is_twice = is_here;
	}
	if (likely(bad == NULL))
		return;
	shared_store(bin->top, newest + sound);
	tell_cached(class, bad, is_twice);
}

/* ---- slow paths of malloc and free ---- */

static unsigned fill_limit(const struct tcache_bin *slow, size_t size)
{
	size_t by_bytes = FILL_BYTES_MAX / size;
	unsigned n = slow->capacity;
	if (by_bytes < n)
		n = by_bytes > 0 ? (unsigned)by_bytes : 1;
	return n;
}

void *tcache_refill(struct tcache *cache, unsigned class)
{
	if (class >= size_class_ncached || !cache->is_enabled)
		return NULL;
	struct cache_bin *bin = &cache->bins[class + 1];
	struct tcache_bin *slow = &cache->slow[class + 1];
	struct arena *arena = cache->arena;

	slow->filled = true;
	if (class >= size_class_nbins)
		return NULL; /* not fetched ahead: the cache keeps what was freed, no more */

	unsigned limit = fill_limit(slow, bin_infos[class].size);
	unsigned want = slow->fill < limit ? slow->fill : limit;
	slow->fill = (uint16_t)(want * 2);
	/* The bin fills downwards from the end, so that the stack hands out ascending addresses. */
	void **slots = slow->slots + 1;
	unsigned got = bin_fill(&arena->bins[class], &arena->pages, slots + want, want,
				take_requests(bin));
	if (got == 0)
		return NULL;
	if (got < want)
		memmove(slots, slots + want - got, got * sizeof(void *));
	void *region = slots[got - 1];
	shared_store(bin->top, slots + got - 1);
	shared_store(bin->nrequests, bin->nrequests + 1);
	return region;
}

bool tcache_push_slow(struct tcache *cache, unsigned class, void *region)
{
	if (class >= size_class_ncached || !cache->is_enabled)
		return false;
	struct tcache_bin *slow = &cache->slow[class + 1];
	bool may_grow = slow->capacity < slow->most;
	check_newest(cache, class, may_grow ? CHECKED_SELDOM : CHECKED_OFTEN);
	if (!grow(cache, class)) {
		/* The newer half stays: it is what the program and its caches know. */
		unsigned count = held(cache, class);
		flush_oldest(cache, class, count - count / 2);
		if (slow->fill > FILL_FIRST)
			slow->fill /= 2;
	}
	return cache_bin_push(&cache->bins[class + 1], region);
}

/* ---- life cycle ---- */

bool tcache_may_be_used(void)
{
	return !options.zero && options.junk == JUNK_NONE;
}

void tcache_init(struct tcache *cache, struct arena *arena, bool is_enabled)
{
	static void *stop[2]; /* slot 0 of the bins that are not in use */

	cache->arena = NULL;
	cache->is_enabled = is_enabled;
	cache->upkeep_next = 0;
	for (unsigned i = 0; i < TCACHE_BINS; i++) {
		struct cache_bin *bin = &cache->bins[i];
		bin->top = stop + 1;
		bin->limit = stop + 1;
		shared_store(bin->nrequests, 0);
		bin->usable = i > 0 ? size_class_sizes[i - 1] : 0;
	}
	for (unsigned class = 0; class < size_class_ncached; class ++) {
		struct tcache_bin *slow = &cache->slow[class + 1];
		slow->most = most_slots[class];
		slow->fill = FILL_FIRST;
		slow->filled = false;
		unsigned capacity =
			slow->most < TCACHE_SLOTS_FIRST ? slow->most : TCACHE_SLOTS_FIRST;
		set_slots(cache, class, cache->first_slots[class], capacity, 0);
	}
	tcache_set_arena(cache, arena);
}

void tcache_flush(struct tcache *cache)
{
	for (unsigned class = 0; class < size_class_ncached; class ++) {
		unsigned count = held(cache, class);
		if (count > 0 || cache->bins[class + 1].nrequests > 0)
			flush_oldest(cache, class, count);
	}
}

void tcache_fini(struct tcache *cache)
{
	tcache_flush(cache);
	for (unsigned class = 0; class < size_class_ncached; class ++)
		shrink(cache, class);
	tcache_set_arena(cache, NULL);
}

void tcache_set_enabled(struct tcache *cache, bool is_enabled)
{
	if (!is_enabled)
		tcache_flush(cache);
	cache->is_enabled = is_enabled;
	for (unsigned class = 0; class < size_class_ncached; class ++) {
		struct tcache_bin *slow = &cache->slow[class + 1];
		set_slots(cache, class, slow->slots, slow->capacity, held(cache, class));
	}
}

void tcache_set_arena(struct tcache *cache, struct arena *arena)
{
	struct arena *old = cache->arena;
	if (old != NULL) {
		lock_take(&old->threads_lock);
		list_remove(&cache->link);
		lock_drop(&old->threads_lock);
	}
	cache->arena = arena;
	if (arena != NULL) {
		lock_take(&arena->threads_lock);
		list_push_back(&arena->threads, &cache->link);
		lock_drop(&arena->threads_lock);
	}
}

void tcache_rebind_in_child(struct tcache *cache)
{
	list_push_back(&cache->arena->threads, &cache->link);
	cache->arena->nthreads++;
}

/* ---- upkeep ---- */

/* Bins that one step looks at: all of them have been seen after this many steps. */
#define UPKEEP_STEPS 16

void tcache_collect(struct tcache *cache)
{
	unsigned n = size_class_ncached / UPKEEP_STEPS + 1;
	for (unsigned i = 0; i < n; i++) {
		unsigned class = cache->upkeep_next;
		cache->upkeep_next = (uint16_t)(class + 1 < size_class_ncached ? class + 1 : 0);

		struct tcache_bin *slow = &cache->slow[class + 1];
		check_newest(cache, class, CHECKED_OFTEN);
		unsigned count = held(cache, class);
		if (slow->filled) {
			slow->filled = false;
			continue;
		}
		/* No miss since the last visit: the stack never ran empty, so it holds more than
		 * was needed. */
		if (count > 0)
			flush_oldest(cache, class, count - count / 4);
		slow->fill = FILL_FIRST;
		shrink(cache, class);
	}
}

/* ---- seen from outside ---- */

size_t tcache_bytes(const struct tcache *cache)
{
	size_t bytes = 0;
	for (unsigned class = 0; class < size_class_ncached; class ++) {
		const struct cache_bin *bin = &cache->bins[class + 1];
		void **top = shared_load(bin->top);
		void **slots = shared_load(cache->slow[class + 1].slots);
		/* The owner may be moving the stack: a nonsensical difference counts as nothing. */
		ptrdiff_t count = top - slots - 1;
		if (count > 0 && count <= CAPACITY_MAX)
			bytes += (size_t)count * bin->usable;
	}
	return bytes;
}

void tcache_unreported(const struct tcache *cache, uint64_t *nrequests)
{
	for (unsigned class = 0; class < size_class_ncached; class ++)
		nrequests[class] += shared_load(cache->bins[class + 1].nrequests);
}
