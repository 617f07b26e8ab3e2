#include "page_alloc.h"

#include "fault.h"
#include "options.h"
#include "os.h"

#include <string.h>

/* The first step by which address space grows; later ones are a page class larger each. */
#define GROW_FIRST ((size_t)2 << 20)

/* How often it is looked whether another thread has finished purging what is to be destroyed. */
#define DESTROY_POLL_NS ((uint64_t)100 * 1000)

/* An extent at least this large goes back to the system when it is freed: so much memory must not
 * wait for a deadline. */
#define PURGE_AT_ONCE ((size_t)8 << 20)

static void start_growing(struct pages *pages)
{
	pages->grow_next = page_class_ceil(GROW_FIRST);
	pages->grow_limit = size_class_npages - 1;
	pages->grows_exactly = false;
}

void pages_init(struct pages *pages, uint32_t arena, struct base *base, extent_hooks_t *hooks,
		ssize_t dirty_decay_ms, ssize_t muzzy_decay_ms)
{
	pages->arena = arena;
	extent_pool_init(&pages->pool, base);
	lock_init(&pages->grow_lock, RANK_GROW);
	lock_init(&pages->lock, RANK_PAGES);
	pages->hooks = hooks;
	start_growing(pages);
	list_init(&pages->transit);
	for (unsigned i = 0; i < PAGES_UNUSED_STATES; i++)
		extent_set_init(&pages->sets[i]);
	uint64_t now = os_now_ns();
	decay_set(&pages->decay[PAGES_DIRTY], dirty_decay_ms, now);
	decay_set(&pages->decay[PAGES_MUZZY], muzzy_decay_ms, now);
}

/* What a descriptor says while it is being written: a neighbour that follows a word which is out of
 * date must not take it for one of its arena. */
#define NOBODYS .arena = UINT32_MAX, .state = PAGES_IN_TRANSIT

static size_t page_count(size_t size)
{
	return size >> os_lg_page;
}

/* ---- splitting and coalescing; under the page lock ---------------------------------------------
 */

/* Cuts the first size bytes off: the returned extent is the front, the given one keeps the rest
 * and, when it is in a set, its age there. NULL: no descriptor, or the hooks do not allow it. */
static struct extent *split_front(struct pages *pages, struct extent *extent, size_t size,
				  struct extent_set *set)
{
	struct extent *front = extent_pool_take(&pages->pool);
	if (front == NULL)
		return NULL;
	if (!hooks_split(pages->hooks, extent->address, extent->size, size, extent->committed,
			 pages->arena)) {
		extent_pool_put(&pages->pool, front);
		return NULL;
	}
	*front = (struct extent){
		NOBODYS,
		.address = extent->address,
		.size = size,
		.is_head = extent->is_head,
		.zeroed = extent->zeroed,
		.committed = extent->committed,
	};
	extent_publish(front, pages->arena, (enum page_state)extent->state);
	extent->is_head = false;
	if (set != NULL) {
		extent_set_move(set, extent, ptr_add(extent->address, size), extent->size - size);
	} else {
		extent->address = ptr_add(extent->address, size);
		extent->size -= size;
	}
	pagemap_set_ends(front, CACHE_BIN_NONE);
	pagemap_set_ends(extent, CACHE_BIN_NONE);
	return front;
}

/* Is next, the extent behind extent, one with it? */
static bool are_mergeable(struct pages *pages, const struct extent *extent,
			  const struct extent *next)
{
	return !next->is_head && next->address == extent_end(extent) &&
	       next->committed == extent->committed &&
	       hooks_merge(pages->hooks, extent->address, extent->size, next->address, next->size,
			   extent->committed, pages->arena);
}

/* Adds an unused extent to the set of its state, as one with its neighbours there. The larger part
 * decides the age. */
