#include "tcache_stack.h"

#include "cache_return.h"
#include "cache_slots.h"
#include "options.h"

#include <string.h>

/* A stack that is only ever pushed to grows to so many bytes, but to a few regions. */
#define UNASKED_BYTES ((size_t)4 << 10)
#define UNASKED_LEAST 4

/* Soon: before so many large objects more were let go. */
#define LARGE_SOON 8

static uint16_t most_slots[TCACHE_CLASSES]; /* from the options; constant after boot */
static size_t large_bytes;                  /* of large objects that one cache may keep */

/* ---- capacity ---- */

/* Of the sizes that malloc() does not look up, pops of which cost more anyhow, a stack keeps so
 * many bytes at most: a program that goes through them, as one that grows its buffers step by step
 * does, leaves some in each. */
#define SMALL_BYTES_MAX ((size_t)32 << 10)

static unsigned capacity_of_small(unsigned class)
{
	ssize_t mul = options.lg_tcache_nslots_mul;
	size_t nregs = bin_infos[class].nregs;
	size_t n = mul < 0 ? nregs >> -mul : nregs << mul;
	unsigned most = clamp(options.tcache_nslots_small_max, 1, TCACHE_SLOTS_MAX);
	if (size_class_sizes[class] > SIZE_LOOKUP_MAX &&
	    n > SMALL_BYTES_MAX / size_class_sizes[class])
		n = SMALL_BYTES_MAX / size_class_sizes[class];
	return clamp(n > TCACHE_SLOTS_MAX ? TCACHE_SLOTS_MAX : (unsigned)n,
		     options.tcache_nslots_small_min, most);
}

/* All large objects together: as many bytes as the largest of them, but some of the smaller ones.
 */
#define LARGE_BYTES_LEAST ((size_t)128 << 10)

static unsigned capacity_of_large(unsigned class)
{
	return clamp((unsigned)(large_bytes / size_class_sizes[class]), 1,
		     clamp(options.tcache_nslots_large, 1, TCACHE_SLOTS_MAX));
}

ALWAYS_RUN size_t stack_large_bytes(size_t max)
{
	return max > LARGE_BYTES_LEAST ? max : LARGE_BYTES_LEAST;
}

void tcache_boot(void)
{
	size_t max = options.tcache_max;
	size_class_ncached = size_class_compute(max) + 1;
	if (size_class_ncached > TCACHE_CLASSES)
		size_class_ncached = TCACHE_CLASSES;
	/* Two objects of a class need not be as large as each other there. */
	if (size_class_ncached > size_class_exact_from)
		size_class_ncached = size_class_exact_from;
	large_bytes = stack_large_bytes(max);
	for (unsigned class = 0; class < TCACHE_CLASSES; class ++)
		most_slots[class] = (uint16_t)(class < size_class_nbins ? capacity_of_small(class)
									: capacity_of_large(class));
	const char *text = options.tcache_ncached_max;
	struct option_range range;
	while (text != NULL && option_next_range(&text, &range)) {
		size_t hi = range.hi < TCACHE_MAX_LIMIT ? range.hi : TCACHE_MAX_LIMIT;
		for (unsigned class = size_class_compute(range.lo < hi ? range.lo : hi);
		     range.lo <= hi && class <= size_class_compute(hi); class ++)
			most_slots[class] = stack_slots(range.n);
	}
}

static bool is_large(unsigned class)
{
	return class >= size_class_nbins;
}

/* What a stack may grow to without having been missed. */
static unsigned unasked_capacity(const struct tcache_bin *slow, unsigned class)
{
	return clamp((unsigned)(UNASKED_BYTES / size_class_sizes[class]), UNASKED_LEAST,
		     slow->most);
}

/* ---- one stack ---- */

bool stack_reveal(struct tcache *cache, unsigned class)
{
	struct tcache_bin *slow = &cache->slow[class + 1];
	unsigned n = slow->hidden;
	if (n == 0)
		return false;
	memmove(slow->slots + 1, slow->slots, n * sizeof(void *));
	slow->slots[0] = NULL;
	slow->hidden = 0;
	return true;
}

static void hide(struct tcache *cache, unsigned class, unsigned n)
{
	struct tcache_bin *slow = &cache->slow[class + 1];
	memmove(slow->slots, slow->slots + 1, n * sizeof(void *));
	slow->slots[n] = NULL;
	slow->hidden = (uint16_t)n;
}

static void set_slots(struct tcache *cache, unsigned class, void **slots, unsigned capacity,
		      unsigned count)
{
	struct cache_bin *bin = &cache->bins[class + 1];
	if (slots[0] != NULL) /* memory that is zero is not touched before the first region */
		slots[0] = NULL;
	shared_store(cache->slow[class + 1].slots, slots);
	cache->slow[class + 1].capacity = (uint16_t)capacity;
	shared_store(bin->top, slots + 1 + count);
	bin->limit = cache->is_enabled ? slots + 1 + capacity : bin->top;
}

