#include "guard.h"

#include "base.h"
#include "misuse.h"
#include "options.h"
#include "os.h"
#include "os_map.h"
#include "os_purge.h"
#include "pagemap.h"

#include <string.h>

#define FILLING 0xbc

/* A slot is used again when at most this share of all waits behind it less: the last ones that were
 * freed stay inaccessible even when nearly all slots are in use. */
#define KEPT_FREED 4

static struct {
	struct lock lock;
	bool is_made;    /* atomic: what follows is there and constant */
	bool has_failed; /* no address space: no second try; under lock */
	char *start;     /* of the first guard page */
	size_t slot_bytes;
	size_t stride; /* slot and guard page */
	uint32_t nslots;
	struct guard_slot *slots;

	/* Slots that are not in use, a ring; under lock. */
	uint32_t *queue;
	uint32_t queue_first;
	uint32_t queue_length;

	uint64_t sampled; /* under lock */
	uint64_t missed;  /* relaxed */
	uint32_t fresh;   /* slots that were never used; under lock */
} pool = {.lock = {.rank = RANK_GUARD}};

/* ---- the pool ---- */

static bool is_made(void)
{
	return __atomic_load_n(&pool.is_made, __ATOMIC_ACQUIRE);
}

/* Under the lock. */
static bool make(void)
{
	if (pool.is_made)
		return true;
	if (pool.has_failed)
		return false;
	pool.has_failed = true;
	pool.nslots = options.safety_slots;
	pool.slot_bytes = size_class_large_min;
	pool.stride = pool.slot_bytes + os_page;
	pool.slots = base_alloc(&base_first, pool.nslots * sizeof(pool.slots[0]), CACHE_LINE);
	pool.queue = base_alloc(&base_first, pool.nslots * sizeof(pool.queue[0]), 0);
	size_t size = pool.nslots * pool.stride + os_page;
	if (pool.slots == NULL || pool.queue == NULL)
		return false;
	/* A page more, to begin at a multiple of one: the kernel's own may be smaller in tests. */
	char *reserved = os_reserve(size + os_page);
	if (reserved == NULL)
		return false;
	pool.start = (char *)align_up((uintptr_t)reserved, os_page);
	if (!pagemap_ensure(pool.start, size)) {
		os_unmap(reserved, size + os_page);
		return false;
	}
	for (uint32_t i = 0; i < pool.nslots; i++)
		pool.queue[i] = i;
	shared_store(pool.queue_length, pool.nslots);
	shared_store(pool.fresh, pool.nslots);
	__atomic_store_n(&pool.is_made, true, __ATOMIC_RELEASE);
	return true;
}

static char *slot_start(const struct guard_slot *slot)
{
	return pool.start + os_page + (size_t)(slot - pool.slots) * pool.stride;
}

static struct guard_slot *take_slot(void)
{
	struct guard_slot *slot = NULL;
	lock_take(&pool.lock);
	if (make() && (pool.fresh > 0 || pool.queue_length > pool.nslots / KEPT_FREED)) {
		slot = &pool.slots[pool.queue[pool.queue_first]];
		pool.queue_first = (pool.queue_first + 1) % pool.nslots;
		shared_sub(pool.queue_length, 1);
		if (pool.fresh > 0)
			shared_sub(pool.fresh, 1);
		shared_add(pool.sampled, 1);
	}
	lock_drop(&pool.lock);
	return slot;
}

static void put_slot(struct guard_slot *slot)
{
	lock_take(&pool.lock);
	pool.queue[(pool.queue_first + pool.queue_length) % pool.nslots] =
		(uint32_t)(slot - pool.slots);
	shared_add(pool.queue_length, 1);
	lock_drop(&pool.lock);
}

size_t guard_max(void)
{
	return is_made() ? pool.slot_bytes : size_class_large_min;
}

/* ---- an object and its surroundings ---- */

/* The pages of an object. */
static char *pages_start(const struct extent *extent)
{
	return (char *)((uintptr_t)extent->address & ~(uintptr_t)(os_page - 1));
}

static size_t pages_size(const struct guard_slot *slot)
{
	const struct extent *extent = &slot->extent;
	char *end = (char *)extent->address + extent->size;
	return (size_t)((char *)align_up((uintptr_t)end, os_page) - pages_start(extent));
}

static void trace(struct guard_trace *trace)
{
	trace->thread = os_thread_id();
	trace->nframes = unwind_here(trace->frames, GUARD_FRAMES);
}

static void fill_round(struct guard_slot *slot)
{
	char *start = pages_start(&slot->extent);
	char *object = slot->extent.address;
	char *end = object + slot->extent.size;
	memset(start, FILLING, (size_t)(object - start));
	memset(end, FILLING, (size_t)(start + pages_size(slot) - end));
}

