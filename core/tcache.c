#include "tcache.h"

#include "cache_check.h"
#include "cache_return.h"
#include "options.h"

#include <string.h>
#include <sys/single_threaded.h>

/* A visit to a bin brings at most so many bytes, but a few regions even if they are large: a small
 * thread shall not make others' memory its own. In a process with one thread there are no others.
 */
#define FILL_BYTES_MAX       ((size_t)6 << 10)
#define FILL_BYTES_MAX_ALONE ((size_t)16 << 10)
#define FILL_LEAST_MAX       4
#define FILL_FIRST           4

/* A smaller heap has little to win by upkeep when it grows, and its process need not have the code
 * of it in memory. */
#define UPKEEP_HEAP_BYTES ((size_t)1 << 20)

/* ---- slow paths of malloc and free ---- */

/* How many regions to fetch: twice as many with each miss. */
static unsigned next_fill(struct tcache *cache, unsigned class)
{
	struct tcache_bin *slow = &cache->slow[class + 1];
	size_t size = bin_infos[class].size;
	bool is_alone = __libc_single_threaded != 0;
	size_t bytes = is_alone ? FILL_BYTES_MAX_ALONE : FILL_BYTES_MAX;
	unsigned by_bytes = (unsigned)(bytes / size);
	unsigned first = clamp(by_bytes, 1, FILL_FIRST);
	unsigned most = by_bytes > FILL_LEAST_MAX ? by_bytes : FILL_LEAST_MAX;
	unsigned n = clamp(slow->fill, first, most);
	if (n > slow->capacity)
		stack_grow(cache, class);
	n = n < slow->capacity ? n : slow->capacity;
	slow->fill = (uint16_t)(n * 2);
	return n;
}

void *tcache_refill(struct tcache *cache, unsigned class)
{
	if (class >= cache->ncached || !cache->is_enabled)
		return NULL;
	struct cache_bin *bin = &cache->bins[class + 1];
	struct tcache_bin *slow = &cache->slow[class + 1];
	struct arena *arena = cache->arena;

	cache->has_worked = true;
	if (class >= size_class_nbins)
		stack_ask_large(cache, class);
	if (class >= size_class_nbins || slow->most == 0)
		return NULL; /* not fetched ahead: the cache keeps what was freed, no more */
	slow->is_wanted = true;
	slow->nflushes = 0;
	if (stack_reveal(cache, class)) {
		void *hidden = cache_bin_peek(bin);
		cache_bin_drop(bin);
		return hidden;
	}
	slow->was_missed = true;

	unsigned want = next_fill(cache, class);
	/* The bin fills downwards from the end, so that the stack hands out ascending addresses. */
	void **slots = slow->slots + 1;
	bool grew = false;
	unsigned got = bin_fill(bin_of_turn(&arena->bins[class], cache->turn), &arena->pages,
				slots + want, want, stack_take_requests(bin), &grew);
	if (got == 0)
		return NULL;
	if (got < want)
		memmove(slots, slots + want - got, got * sizeof(void *));
	void *region = slots[got - 1];
	shared_store(bin->top, slots + got - 1);
	shared_store(bin->nrequests, bin->nrequests + 1);
	/* What lies in other stacks and is not needed may be all that holds a slab: before memory
	 * grows much further, its pages could serve. */
	if (grew && options.experimental_tcache_gc &&
	    shared_load(arena->pages.nactive) * os_page >= UPKEEP_HEAP_BYTES)
		tcache_collect(cache);
	return region;
}

/* Looks for mistakes at a part of what is there, so that it stays a part of the work: by default a
 * sixteenth, from 2 to 8 regions. The option scales the part and its bound. */
static void check_latest(struct tcache *cache, unsigned class)
{
	const struct tcache_bin *slow = &cache->slow[class + 1];
	unsigned most = options.debug_double_free_max_scan;
	if (most > TCACHE_SLOTS_MAX)
		most = TCACHE_SLOTS_MAX;
	unsigned n = clamp(slow->capacity * most / 128, most < 2 ? most : 2, most);
	unsigned count = stack_held(cache, class) - slow->hidden;
	cache_check_latest(&cache->bins[class + 1], class, count < n ? count : n);
}

/* Of the pushes that find a stack full: most of what is there was there at the last one. */
#define PUSHES_A_CHECK 4

bool tcache_push_slow(struct tcache *cache, unsigned class, void *region)
{
	if (class >= cache->ncached || !cache->is_enabled)
		return false;
	cache->has_worked = true;
	if (cache->slow[class + 1].pushes++ % PUSHES_A_CHECK == 0)
		check_latest(cache, class);
	return stack_make_room(cache, class) && cache_bin_push(&cache->bins[class + 1], region);
}

/* ---- life cycle ---- */

bool tcache_may_be_used(void)
{
	return !options.zero && options.junk == JUNK_NONE && !quarantine_is_on();
}

/* A bin that is not in use. */
static ALWAYS_RUN void refuse_all(struct tcache *cache, unsigned i)
{
	static void *stop[2]; /* slot 0 of all these */
	struct cache_bin *bin = &cache->bins[i];
	shared_store(bin->top, stop + 1);
	bin->limit = stop + 1;
	shared_store(bin->nrequests, 0);
	shared_store(bin->usable, i > 0 ? size_class_sizes[i - 1] : 0);
}