/* Moves a stack to slots that have room for this capacity; false without memory. */
static bool set_capacity(struct tcache *cache, unsigned class, unsigned capacity)
{
	struct tcache_bin *slow = &cache->slow[class + 1];
	unsigned count = stack_held(cache, class);
	void **old = slow->slots;
	stack_reveal(cache, class);
	if (capacity + 1 <= slow->room) {
		set_slots(cache, class, old, capacity, count);
		return true;
	}
	void **slots = cache_slots_take(capacity + 1);
	if (slots == NULL)
		return false;
	memcpy(slots + 1, old + 1, count * sizeof(void *));
	set_slots(cache, class, slots, capacity, count);
	if (old != cache->first_slots[class])
		cache_slots_put(old, slow->room);
	slow->room = (uint16_t)cache_slots_room(capacity + 1);
	return true;
}

bool stack_grow(struct tcache *cache, unsigned class)
{
	struct tcache_bin *slow = &cache->slow[class + 1];
	unsigned most = unasked_capacity(slow, class);
	if (slow->capacity >= most) {
		if (!slow->was_missed || slow->capacity >= slow->most)
			return false;
		slow->was_missed = false;
		most = slow->most;
	}
	/* Slots come in sizes; the room of one size is used up before the next is taken. */
	unsigned room = slow->capacity + 1u < slow->room ? slow->room : 4u * slow->room;
	return set_capacity(cache, class, room - 1 < most ? room - 1 : most);
}

/* Back to the first slots, which are part of the cache; the regions must fit there. */
static void shrink(struct tcache *cache, unsigned class, unsigned capacity)
{
	struct tcache_bin *slow = &cache->slow[class + 1];
	void **old = slow->slots;
	void **first = cache->first_slots[class];
	unsigned count = stack_held(cache, class);
	stack_reveal(cache, class);
	memmove(first + 1, old + 1, count * sizeof(void *));
	set_slots(cache, class, first, capacity, count);
	if (old != first)
		cache_slots_put(old, slow->room);
	slow->room = TCACHE_SLOTS_FIRST + 1;
}

static unsigned first_capacity(const struct tcache_bin *slow, unsigned class)
{
	return is_large(class) ? 0 : clamp(unasked_capacity(slow, class), 0, TCACHE_SLOTS_FIRST);
}

void stack_init(struct tcache *cache, unsigned class)
{
	struct tcache_bin *slow = &cache->slow[class + 1];
	/* Statistics may be looking at who had the memory before, so slots is not written twice. */
	slow->room = TCACHE_SLOTS_FIRST + 1;
	slow->most = most_slots[class];
	slow->fill = slow->hidden = 0;
	slow->gone_at = (uint16_t)(cache->large_gone - LARGE_SOON); /* long ago */
	slow->is_wanted = slow->was_missed = slow->was_refused = false;
	slow->pushes = slow->nflushes = 0;
	set_slots(cache, class, cache->first_slots[class], first_capacity(slow, class), 0);
}

void stack_update_limit(struct tcache *cache, unsigned class)
{
	struct tcache_bin *slow = &cache->slow[class + 1];
	stack_reveal(cache, class);
	set_slots(cache, class, slow->slots, slow->capacity, stack_held(cache, class));
}

/* ---- giving back ---- */

uint64_t stack_take_requests(struct cache_bin *bin)
{
	uint64_t n = bin->nrequests;
	shared_store(bin->nrequests, 0);
	return n;
}

void stack_flush(struct tcache *cache, unsigned class, unsigned n)
{
	struct cache_bin *bin = &cache->bins[class + 1];
	void **slots = cache->slow[class + 1].slots;
	unsigned count = stack_held(cache, class);
	struct arena *arena = cache->arena;
	uint64_t nrequests = stack_take_requests(bin);

	stack_reveal(cache, class);
	if (!is_large(class)) {
		cache_return_small(class, slots + 1, n, arena, nrequests);
	} else {
		cache_return_large(class, slots + 1, n);
		cache_report_requests(class, arena, nrequests);
		large_count(&arena->large.counts[class].nflushes, n > 0);
	}
	memmove(slots + 1, slots + 1 + n, (count - n) * sizeof(void *));
	shared_store(bin->top, slots + 1 + count - n);
}

void stack_release(struct tcache *cache, unsigned class)
{
	struct tcache_bin *slow = &cache->slow[class + 1];
	unsigned count = stack_held(cache, class);
	if (count > 0 || cache->bins[class + 1].nrequests > 0)
		stack_flush(cache, class, count);
	if (is_large(class))
		cache->large_left += slow->capacity * size_class_sizes[class];
	shrink(cache, class, first_capacity(slow, class));
}