/* The first byte of a range that is not the filling any more, NULL when all are. */
static const char *find_written(const char *from, const char *to)
{
	for (; from < to; from++) {
		if ((unsigned char)*from != FILLING)
			return from;
	}
	return NULL;
}

/* From where: of the slot, the end that the object lies at, and how far the alignment lets it. */
static char *place(const struct guard_slot *slot, const struct guard_request *request)
{
	char *start = slot_start(slot);
	size_t alignment = request->alignment > QUANTUM ? request->alignment : QUANTUM;
	if (request->usable < QUANTUM && request->alignment <= request->usable)
		alignment = 8;
	if (request->random & 1)
		return start;
	uintptr_t latest = (uintptr_t)start + pool.slot_bytes - request->usable;
	return (char *)(latest & ~(uintptr_t)(alignment - 1));
}

static void count(struct bin *bin, struct pages *pages, const struct guard_slot *slot, bool is_free)
{
	bin_count_apart(bin, is_free);
	pages_count_apart(pages, pages_in(pages_size(slot)), is_free);
}

void *guard_alloc(const struct guard_request *request, struct bin *bin, struct pages *pages)
{
	struct guard_slot *slot = take_slot();
	if (slot == NULL)
		return NULL;
	char *start = slot_start(slot);
	struct extent *extent = &slot->extent;
	if (shared_load(slot->is_spoiled)) {
		os_forbid(start - os_page, pool.stride + os_page);
		shared_store(slot->is_spoiled, false);
	}
	if (slot->allocated.thread == 0) { /* its first object */
		extent->is_guarded = true;
		extent->address = start;
		extent->size = pool.slot_bytes;
		pagemap_set_all(extent, CACHE_BIN_NONE);
	}
	extent->address = place(slot, request);
	extent->size = request->usable;
	extent->class = (uint8_t)request->class;
	slot->requested = request->requested;
	slot->least_claim = request->requested;
	if (!os_protect(pages_start(extent), pages_size(slot), true)) {
		put_slot(slot);
		return NULL;
	}
	fill_round(slot);
	trace(&slot->allocated);
	slot->freed.thread = 0;
	count(bin, pages, slot, false);
	extent_publish(extent, pages->arena, PAGES_ACTIVE);
	__atomic_store_n(&slot->state, GUARD_LIVE, __ATOMIC_RELEASE);
	return extent->address;
}

/* ---- the end of an object ---- */

void guard_tell_trace(struct fmt *text, const char *what, const struct guard_trace *trace)
{
	char title[64];
	struct fmt f;
	fmt_begin(&f, title, sizeof(title));
	fmt_text(&f, what);
	fmt_text(&f, " by thread ");
	fmt_unsigned(&f, trace->thread);
	misuse_tell_stack(text, title, trace->frames, trace->nframes);
}

static void tell_traces(struct fmt *text, const struct guard_slot *slot)
{
	guard_tell_trace(text, "allocated", &slot->allocated);
	if (slot->freed.thread != 0)
		guard_tell_trace(text, "freed", &slot->freed);
}

static COLD void tell_written(const struct guard_slot *slot, const char *at)
{
	const char *object = slot->extent.address;
	bool is_before = at < object;
	struct fmt *text = misuse_begin(MISUSE_OVERFLOW);
	if (text == NULL)
		return;
	fmt_text(text, is_before ? "underflow: " : "overflow: ");
	fmt_unsigned(text, (uint64_t)(is_before ? object - at
						: at - object + 1 - (ptrdiff_t)slot->extent.size));
	fmt_text(text, is_before ? " bytes before the start of " : " bytes beyond the end of ");
	fmt_pointer(text, object);
	misuse_tell_object(text, slot->requested, size_class_sizes[slot->extent.class],
			   slot->extent.arena);
	fmt_text(text, " were written to; noticed when it was freed");
	tell_traces(text, slot);
	misuse_end(text);
}

/* The furthest byte before the object that was written, or behind it; NULL: none. */
static const char *find_written_round(const struct guard_slot *slot)
{
	const char *start = pages_start(&slot->extent);
	const char *object = slot->extent.address;
	const char *end = object + slot->extent.size;
	const char *at = find_written(start, object);
	if (at != NULL)
		return at;
	const char *written = NULL;
	while ((at = find_written(end, start + pages_size(slot))) != NULL) {
		written = at;
		end = at + 1;
	}
	return written;
}

/* No memory, no access, last in the queue. Where the kernel refuses (too many mappings), the
 * contents go all the same. */
static void retire(struct guard_slot *slot, struct bin *bin, struct pages *pages)
{
	char *start = pages_start(&slot->extent);
	size_t size = pages_size(slot);
	if (!os_forbid(start, size))
		os_purge_forced(start, size);
	count(bin, pages, slot, true);
	put_slot(slot);
}