static void put_unused(struct pages *pages, struct extent *extent, enum page_state state)
{
	struct extent_set *set = &pages->sets[state];
	bool is_in_set = false;

	extent_publish(extent, pages->arena, state);
	struct extent *before =
		extent->is_head ? NULL : pagemap_neighbour((char *)extent->address - 1);
	if (before != NULL && extent_is_mergeable(before, pages->arena, state) &&
	    are_mergeable(pages, before, extent)) {
		bool zeroed = before->zeroed && extent->zeroed;
		if (before->size >= extent->size) {
			extent_set_move(set, before, before->address, before->size + extent->size);
			extent_pool_put(&pages->pool, extent);
			extent = before;
			is_in_set = true;
		} else {
			extent_set_remove(set, before);
			extent->address = before->address;
			extent->size += before->size;
			extent->is_head = before->is_head;
			extent_pool_put(&pages->pool, before);
		}
		extent->zeroed = zeroed;
	}
	struct extent *after = pagemap_neighbour(extent_end(extent));
	if (after != NULL && extent_is_mergeable(after, pages->arena, state) &&
	    are_mergeable(pages, extent, after)) {
		bool zeroed = after->zeroed && extent->zeroed;
		size_t size = extent->size + after->size;
		if (after->size > extent->size) {
			if (is_in_set)
				extent_set_remove(set, extent);
			after->is_head = extent->is_head;
			extent_set_move(set, after, extent->address, size);
			extent_pool_put(&pages->pool, extent);
			extent = after;
			is_in_set = true;
		} else {
			extent_set_remove(set, after);
			if (is_in_set)
				extent_set_move(set, extent, extent->address, size);
			else
				extent->size = size;
			extent_pool_put(&pages->pool, after);
		}
		extent->zeroed = zeroed;
	}
	pagemap_set_ends(extent, CACHE_BIN_NONE);
	if (!is_in_set)
		extent_set_add(set, extent);
}

/* ---- allocation --------------------------------------------------------------------------------
 */

/* Cuts size bytes at a multiple of alignment out of an extent that is in no set; what is left over
 * goes to the set of its state. NULL: the extent is there as a whole again. */
static struct extent *carve(struct pages *pages, struct extent *extent, size_t size,
			    size_t alignment)
{
	enum page_state state = (enum page_state)extent->state;
	size_t lead = align_up((uintptr_t)extent->address, alignment) - (uintptr_t)extent->address;

	/* No piece is in a set now, so none may look like a neighbour to merge with. */
	extent_publish(extent, pages->arena, PAGES_IN_TRANSIT);
	if (lead != 0) {
		struct extent *front = split_front(pages, extent, lead, NULL);
		if (front == NULL) {
			put_unused(pages, extent, state);
			return NULL;
		}
		/* Not before the rest is cut: a lead in the set would be merged with it again. */
		struct extent *wanted = extent;
		if (extent->size != size) {
			wanted = split_front(pages, extent, size, NULL);
			if (wanted == NULL) {
				put_unused(pages, extent, state);
				put_unused(pages, front, state);
				return NULL;
			}
			extent_publish(wanted, pages->arena, PAGES_ACTIVE);
			put_unused(pages, extent, state);
		} else {
			extent_publish(wanted, pages->arena, PAGES_ACTIVE);
		}
		put_unused(pages, front, state);
		return wanted;
	}
	if (extent->size == size) {
		extent_publish(extent, pages->arena, PAGES_ACTIVE);
		return extent;
	}
	struct extent *wanted = split_front(pages, extent, size, NULL);
	if (wanted != NULL)
		extent_publish(wanted, pages->arena, PAGES_ACTIVE);
	put_unused(pages, extent, state);
	return wanted;
}

/* From one set, under the page lock. */
static struct extent *take_from(struct pages *pages, enum page_state state, size_t size,
				size_t alignment)
{
	struct extent_set *set = &pages->sets[state];
	/* A large extent full of dirty pages is not broken up for a small request: that would
	 * spread long-lived pieces over it. */
	size_t most = SIZE_MAX;
	if (state == PAGES_DIRTY && options.lg_extent_max_active_fit < 64 &&
	    size <= SIZE_MAX >> options.lg_extent_max_active_fit)
		most = size << options.lg_extent_max_active_fit;

	struct extent *extent = extent_set_fit(set, size, alignment, most);
	if (extent == NULL)
		return NULL;
	bool is_at_front = ((uintptr_t)extent->address & (alignment - 1)) == 0;
	if (is_at_front && extent->size > size) {
		/* The common case: the rest stays in the set, as old as it was. */
		struct extent *front = split_front(pages, extent, size, set);
		if (front != NULL)
			extent_publish(front, pages->arena, PAGES_ACTIVE);
		return front;
	}
	extent_set_remove(set, extent);
	return carve(pages, extent, size, alignment);
}