void stack_set_most(struct tcache *cache, unsigned class, uint16_t most)
{
	cache->slow[class + 1].most = most;
	stack_release(cache, class);
}

/* Capacity for a large class is worth having if something was asked for since the last visit. */
static void trim_large(struct tcache *cache, unsigned class)
{
	struct tcache_bin *slow = &cache->slow[class + 1];
	struct cache_bin *bin = &cache->bins[class + 1];
	slow->was_refused = false;
	if (bin->nrequests > 0) {
		large_count(&cache->arena->large.counts[class].nserved, stack_take_requests(bin));
	} else if (slow->capacity > 0) {
		stack_release(cache, class);
		slow->was_missed = false;
	}
}

static void trim_small(struct tcache *cache, unsigned class)
{
	struct tcache_bin *slow = &cache->slow[class + 1];
	if (!slow->is_wanted) {
		if (slow->hidden > 0 &&
		    slow->hidden * size_class_sizes[class] >= options.tcache_gc_delay_bytes)
			stack_flush(cache, class, slow->hidden);
		slow->fill = 0;
		slow->was_missed = false;
		unsigned first = first_capacity(slow, class);
		if (slow->room > TCACHE_SLOTS_FIRST + 1 && stack_held(cache, class) <= first)
			shrink(cache, class, first);
	}
	slow->is_wanted = false;
	stack_reveal(cache, class);
	hide(cache, class, (stack_held(cache, class) + 1) / 2);
}

void stack_trim(struct tcache *cache, unsigned class)
{
	if (is_large(class))
		trim_large(cache, class);
	else
		trim_small(cache, class);
}

/* ---- making room ---- */

/* Takes the capacity of other large classes away, in turn, until there is enough for one of these
 * objects. */
static void take_from_others(struct tcache *cache, unsigned class, size_t size)
{
	unsigned n = cache->ncached - size_class_nbins;
	for (unsigned i = 0; i < n && cache->large_left < size; i++) {
		unsigned victim = size_class_nbins + cache->victim_next;
		cache->victim_next = (uint16_t)((cache->victim_next + 1u) % n);
		if (victim != class && cache->slow[victim + 1].capacity > 0)
			stack_release(cache, victim);
	}
}

void stack_ask_large(struct tcache *cache, unsigned class)
{
	struct tcache_bin *slow = &cache->slow[class + 1];
	if ((uint16_t)(cache->large_gone - slow->gone_at) < LARGE_SOON)
		slow->was_missed = true;
}

static bool grow_large(struct tcache *cache, unsigned class)
{
	struct tcache_bin *slow = &cache->slow[class + 1];
	size_t size = size_class_sizes[class];
	if (slow->capacity >= slow->most)
		return false;
	/* An explicit cache was made for what comes. */
	if (!slow->was_missed && cache->thread != NULL) {
		slow->gone_at = cache->large_gone++;
		return false;
	}
	/* Not for the first one that comes by: it may be the only one of its kind. */
	if (cache->large_left < size && slow->was_refused)
		take_from_others(cache, class, size);
	if (cache->large_left < size) {
		slow->was_refused = true;
		return false;
	}
	if (!set_capacity(cache, class, slow->capacity + 1u))
		return false;
	cache->large_left -= size;
	return true;
}

/* Of a full stack the newer part stays: it is what the program and its caches know. More of it
 * where the stack goes up and down and what goes now is fetched again soon; less and less where it
 * only goes up, so that those who free much at once come here less often. */
#define FLUSHES_MAX 3

static unsigned staying(const struct tcache_bin *slow, unsigned class, unsigned count)
{
	if (is_large(class))
		return count >> options.lg_tcache_flush_large_div;
	unsigned div = options.lg_tcache_flush_small_div;
	if (div != 1)
		return count >> div;
	bool goes_up_and_down = slow->is_wanted && slow->nflushes == 0;
	return goes_up_and_down ? count - count / 4
				: count >> clamp(slow->nflushes, 1, FLUSHES_MAX);
}

bool stack_make_room(struct tcache *cache, unsigned class)
{
	struct tcache_bin *slow = &cache->slow[class + 1];
	if (is_large(class) ? grow_large(cache, class) : stack_grow(cache, class))
		return true;
	if (slow->capacity == 0)
		return false;
	unsigned count = stack_held(cache, class);
	unsigned stays = staying(slow, class, count);
	stack_flush(cache, class, stays < count ? count - stays : 1);
	if (slow->nflushes < FLUSHES_MAX)
		slow->nflushes++;
	slow->fill /= 2;
	return true;
}
