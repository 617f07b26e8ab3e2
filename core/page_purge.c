#include "page_purge.h"

#include "fault.h"
#include "options.h"
#include "os.h"
#include "page_guard.h"
#include "page_move.h"
#include "page_recent.h"

#include <string.h>

/* How often it is looked whether another thread has finished purging what is to be destroyed. */
#define DESTROY_POLL_NS ((uint64_t)100 * 1000)

/* ---- one batch of extents ---- */

/* Takes the memory behind an extent that is in no set; returns the state that it is in then, or
 * PAGES_UNUSED_STATES when the address space is gone too. Holds no lock. */
static enum page_state give_back(struct pages *pages, struct extent *extent, enum page_state from,
				 bool to_muzzy)
{
	extent_hooks_t *hooks = __atomic_load_n(&pages->hooks, __ATOMIC_ACQUIRE);
	void *address = extent->address;
	size_t size = extent->size;

	if (from == PAGES_DIRTY && to_muzzy &&
	    hooks_purge_lazy(hooks, address, size, pages->arena, &pages->events)) {
		extent->zeroed = false;
		return PAGES_MUZZY;
	}
	bool keeps_space = options.retain && hooks_are_default(hooks);
	if (!keeps_space) {
		/* The address space may be somebody else's as soon as it is given up. */
		pagemap_clear_ends(extent);
		if (hooks_dalloc(hooks, address, size, extent->committed, pages->arena,
				 &pages->events))
			return PAGES_UNUSED_STATES;
		pagemap_set_ends(extent, CACHE_BIN_NONE);
	}
	if (!extent->committed)
		return PAGES_RETAINED;
	if ((extent->seams & SEAMS_IN_CONTENTS) && keeps_space && pages_map_again(extent)) {
		hooks_count(&pages->events.purge_forced);
		return PAGES_RETAINED;
	}
	if (hooks_decommit(hooks, address, size, pages->arena, &pages->events)) {
		extent->committed = false;
		extent->zeroed = true;
	} else if (hooks_purge_forced(hooks, address, size, pages->arena, &pages->events)) {
		extent->zeroed = true;
	} else {
		extent->zeroed = false;
		if (from == PAGES_DIRTY)
			hooks_purge_lazy(hooks, address, size, pages->arena, &pages->events);
	}
	return PAGES_RETAINED;
}

/* Extents that are on their way from one state to the next: a chain through node.next. Each is also
 * in the arena's list of all that are, by link, so that a forked child finds those of other
 * threads. */
struct batch {
	struct heap_node *first;
	size_t npages;
};

static void add_to_batch(struct pages *pages, struct extent *extent, struct batch *batch)
{
	extent_publish(extent, pages->arena, PAGES_IN_TRANSIT);
	list_push_back(&pages->transit, &extent->link);
	extent->node.next = batch->first;
	batch->first = &extent->node;
	batch->npages += pages_in(extent->size);
	shared_add(pages->in_transit, pages_in(extent->size));
}

static struct extent *take_from_batch(struct pages *pages, struct batch *batch)
{
	struct extent *extent = container_of(batch->first, struct extent, node);
	batch->first = extent->node.next;
	list_remove(&extent->link);
	shared_sub(pages->in_transit, pages_in(extent->size));
	return extent;
}

/* Moves the oldest extents of a set into a batch until at most limit pages are left. */
static void take_oldest(struct pages *pages, enum page_state state, size_t limit,
			struct batch *batch)
{
	struct extent_set *set = &pages->sets[state];
	while (set->npages > limit) {
		struct extent *extent = extent_set_oldest(set);
		extent_set_remove(set, extent);
		add_to_batch(pages, extent, batch);
	}
}

/* Purges a batch. Enters and leaves with the page lock held, and drops it in between. */
static void purge_batch(struct pages *pages, enum page_state from, bool to_muzzy,
			struct batch *batch)
{
	size_t npages = batch->npages;
	uint64_t calls = 0;
	if (batch->first == NULL)
		return;

	lock_drop(&pages->lock);
	for (struct heap_node *node = batch->first; node != NULL; node = node->next) {
		struct extent *extent = container_of(node, struct extent, node);
		extent->next_state = (uint8_t)give_back(pages, extent, from, to_muzzy);
		calls++;
	}
	lock_take(&pages->lock);

	while (batch->first != NULL) {
		struct extent *extent = take_from_batch(pages, batch);
		enum page_state to = (enum page_state)extent->next_state;
		if (to == PAGES_UNUSED_STATES)
			extent_pool_put(&pages->pool, extent);
		else
			pages_put_unused(pages, extent, to);
	}
	shared_add(pages->purged[from].sweeps, 1);
	shared_add(pages->purged[from].calls, calls);
	shared_add(pages->purged[from].pages, npages);
}

/* ---- what goes, and when ---- */

/* Purges one state down to limit, unless somebody is at it; holds the page lock. */
static void purge_to(struct pages *pages, enum page_state state, size_t limit, bool to_muzzy)
{
	if (pages->sets[state].npages <= limit || pages->is_purging[state])
		return;
	struct batch batch = {.npages = 0};
	pages->is_purging[state] = true;
	take_oldest(pages, state, limit, &batch);
	purge_batch(pages, state, to_muzzy, &batch);
	pages->is_purging[state] = false;
}

/* Purges all of one state, also when somebody is at a part of it. */
static void purge_all(struct pages *pages, enum page_state state, bool to_muzzy)
{
	struct batch batch = {.npages = 0};
	take_oldest(pages, state, 0, &batch);
	purge_batch(pages, state, to_muzzy, &batch);
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
	lock_drop(&pages->lock);
	if (all)
		pages_mend(pages);
}

/* Under the page lock. */
static COLD void purge_one(struct pages *pages, struct extent *extent)
{
	struct batch batch = {.npages = 0};
	bool to_muzzy = pages->decay[PAGES_DIRTY].ms == 0 && has_muzzy(pages);
	pagemap_set_ends(extent, CACHE_BIN_NONE);
	add_to_batch(pages, extent, &batch);
	purge_batch(pages, PAGES_DIRTY, to_muzzy, &batch);
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
	if (unlikely(is_purged_at_once(pages, extent->size)))
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

/* Gives up the address space of a batch; holds no lock. */
static void release_batch(struct pages *pages, enum page_state state, struct batch *batch)
{
	for (struct heap_node *node = batch->first; node != NULL; node = node->next) {
		struct extent *extent = container_of(node, struct extent, node);
		pagemap_clear_ends(extent);
		/* What was never purged is first offered to dalloc, as during life; destroy is for
		 * what dalloc declines. */
		if (state == PAGES_RETAINED ||
		    !hooks_dalloc(pages->hooks, extent->address, extent->size, extent->committed,
				  pages->arena, &pages->events))
			hooks_destroy(pages->hooks, extent->address, extent->size,
				      extent->committed, pages->arena, &pages->events);
	}
}

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
		struct batch batch = {.npages = 0};
		take_oldest(pages, (enum page_state)state, 0, &batch);
		lock_drop(&pages->lock);
		release_batch(pages, (enum page_state)state, &batch);
		lock_take(&pages->lock);
		while (batch.first != NULL)
			extent_pool_put(&pages->pool, take_from_batch(pages, &batch));
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
