#include "page_purge.h"

#include "fault.h"
#include "options.h"
#include "os.h"
#include "page_batch.h"
#include "page_guard.h"
#include "page_move.h"
#include "page_recent.h"

#include <string.h>

/* How often it is looked whether another thread has finished purging what is to be destroyed. */
#define DESTROY_POLL_NS ((uint64_t)100 * 1000)

/* ---- what goes, and when ---- */

/* Purges one state down to limit, unless somebody is at it; holds the page lock. */
static void purge_to(struct pages *pages, enum page_state state, size_t limit, bool to_muzzy)
{
	if (pages->sets[state].npages <= limit || pages->is_purging[state])
		return;
	struct page_batch batch = {.npages = 0};
	pages->is_purging[state] = true;
	page_batch_take_oldest(pages, state, limit, &batch);
	page_batch_purge(pages, state, to_muzzy, &batch);
	pages->is_purging[state] = false;
}

/* Purges all of one state, also when somebody is at a part of it. */
static void purge_all(struct pages *pages, enum page_state state, bool to_muzzy)
{
	struct page_batch batch = {.npages = 0};
	page_batch_take_oldest(pages, state, 0, &batch);
	page_batch_purge(pages, state, to_muzzy, &batch);
}

static bool has_muzzy(const struct pages *pages)
{
	return pages->decay[PAGES_MUZZY].ms != 0;
}

/* Does what comes back go to the system on the spot? So it does where nothing may wait; and so much
 * memory must not wait for a deadline, unless there is none. */
static bool is_purged_at_once(const struct pages *pages, size_t size)
{
	ssize_t dirty_ms = pages->decay[PAGES_DIRTY].ms;
	if (dirty_ms <= 0)
		return dirty_ms == 0;
	return pages->oversize != 0 && size >= pages->oversize && pages->decay[PAGES_MUZZY].ms >= 0;
}

void pages_decay(struct pages *pages, uint64_t now_ns)
{
	/* Without the lock first: a deadline that is missed by a moment is met at the next call. */
	if (now_ns < pages_deadline(pages) || !lock_try(&pages->lock))
		return;
	recent_settle(pages);
	for (unsigned i = 0; i < PAGES_RETAINED; i++) {
		struct decay *decay = &pages->decay[i];
		if (!decay_is_due(decay, now_ns))
			continue;
		size_t limit = decay_advance(decay, now_ns, pages->sets[i].npages);
		purge_to(pages, (enum page_state)i, limit, has_muzzy(pages));
		decay_purged_to(decay, pages->sets[i].npages);
	}
	pages_note_deadline(pages);
	lock_drop(&pages->lock);
}

uint64_t pages_step_hpa(struct pages *pages, uint64_t now_ns)
{
	if (likely(pages->hpa == NULL))
		return UINT64_MAX;
	/* First: whoever changes something meanwhile tells it. */
	__atomic_store_n(&pages->hpa_expected_ns, UINT64_MAX, __ATOMIC_SEQ_CST);
	uint64_t due_ns = hpa_step(pages->hpa, now_ns);
	shared_store(pages->hpa_expected_ns, due_ns);
	return due_ns;
}

void pages_purge(struct pages *pages, bool all)
{
	uint64_t now = os_now_ns();
	if (pages->hpa != NULL && all)
		hpa_purge(pages->hpa);
	else if (pages->hpa != NULL)
		hpa_step(pages->hpa, now);
	lock_take(&pages->lock);
	recent_settle(pages);
	for (unsigned i = 0; i < PAGES_RETAINED; i++) {
		struct decay *decay = &pages->decay[i];
		if (all) /* nothing stops half-way as muzzy either */
			purge_all(pages, (enum page_state)i, false);
		else
			purge_to(pages, (enum page_state)i,
				 decay_advance(decay, now, pages->sets[i].npages),
				 has_muzzy(pages));
		decay_purged_to(decay, pages->sets[i].npages);
	}
	pages_note_deadline(pages);
	/* Not where it would have nothing to do: whoever maps for the arena holds the lock that it
	 * takes, also a hook of the program, which may ask for this purge. */
	bool mends = all && pages_need_mending(pages);
	lock_drop(&pages->lock);
	if (mends)
		pages_mend(pages);
}

/* Under the page lock. */
static COLD void purge_one(struct pages *pages, struct extent *extent)
{
	struct page_batch batch = {.npages = 0};
	bool to_muzzy = pages->decay[PAGES_DIRTY].ms == 0 && has_muzzy(pages);
	pagemap_set_ends(extent, CACHE_BIN_NONE);
	page_batch_add(pages, extent, &batch);
	page_batch_purge(pages, PAGES_DIRTY, to_muzzy, &batch);
}