/* Whoever takes an object out of life is alone with it from then on. */
static bool end_life(struct guard_slot *slot)
{
	uint32_t live = GUARD_LIVE;
	if (!__atomic_compare_exchange_n(&slot->state, &live, GUARD_FREED, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		return false;
	extent_publish(&slot->extent, slot->extent.arena, PAGES_IN_TRANSIT);
	return true;
}

void guard_free(struct extent *extent, struct bin *bin, struct pages *pages)
{
	struct guard_slot *slot = guard_slot_of(extent);
	if (!end_life(slot)) {
		guard_tell_foreign("free", extent, extent->address);
		return;
	}
	trace(&slot->freed);
	const char *written = shared_load(slot->is_spoiled) ? NULL : find_written_round(slot);
	if (unlikely(written != NULL))
		tell_written(slot, written);
	retire(slot, bin, pages);
}

void guard_reset(struct bin *bins, struct pages *pages)
{
	if (!is_made())
		return;
	for (uint32_t i = 0; i < pool.nslots; i++) {
		struct guard_slot *slot = &pool.slots[i];
		/* Those of other arenas may go and come meanwhile, those of this one do not. */
		if (__atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) != GUARD_LIVE ||
		    shared_load(slot->extent.arena) != pages->arena || !end_life(slot))
			continue;
		trace(&slot->freed);
		retire(slot, &bins[slot->extent.class], pages);
	}
}

void guard_tell_foreign(const char *what, const struct extent *extent, const void *p)
{
	const struct guard_slot *slot = container_of(extent, struct guard_slot, extent);
	bool is_live = __atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) == GUARD_LIVE;
	bool is_twice = !is_live && p == extent->address;
	struct fmt *text = misuse_begin(is_twice ? MISUSE_DOUBLE_FREE : MISUSE_INVALID_FREE);
	if (text == NULL)
		return;
	if (is_twice && strcmp(what, "free") == 0)
		fmt_text(text, "double free");
	else
		fmt_text(text, what);
	fmt_text(text, " of ");
	fmt_pointer(text, p);
	misuse_tell_object(text, slot->requested, size_class_sizes[extent->class], extent->arena);
	if (is_twice)
		fmt_text(text, ", which was freed");
	else
		fmt_text(text, is_live ? ", which is not the start of the object here"
				       : ", which is not the start of the object that was here");
	tell_traces(text, slot);
	misuse_end(text);
}

/* ---- for the signal handler ---- */

static bool was_used(const struct guard_slot *slot)
{
	return __atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) != GUARD_UNUSED;
}

static ptrdiff_t distance_to(const struct guard_slot *slot, const char *address)
{
	const char *object = slot->extent.address;
	const char *end = object + slot->extent.size;
	if (address < object)
		return address - object;
	return address >= end ? address - end + 1 : 0;
}

struct guard_slot *guard_find(const void *address, ptrdiff_t *distance)
{
	const char *at = address;
	if (!is_made() || at < pool.start || at >= pool.start + pool.nslots * pool.stride + os_page)
		return NULL;
	size_t offset = (size_t)(at - pool.start);
	size_t i = offset / pool.stride; /* the slot behind the guard page that comes first */
	bool is_on_guard = offset % pool.stride < os_page;
	struct guard_slot *behind = i < pool.nslots ? &pool.slots[i] : NULL;
	struct guard_slot *before = is_on_guard && i > 0 ? &pool.slots[i - 1] : NULL;
	if (behind != NULL && !was_used(behind))
		behind = NULL;
	if (before != NULL && !was_used(before))
		before = NULL;
	/* Of two neighbours the nearer one: it is only a guess, but a good one. */
	if (before != NULL &&
	    (behind == NULL || distance_to(before, at) <= -distance_to(behind, at)))
		behind = before;
	if (behind != NULL)
		*distance = distance_to(behind, at);
	return behind;
}

bool guard_open(struct guard_slot *slot, const void *address)
{
	shared_store(slot->is_spoiled, true);
	return os_protect((void *)((uintptr_t)address & ~(uintptr_t)(os_page - 1)), os_page, true);
}

/* ---- counts, fork ---- */

void guard_count_missed(void)
{
	__atomic_add_fetch(&pool.missed, 1, __ATOMIC_RELAXED);
}

void guard_stats(struct guard_stats *to)
{
	/* Without the lock, which a sampled allocation may want. */
	bool is_there = is_made();
	uint32_t fresh = shared_load(pool.fresh), length = shared_load(pool.queue_length);
	*to = (struct guard_stats){
		.sampled = shared_load(pool.sampled),
		.missed = __atomic_load_n(&pool.missed, __ATOMIC_RELAXED),
		.live = is_there ? pool.nslots - length : 0,
		.freed = is_there && length > fresh ? length - fresh : 0,
	};
}

void guard_prefork(void)
{
	lock_take_for_fork(&pool.lock);
}

void guard_postfork_parent(void)
{
	lock_drop_after_fork(&pool.lock);
}

void guard_postfork_child(void)
{
	lock_reset_in_child(&pool.lock);
}