void tcache_init(struct tcache *cache, struct arena *arena, bool is_enabled)
{
	shared_store(cache->arena, NULL);
	cache->is_enabled = is_enabled;
	shared_store(cache->ncached, (uint16_t)size_class_ncached);
	cache->large_left = stack_large_bytes(options.tcache_max);
	cache->upkeep_next = 0;
	cache->victim_next = 0;
	cache->has_worked = false;
	quarantine_init(&cache->quarantine);
	for (unsigned i = 0; i < TCACHE_BINS; i++)
		refuse_all(cache, i);
	for (unsigned class = 0; class < cache->ncached; class ++)
		stack_init(cache, class);
	tcache_set_arena(cache, arena);
}

void tcache_flush(struct tcache *cache)
{
	quarantine_flush(&cache->quarantine);
	for (unsigned class = 0; class < cache->ncached; class ++) {
		unsigned count = stack_held(cache, class);
		if (count > 0 || cache->bins[class + 1].nrequests > 0)
			stack_flush(cache, class, count);
	}
}

void tcache_fini(struct tcache *cache)
{
	quarantine_fini(&cache->quarantine);
	for (unsigned class = 0; class < cache->ncached; class ++)
		stack_release(cache, class);
	tcache_set_arena(cache, NULL);
}

void tcache_set_max(struct tcache *cache, size_t size)
{
	unsigned class = size_class_of(size < TCACHE_MAX_LIMIT ? size : TCACHE_MAX_LIMIT);
	unsigned old = cache->ncached;
	unsigned new = class < size_class_exact_from ? class + 1 : size_class_exact_from;
	if (new == old)
		return;
	quarantine_flush(&cache->quarantine);
	for (class = 0; class < old; class ++)
		stack_release(cache, class);
	for (class = new; class < old; class ++)
		refuse_all(cache, class + 1);
	for (class = old; class < new; class ++)
		stack_init(cache, class);
	shared_store(cache->ncached, (uint16_t) new);
	cache->large_left = stack_large_bytes(size_class_sizes[new - 1]);
	cache->upkeep_next = 0;
	cache->victim_next = 0;
}

void tcache_set_slots(struct tcache *cache, const struct option_range *range)
{
	if (range->lo > TCACHE_MAX_LIMIT)
		return;
	unsigned last = size_class_of(range->hi < TCACHE_MAX_LIMIT ? range->hi : TCACHE_MAX_LIMIT);
	for (unsigned class = size_class_of(range->lo); class <= last; class ++)
		if (class < cache->ncached)
			stack_set_most(cache, class, stack_slots(range->n));
}

void tcache_set_enabled(struct tcache *cache, bool is_enabled)
{
	if (!is_enabled)
		tcache_flush(cache);
	cache->is_enabled = is_enabled;
	for (unsigned class = 0; class < cache->ncached; class ++)
		stack_update_limit(cache, class);
}

/* What was served so far, to the arena that it was served for. */
static void report_requests(struct tcache *cache)
{
	for (unsigned class = 0; class < cache->ncached; class ++) {
		uint64_t n = stack_take_requests(&cache->bins[class + 1]);
		if (n != 0)
			cache_report_requests(class, cache->arena, n);
	}
}

ALWAYS_RUN void tcache_set_arena(struct tcache *cache, struct arena *arena)
{
	struct arena *old = cache->arena;
	if (old != NULL) {
		report_requests(cache);
		lock_take(&old->threads_lock);
		list_remove(&cache->link);
		lock_drop(&old->threads_lock);
	}
	/* Who reads it from outside finds a whole cache. */
	__atomic_store_n(&cache->arena, arena, __ATOMIC_RELEASE);
	if (arena != NULL) {
		cache->turn = (uint16_t)__atomic_fetch_add(&arena->turns, 1, __ATOMIC_RELAXED);
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
	unsigned n = cache->ncached / UPKEEP_STEPS + 1;
	for (unsigned i = 0; i < n; i++) {
		unsigned class = cache->upkeep_next;
		cache->upkeep_next = (uint16_t)(class + 1 < cache->ncached ? class + 1 : 0);

		check_latest(cache, class);
		stack_trim(cache, class);
	}
}

/* ---- seen from outside ---- */

size_t tcache_bytes(const struct tcache *cache)
{
	size_t bytes = 0;
	unsigned ncached = shared_load(cache->ncached);
	for (unsigned class = 0; class < ncached; class ++) {
		const struct cache_bin *bin = &cache->bins[class + 1];
		void **top = shared_load(bin->top);
		void **slots = shared_load(cache->slow[class + 1].slots);
		/* The owner may be moving the stack: a nonsensical difference counts as nothing. */
		ptrdiff_t count = top - slots - 1;
		if (count > 0 && count <= TCACHE_SLOTS_MAX)
			bytes += (size_t)count * shared_load(bin->usable);
	}
	return bytes;
}

size_t tcache_stashed_bytes(const struct tcache *cache)
{
	return shared_load(cache->quarantine.bytes);
}

void tcache_unreported(const struct tcache *cache, uint64_t *nrequests)
{
	unsigned ncached = shared_load(cache->ncached);
	for (unsigned class = 0; class < ncached; class ++)
		nrequests[class] += shared_load(cache->bins[class + 1].nrequests);
}