static struct extent *take_unused(struct pages *pages, size_t size, size_t alignment)
{
	for (unsigned state = 0; state < PAGES_UNUSED_STATES; state++) {
		struct extent *extent = take_from(pages, (enum page_state)state, size, alignment);
		if (extent != NULL)
			return extent;
	}
	return NULL;
}

/* Asks the hooks for address space; the result is an extent in no set. Holds the grow lock. */
static struct extent *map_new(struct pages *pages, size_t size, size_t alignment, bool commit)
{
	struct extent *extent = extent_pool_take(&pages->pool);
	if (extent == NULL)
		return NULL;
	bool zeroed = false;
	bool committed = commit;
	extent_hooks_t *hooks = __atomic_load_n(&pages->hooks, __ATOMIC_ACQUIRE);
	void *address =
		hooks_alloc(hooks, NULL, size, alignment, &zeroed, &committed, pages->arena);
	if (address == NULL)
		goto no_memory;
	if (!pagemap_ensure(address, size)) {
		if (!hooks_dalloc(hooks, address, size, committed, pages->arena)) {
			lock_take(&pages->lock);
			pages->abandoned += size;
			lock_drop(&pages->lock);
		}
		goto no_memory;
	}
	*extent = (struct extent){
		NOBODYS,         .address = address, .size = size,
		.is_head = true, .zeroed = zeroed,   .committed = committed,
	};
	return extent;

no_memory:
	extent_pool_put(&pages->pool, extent);
	return NULL;
}

/* A step of address space, of which size bytes are needed now. Holds the grow lock. */
static struct extent *map_step(struct pages *pages, size_t size, size_t alignment)
{
	size_t room = size + alignment - os_page;
	if (room < size || pages->grows_exactly)
		return NULL;
	unsigned next = pages->grow_next < pages->grow_limit ? pages->grow_next : pages->grow_limit;
	unsigned needed = page_class_ceil(room);
	unsigned step = next > needed ? next : needed;
	if (step >= size_class_npages)
		return NULL;
	struct extent *fresh = map_new(pages, page_class_size(step), os_page, false);
	if (fresh != NULL && step < pages->grow_limit && step >= pages->grow_next)
		pages->grow_next = step + 1;
	return fresh;
}

/* Cuts size bytes out of what was just mapped. Holds the grow lock; takes the page lock and returns
 * with it, also when it fails. */
static struct extent *carve_fresh(struct pages *pages, struct extent *fresh, size_t size,
				  size_t alignment)
{
	lock_take(&pages->lock);
	extent_publish(fresh, pages->arena, PAGES_RETAINED);
	pagemap_set_ends(fresh, CACHE_BIN_NONE);
	return carve(pages, fresh, size, alignment);
}

/* Returns with the page lock held, also when it fails. */
static struct extent *grow(struct pages *pages, size_t size, size_t alignment)
{
	lock_take(&pages->grow_lock);

	/* Somebody else may have grown the arena while we waited. */
	lock_take(&pages->lock);
	struct extent *extent = take_unused(pages, size, alignment);
	if (extent != NULL)
		goto out;
	lock_drop(&pages->lock);

	struct extent *fresh = options.retain ? map_step(pages, size, alignment) : NULL;
	if (fresh != NULL) {
		extent = carve_fresh(pages, fresh, size, alignment);
		if (extent != NULL)
			goto out;
		lock_drop(&pages->lock);
		/* Hooks that do not split: a step would be of no use the next time either. */
		pages->grows_exactly = true;
	}
	fresh = map_new(pages, size, alignment, true);
	if (fresh != NULL)
		extent = carve_fresh(pages, fresh, size, alignment);
	else
		lock_take(&pages->lock);
out:
	lock_drop(&pages->grow_lock);
	return extent;
}

struct extent *pages_alloc(struct pages *pages, size_t size, size_t alignment, bool zero)
{
	if (alignment < os_page)
		alignment = os_page;