void pages_dalloc_counted(struct pages *pages, struct extent *extent, uint64_t *count)
{
	if (unlikely(extent->guards != EXTENT_NOT_GUARDED))
		page_guard_open(pages, extent);
	extent->is_slab = false;
	extent->zeroed = false;
	if (hpa_owns(pages->hpa, extent)) {
		if (count != NULL)
			pages_count(pages, count);
		hpa_dalloc(pages->hpa, extent);
		pages_heed_hpa(pages);
		return;
	}

	lock_take(&pages->lock);
	if (count != NULL)
		pages_count_locked(count);
	shared_sub(pages->nactive, pages_in(extent->size));
	if (unlikely(extent->is_pinned))
		pages_put_unused(pages, extent, PAGES_PINNED);
	else if (unlikely(is_purged_at_once(pages, extent->size)))
		purge_one(pages, extent);
	else
		recent_put(pages, extent);
	bool is_alarming = pages_note_dirty(pages);
	lock_drop(&pages->lock);
	if (unlikely(is_alarming))
		pages_raise_alarm(pages);
}

ssize_t pages_decay_ms(struct pages *pages, enum page_state state)
{
	return __atomic_load_n(&pages->decay[state].ms, __ATOMIC_RELAXED);
}

size_t pages_oversize(struct pages *pages)
{
	lock_take(&pages->lock);
	size_t size = pages->oversize;
	lock_drop(&pages->lock);
	return size;
}

void pages_set_oversize(struct pages *pages, size_t size)
{
	lock_take(&pages->lock);
	pages->oversize = size;
	lock_drop(&pages->lock);
}

void pages_set_decay_ms(struct pages *pages, enum page_state state, ssize_t ms)
{
	lock_take(&pages->lock);
	decay_set(&pages->decay[state], ms, os_now_ns());
	recent_settle(pages);
	if (ms == 0)
		purge_all(pages, state, state == PAGES_DIRTY && has_muzzy(pages));
	pages_note_deadline(pages);
	lock_drop(&pages->lock);
	if (pages_deadline(pages) != UINT64_MAX)
		pages_raise_alarm(pages);
}

/* ---- the end of an arena, and of other threads ---- */

void pages_destroy(struct pages *pages)
{
	fault_assert(pages->nactive == 0);
	if (pages->hpa != NULL)
		hpa_destroy(pages->hpa);
	lock_take(&pages->lock);
	recent_settle(pages);
	/* Another thread may be purging some: they come back retained, or not at all. */
	while (pages->in_transit != 0 || pages->mending != 0) {
		uint32_t nobody_writes_it = 0;
		lock_drop(&pages->lock);
		lock_sleep_on(&nobody_writes_it, 0, DESTROY_POLL_NS);
		lock_take(&pages->lock);
	}
	for (unsigned state = 0; state < PAGES_UNUSED_STATES; state++) {
		struct page_batch batch = {.npages = 0};
		page_batch_take_oldest(pages, (enum page_state)state, 0, &batch);
		lock_drop(&pages->lock);
		page_batch_release(pages, (enum page_state)state, &batch);
		lock_take(&pages->lock);
		while (batch.first != NULL)
			extent_pool_put(&pages->pool, page_batch_take(pages, &batch));
	}
	lock_drop(&pages->lock);
	lock_take(&pages->grow_lock);
	pages_start_growing(pages);
	lock_drop(&pages->grow_lock);
}

void pages_postfork_child(struct pages *pages)
{
	/* A hook that forks is at work for the only thread there is: it goes on. */
	if (lock_self & LOCK_SELF_IN_HOOK)
		return;
	bool keeps_space = options.retain && hooks_are_default(pages->hooks);
	memset(pages->is_purging, 0, sizeof(pages->is_purging));
	shared_store(pages->in_transit, 0);
	pages->expected = 0;
	while (!list_is_empty(&pages->transit)) {
		struct list *link = list_first(&pages->transit);
		struct extent *extent = container_of(link, struct extent, link);
		list_remove(link);
		extent->zeroed = false;
		if (keeps_space) {
			pages_put_unused(pages, extent, PAGES_DIRTY);
		} else {
			/* Given up already, or not: nobody knows. */
			pagemap_clear_own_ends(extent);
			shared_add(pages->abandoned, extent->size);
			extent_pool_put(&pages->pool, extent);
		}
	}
	pages_note_deadline(pages);
}
