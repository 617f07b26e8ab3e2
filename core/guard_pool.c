#include "guard_pool.h"

#include "base.h"
#include "lock.h"
#include "options.h"
#include "os.h"
#include "os_map.h"
#include "pagemap.h"

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

char *guard_pool_start(const struct guard_slot *slot)
{
	return pool.start + os_page + (size_t)(slot - pool.slots) * pool.stride;
}

struct guard_slot *guard_pool_take(void)
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

void guard_pool_put(struct guard_slot *slot)
{
	lock_take(&pool.lock);
	pool.queue[(pool.queue_first + pool.queue_length) % pool.nslots] =
		(uint32_t)(slot - pool.slots);
	shared_add(pool.queue_length, 1);
	lock_drop(&pool.lock);
}

size_t guard_pool_slot_bytes(void)
{
	return is_made() ? pool.slot_bytes : size_class_large_min;
}

struct guard_slot *guard_pool_next(const struct guard_slot *slot)
{
	uint32_t i = slot != NULL ? (uint32_t)(slot - pool.slots) + 1 : 0;
	return is_made() && i < pool.nslots ? &pool.slots[i] : NULL;
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

struct guard_slot *guard_pool_find(const void *address, ptrdiff_t *distance)
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

bool guard_pool_open(struct guard_slot *slot, const void *address)
{
	shared_store(slot->is_spoiled, true);
	return os_protect((void *)((uintptr_t)address & ~(uintptr_t)(os_page - 1)), os_page, true);
}

void guard_pool_close(struct guard_slot *slot)
{
	if (!shared_load(slot->is_spoiled))
		return;
	os_forbid(guard_pool_start(slot) - os_page, pool.stride + os_page);
	shared_store(slot->is_spoiled, false);
}

/* ---- counts, fork ---- */

void guard_pool_count_missed(void)
{
	__atomic_add_fetch(&pool.missed, 1, __ATOMIC_RELAXED);
}

void guard_pool_stats(struct guard_stats *to)
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

void guard_pool_prefork(void)
{
	lock_take_for_fork(&pool.lock);
}

void guard_pool_postfork_parent(void)
{
	lock_drop_after_fork(&pool.lock);
}

void guard_pool_postfork_child(void)
{
	lock_reset_in_child(&pool.lock);
}