	lock_take(&pages->lock);
	struct extent *extent = take_unused(pages, size, alignment);
	if (extent == NULL) {
		lock_drop(&pages->lock);
		extent = grow(pages, size, alignment);
	}
	if (extent == NULL) {
		lock_drop(&pages->lock);
		return NULL;
	}
	pages->nactive += page_count(size);
	lock_drop(&pages->lock);

	if (!extent->committed) {
		extent_hooks_t *hooks = __atomic_load_n(&pages->hooks, __ATOMIC_ACQUIRE);
		if (!hooks_commit(hooks, extent->address, size, pages->arena)) {
			lock_take(&pages->lock);
			pages->nactive -= page_count(size);
			put_unused(pages, extent, PAGES_RETAINED);
			lock_drop(&pages->lock);
			return NULL;
		}
		extent->committed = true;
		extent->zeroed = true;
	}
	if (zero && !extent->zeroed) {
		memset(extent->address, 0, size);
		extent->zeroed = true;
	}
	pagemap_set_ends(extent, CACHE_BIN_NONE);
	return extent;
}

bool pages_expand(struct pages *pages, struct extent *extent, size_t size, bool zero)
{
	size_t more = size - extent->size;

	lock_take(&pages->lock);
	struct extent *next = pagemap_neighbour(extent_end(extent));
	for (unsigned state = 0; next != NULL && state < PAGES_UNUSED_STATES; state++) {
		struct extent_set *set = &pages->sets[state];
		if (!extent_is_mergeable(next, pages->arena, (enum page_state)state))
			continue;
		if (next->size < more || next->is_head || next->address != extent_end(extent) ||
		    !next->committed)
			break;
		struct extent *part = next;
		if (next->size == more)
			extent_set_remove(set, next);
		else
			part = split_front(pages, next, more, set);
		if (part == NULL)
			break;
		if (!hooks_merge(pages->hooks, extent->address, extent->size, part->address, more,
				 true, pages->arena)) {
			put_unused(pages, part, (enum page_state)state);
			break;
		}
		bool zeroed = part->zeroed;
		void *address = part->address;
		extent->size = size;
		extent->zeroed = extent->zeroed && zeroed;
		pages->nactive += page_count(more);
		extent_pool_put(&pages->pool, part);
		lock_drop(&pages->lock);
		if (zero && !zeroed)
			memset(address, 0, more);
		pagemap_set_ends(extent, CACHE_BIN_NONE);
		return true;
	}
	lock_drop(&pages->lock);
	return false;
}

bool pages_shrink(struct pages *pages, struct extent *extent, size_t size)
{
	lock_take(&pages->lock);
	/* split_front() keeps the descriptor with the rest; here the front is what stays. */
	struct extent *front = split_front(pages, extent, size, NULL);
	if (front == NULL) {
		lock_drop(&pages->lock);
		return false;
	}
	void *rest_address = extent->address;
	size_t rest_size = extent->size;
	extent->address = front->address;
	extent->size = size;
	extent->is_head = front->is_head;
	front->address = rest_address;
	front->size = rest_size;
	front->is_head = false;
	front->zeroed = false;
	pagemap_set_ends(extent, CACHE_BIN_NONE);
	pagemap_set_ends(front, CACHE_BIN_NONE);
	extent_publish(front, pages->arena, PAGES_ACTIVE);
	lock_drop(&pages->lock);
	pages_dalloc(pages, front);
	return true;
}

/* ---- purging -----------------------------------------------------------------------------------
 */

/* Takes the memory behind an extent that is in no set; returns the state that it is in then, or
 * PAGES_UNUSED_STATES when the address space is gone too. Holds no lock. */
static enum page_state give_back(struct pages *pages, struct extent *extent, enum page_state from,
				 bool to_muzzy)
{
	extent_hooks_t *hooks = __atomic_load_n(&pages->hooks, __ATOMIC_ACQUIRE);
	void *address = extent->address;
	size_t size = extent->size;

	if (from == PAGES_DIRTY && to_muzzy &&
	    hooks_purge_lazy(hooks, address, size, pages->arena)) {
		extent->zeroed = false;
		return PAGES_MUZZY;
	}
	bool keeps_space = options.retain && hooks_are_default(hooks);
	if (!keeps_space) {
		/* The address space may be somebody else's as soon as it is given up. */
		pagemap_clear_ends(extent);
		if (hooks_dalloc(hooks, address, size, extent->committed, pages->arena))
			return PAGES_UNUSED_STATES;
		pagemap_set_ends(extent, CACHE_BIN_NONE);
	}
	if (!extent->committed)
		return PAGES_RETAINED;
	if (hooks_decommit(hooks, address, size, pages->arena)) {
		extent->committed = false;
		extent->zeroed = true;
	} else if (hooks_purge_forced(hooks, address, size, pages->arena)) {
		extent->zeroed = true;
	} else {
		extent->zeroed = false;
		if (from == PAGES_DIRTY)
			hooks_purge_lazy(hooks, address, size, pages->arena);
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
	batch->npages += page_count(extent->size);
	pages->in_transit += page_count(extent->size);
}

static struct extent *take_from_batch(struct pages *pages, struct batch *batch)
{
	struct extent *extent = container_of(batch->first, struct extent, node);
	batch->first = extent->node.next;
	list_remove(&extent->link);
	pages->in_transit -= page_count(extent->size);
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
			put_unused(pages, extent, to);
	}
	pages->purged[from].sweeps++;
	pages->purged[from].calls += calls;
	pages->purged[from].pages += npages;
}

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

void pages_decay(struct pages *pages, uint64_t now_ns)
{
	/* Without the lock first: a deadline that is missed by a moment is met at the next call. */
	bool due = false;
	for (unsigned i = 0; i < PAGES_RETAINED; i++)
		due |= __atomic_load_n(&pages->decay[i].deadline_ns, __ATOMIC_RELAXED) <= now_ns &&
		       __atomic_load_n(&pages->decay[i].ms, __ATOMIC_RELAXED) > 0;
	if (!due || !lock_try(&pages->lock))
		return;
	for (unsigned i = 0; i < PAGES_RETAINED; i++) {
		struct decay *decay = &pages->decay[i];
		if (!decay_is_due(decay, now_ns))
			continue;
		size_t limit = decay_advance(decay, now_ns, pages->sets[i].npages);
		purge_to(pages, (enum page_state)i, limit, has_muzzy(pages));
		decay_purged_to(decay, pages->sets[i].npages);
	}
	lock_drop(&pages->lock);
}

static void (*wake_purger)(uint64_t deadline_ns); /* relaxed; NULL: no purging thread */

void pages_leave_to_purger(void (*wake)(uint64_t deadline_ns))
{
	__atomic_store_n(&wake_purger, wake, __ATOMIC_RELAXED);
}

/* When the next step of decay ends, whether something is unused or not; without the lock. */
static uint64_t earliest(const struct pages *pages)
{
	uint64_t first = UINT64_MAX;
	for (unsigned i = 0; i < PAGES_RETAINED; i++) {
		const struct decay *decay = &pages->decay[i];
		uint64_t deadline = __atomic_load_n(&decay->deadline_ns, __ATOMIC_RELAXED);
		if (__atomic_load_n(&decay->ms, __ATOMIC_RELAXED) > 0 && deadline < first)
			first = deadline;
	}
	return first;
}

void pages_tick(struct pages *pages)
{
	void (*wake)(uint64_t deadline_ns) = __atomic_load_n(&wake_purger, __ATOMIC_RELAXED);
	if (wake != NULL)
		wake(earliest(pages));
	else
		pages_decay(pages, os_now_ns());
}

void pages_purge(struct pages *pages, bool all)
{
	uint64_t now = os_now_ns();
	lock_take(&pages->lock);
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
	lock_drop(&pages->lock);
}

uint64_t pages_deadline(struct pages *pages)
{
	uint64_t first = UINT64_MAX;
	lock_take(&pages->lock);
	for (unsigned i = 0; i < PAGES_RETAINED; i++) {
		const struct decay *decay = &pages->decay[i];
		if (pages->sets[i].npages > 0 && decay->ms > 0 && decay->deadline_ns < first)
			first = decay->deadline_ns;
	}
	lock_drop(&pages->lock);
	return first;
}

void pages_dalloc(struct pages *pages, struct extent *extent)
{
	extent->is_slab = false;
	extent->zeroed = false;

	lock_take(&pages->lock);
	pages->nactive -= page_count(extent->size);
	ssize_t ms = pages->decay[PAGES_DIRTY].ms;
	if (ms == 0 || (ms > 0 && extent->size >= PURGE_AT_ONCE)) {
		struct batch batch = {.npages = 0};
		pagemap_set_ends(extent, CACHE_BIN_NONE);
		add_to_batch(pages, extent, &batch);
		purge_batch(pages, PAGES_DIRTY, ms == 0 && has_muzzy(pages), &batch);
	} else {
		put_unused(pages, extent, PAGES_DIRTY);
	}
	lock_drop(&pages->lock);
	pages_tick(pages);
}

/* Contents at least this large are moved by page tables. Each move may leave the kernel with a
 * mapping more than before, of which a process has only so many; copying less is cheap enough. */
#define MOVE_LEAST ((size_t)1 << 20)

bool pages_move(struct pages *from_pages, struct extent *from, struct pages *to_pages,
		struct extent *to)
{
	/* What is moved from stays as address space without memory: not wanted without retain. */
	if (from->size < MOVE_LEAST || from->size > to->size || !options.retain)
		return false;
	if (!hooks_are_default(__atomic_load_n(&from_pages->hooks, __ATOMIC_ACQUIRE)) ||
	    !hooks_are_default(__atomic_load_n(&to_pages->hooks, __ATOMIC_ACQUIRE)))
		return false;
	if (!os_move(from->address, to->address, from->size))
		return false;

	from->zeroed = true;
	lock_take(&from_pages->lock);
	from_pages->nactive -= page_count(from->size);
	put_unused(from_pages, from, PAGES_RETAINED);
	lock_drop(&from_pages->lock);
	return true;
}

/* ---- control -----------------------------------------------------------------------------------
 */

ssize_t pages_decay_ms(struct pages *pages, enum page_state state)
{
	return __atomic_load_n(&pages->decay[state].ms, __ATOMIC_RELAXED);
}

void pages_set_decay_ms(struct pages *pages, enum page_state state, ssize_t ms)
{
	lock_take(&pages->lock);
	decay_set(&pages->decay[state], ms, os_now_ns());
	if (ms == 0)
		purge_all(pages, state, state == PAGES_DIRTY && has_muzzy(pages));
	lock_drop(&pages->lock);
	pages_tick(pages);
}

extent_hooks_t *pages_set_hooks(struct pages *pages, extent_hooks_t *hooks)
{
	lock_take(&pages->grow_lock); /* nobody maps with the old ones meanwhile */
	lock_take(&pages->lock);
	extent_hooks_t *old = pages->hooks;
	__atomic_store_n(&pages->hooks, hooks, __ATOMIC_RELEASE);
	pages->grows_exactly = false;
	lock_drop(&pages->lock);
	lock_drop(&pages->grow_lock);
	return old;
}

void pages_forget_counts(struct pages *pages)
{
	lock_take(&pages->lock);
	memset(pages->purged, 0, sizeof(pages->purged));
	lock_drop(&pages->lock);
}

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
				  pages->arena))
			hooks_destroy(pages->hooks, extent->address, extent->size,
				      extent->committed, pages->arena);
	}
}

void pages_destroy(struct pages *pages)
{
	fault_assert(pages->nactive == 0);
	lock_take(&pages->lock);
	/* Another thread may be purging some: they come back retained, or not at all. */
	while (pages->in_transit != 0) {
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
	start_growing(pages);
	lock_drop(&pages->grow_lock);
}

void pages_postfork_child(struct pages *pages)
{
	/* A hook that forks is at work for the only thread there is: it goes on. */
	if (lock_self & LOCK_SELF_IN_HOOK)
		return;
	bool keeps_space = options.retain && hooks_are_default(pages->hooks);
	memset(pages->is_purging, 0, sizeof(pages->is_purging));
	pages->in_transit = 0;
	while (!list_is_empty(&pages->transit)) {
		struct list *link = list_first(&pages->transit);
		struct extent *extent = container_of(link, struct extent, link);
		list_remove(link);
		extent->zeroed = false;
		if (keeps_space) {
			put_unused(pages, extent, PAGES_DIRTY);
		} else {
			/* Given up already, or not: nobody knows. */
			pagemap_clear_ends(extent);
			pages->abandoned += extent->size;
			extent_pool_put(&pages->pool, extent);
		}
	}
}
