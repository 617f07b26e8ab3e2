#include "arenas.h"

#include "arena_spread.h"
#include "fault.h"
#include "message.h"
#include "options.h"
#include "os.h"
#include "pagemap.h"
#include "percpu.h"
#include "thp.h"

#include <errno.h>

#define STRING_OF(x) #x
#define STRING(x)    STRING_OF(x)

static struct lock arenas_lock = {.rank = RANK_ARENAS};

/* Written under the lock; pointers and counts also read without, hence atomics. */
static struct arena *table[ARENAS_MAX]; /* layout.ld.in has it: the first of what is apart */
static unsigned count;                  /* indices handed out */
static unsigned nauto;
static unsigned oversize_index; /* of the arena of huge objects, or NO_INDEX */
static bool was_destroyed;

#define NO_INDEX UINT32_MAX

static APART struct arena *revivable[ARENAS_MAX]; /* destroyed arenas, a stack; under the lock */
static unsigned nrevivable;

static ssize_t default_decay_ms[PAGES_RETAINED]; /* relaxed atomics */

void arenas_boot(void)
{
	bool is_given = options.narenas != NARENAS_DEFAULT;
	unsigned least = percpu_boot();
	if (!is_given) /* then as many as percpu_arena needs, where that is on */
		options.narenas = least == 0 ? arena_spread_for(os_cpus()) : least;
	if (options.narenas < least)
		options.narenas = least;
	if (options.narenas > NARENAS_LIMIT) {
		message_write(MESSAGE_PREFIX
			      "Reducing narenas to limit (" STRING(NARENAS_LIMIT) ")\n");
		options.narenas = NARENAS_LIMIT;
	}
	nauto = options.narenas;
	arena_spread_boot(nauto, is_given);
	if (options.oversize_threshold < OVERSIZE_LEAST)
		options.oversize_threshold = 0;
	oversize_index = options.oversize_threshold != 0 ? nauto : NO_INDEX;
	count = oversize_index != NO_INDEX ? nauto + 1 : nauto;
	default_decay_ms[PAGES_DIRTY] = options.dirty_decay_ms;
	default_decay_ms[PAGES_MUZZY] = options.muzzy_decay_ms;
}

bool arenas_start_first(void)
{
	return arenas_get_or_start(0) != NULL;
}

unsigned arenas_count(void)
{
	return __atomic_load_n(&count, __ATOMIC_ACQUIRE);
}

unsigned arenas_auto(void)
{
	return nauto;
}

bool arenas_is_auto(unsigned index)
{
	return index < nauto || (index == oversize_index && index != NO_INDEX);
}

bool arenas_was_destroyed(void)
{
	return __atomic_load_n(&was_destroyed, __ATOMIC_RELAXED);
}

struct arena *arenas_get(unsigned index)
{
	if (index >= ARENAS_MAX)
		return NULL;
	/* Pairs with the release in publish(): who sees the pointer sees the arena. */
	return __atomic_load_n(&table[index], __ATOMIC_ACQUIRE);
}

static void publish(unsigned index, struct arena *arena)
{
	__atomic_store_n(&table[index], arena, __ATOMIC_RELEASE);
}

/* Huge memory does not wait to be given back, unless nothing ever is. */
static ssize_t decay_ms_at(unsigned index, enum page_state state)
{
	ssize_t ms = arenas_default_decay_ms(state);
	return index == oversize_index && ms > 0 ? 0 : ms;
}

/* starter: who needs it, noted before the lock was taken; for what comes with the process nobody.
 */
static struct arena *start_locked(unsigned index, const struct creator *starter)
{
	struct arena *arena = table[index];
	if (arena != NULL)
		return arena;
	arena = arena_create(index, false, index == 0 ? &base_first : NULL, &hooks_default,
			     decay_ms_at(index, PAGES_DIRTY), decay_ms_at(index, PAGES_MUZZY));
	if (arena == NULL)
		return NULL;
	if (index == oversize_index) {
		arena_set_name(arena, "auto_oversize", false);
		arena->pages.wants_huge =
			options.huge_arena_pac_thp && options.thp == THP_DEFAULT && thp_is_usable();
	}
	if (options.hpa && index != oversize_index)
		pages_pack(&arena->pages);
	arena->creator = *starter;
	publish(index, arena);
	return arena;
}

struct arena *arenas_get_or_start(unsigned index)
{
	struct arena *arena = arenas_get(index);
	if (arena != NULL || !arenas_is_auto(index))
		return arena;
	struct creator starter = {.thread = 0};
	if (index != 0) /* that one comes with the process */
		creator_note_thread(&starter);
	lock_take(&arenas_lock);
	arena = start_locked(index, &starter);
	lock_drop(&arenas_lock);
	return arena;
}

struct arena *arenas_for_size(struct arena *arena, size_t size)
{
	if (likely(oversize_index == NO_INDEX || size < options.oversize_threshold) ||
	    arena->is_manual)
		return arena;
	struct arena *apart = arenas_get_or_start(oversize_index);
	return apart != NULL ? apart : arena;
}

/* The one with the fewest threads; or one more, when each has some. NULL: that has to be started,
 * and no starter is given. */
static struct arena *choose_locked(unsigned n_usable, const struct creator *starter)
{
	struct arena *best = table[0]; /* always there */
	uint32_t least = UINT32_MAX;
	unsigned unstarted = n_usable;
	for (unsigned i = 0; i < n_usable; i++) {
		struct arena *arena = table[i];
		if (arena == NULL) {
			if (unstarted == n_usable)
				unstarted = i;
			continue;
		}
		uint32_t n = __atomic_load_n(&arena->nthreads, __ATOMIC_RELAXED);
		if (n < least) {
			least = n;
			best = arena;
		}
	}
	if (least > 0 && unstarted < n_usable) {
		if (starter == NULL)
			return NULL;
		struct arena *fresh = start_locked(unstarted, starter);
		if (fresh != NULL)
			best = fresh;
	}
	/* Counted here, so that two threads that start at once choose different ones. */
	__atomic_add_fetch(&best->nthreads, 1, __ATOMIC_RELAXED);
	return best;
}

struct arena *arenas_choose(void)
{
	struct arena *here = percpu_is_on() ? arenas_get_or_start(percpu_index()) : NULL;
	if (here != NULL) {
		__atomic_add_fetch(&here->nthreads, 1, __ATOMIC_RELAXED);
		return here;
	}
	unsigned n_usable = arena_spread(shared_load(table[0]->nthreads) != 0);
	lock_take(&arenas_lock);
	struct arena *best = choose_locked(n_usable, NULL);
	lock_drop(&arenas_lock);
	if (best != NULL)
		return best;
	struct creator starter;
	creator_note_thread(&starter);
	lock_take(&arenas_lock);
	best = choose_locked(n_usable, &starter);
	lock_drop(&arenas_lock);
	return best;
}

int arenas_create(extent_hooks_t *hooks, const struct creator *creator, unsigned *index)
{
	struct arena *arena = NULL;
	ssize_t dirty = arenas_default_decay_ms(PAGES_DIRTY);
	ssize_t muzzy = arenas_default_decay_ms(PAGES_MUZZY);
	static const struct creator nobody;
	if (hooks == NULL)
		hooks = &hooks_default;

	lock_take(&arenas_lock);
	if (nrevivable > 0) {
		arena = revivable[--nrevivable];
		arena_revive(arena, hooks, dirty, muzzy);
	} else if (count < ARENAS_MAX) {
		arena = arena_create(count, true, NULL, hooks, dirty, muzzy);
		if (arena != NULL)
			__atomic_store_n(&count, count + 1, __ATOMIC_RELEASE);
	}
	if (arena != NULL) {
		arena->creator = creator != NULL ? *creator : nobody;
		if (options.hpa && hooks_are_default(hooks))
			pages_pack(&arena->pages);
		publish(arena->index, arena);
		*index = arena->index;
	}
	lock_drop(&arenas_lock);
	return arena != NULL ? 0 : EAGAIN;
}

static struct arena *get_manual(unsigned index)
{
	struct arena *arena = arenas_get(index);
	return arena != NULL && arena->is_manual ? arena : NULL;
}

int arenas_reset(unsigned index)
{
	struct arena *arena = get_manual(index);
	if (arena == NULL)
		return EFAULT;
	arena_reset(arena);
	return 0;
}

int arenas_destroy(unsigned index)
{
	/* Of several who destroy it at once, one finds it. */
	lock_take(&arenas_lock);
	struct arena *arena = get_manual(index);
	if (arena != NULL && __atomic_load_n(&arena->nthreads, __ATOMIC_RELAXED) != 0)
		arena = NULL;
	if (arena != NULL)
		publish(index, NULL);
	lock_drop(&arenas_lock);
	if (arena == NULL)
		return EFAULT;
	arena_reset(arena);
	arena_destroy(arena);
	lock_take(&arenas_lock);
	revivable[nrevivable++] = arena;
	lock_drop(&arenas_lock);
	__atomic_store_n(&was_destroyed, true, __ATOMIC_RELAXED);
	return 0;
}

struct arena *arenas_of(const void *address)
{
	const struct extent *extent = pagemap_lookup(address);
	if (extent == NULL || extent->state != PAGES_ACTIVE)
		return NULL;
	return arenas_get(extent->arena);
}

void arenas_decay(uint64_t now_ns)
{
	uint64_t next = UINT64_MAX;
	for (unsigned i = 0; i < arenas_count(); i++) {
		struct arena *arena = arenas_get(i);
		if (arena == NULL)
			continue;
		uint64_t sparse = arena_step(arena, now_ns);
		uint64_t deadline = pages_deadline(&arena->pages);
		if (sparse < deadline)
			deadline = sparse;
		if (deadline < next)
			next = deadline;
	}
	/* Not at once again where somebody else is at it, or holds the lock. */
	pages_bring_due_forward(next > now_ns ? next : now_ns + 1);
}

ssize_t arenas_default_decay_ms(enum page_state state)
{
	return __atomic_load_n(&default_decay_ms[state], __ATOMIC_RELAXED);
}

int arenas_set_default_decay_ms(enum page_state state, ssize_t ms)
{
	if (!arena_is_decay_ms(ms))
		return EFAULT;
	__atomic_store_n(&default_decay_ms[state], ms, __ATOMIC_RELAXED);
	return 0;
}

/* ---- fork ---- */

/* The first arena comes last: hooks of another one may allocate from it with locks of theirs held.
 * A destroyed arena has no users, so its locks are free. */
static void each_arena_lock(void (*f)(struct lock *))
{
	for (unsigned i = count; i-- > 0;)
		if (table[i] != NULL)
			arena_each_lock(table[i], f);
}

void arenas_prefork(void)
{
	lock_take_for_fork(&arenas_lock);
	each_arena_lock(lock_take_for_fork);
}

void arenas_postfork_parent(void)
{
	each_arena_lock(lock_drop_after_fork);
	lock_drop_after_fork(&arenas_lock);
}

void arenas_postfork_child(void)
{
	each_arena_lock(lock_reset_in_child);
	lock_reset_in_child(&arenas_lock);
	arena_spread_postfork_child();
	for (unsigned i = 0; i < count; i++)
		if (table[i] != NULL)
			arena_postfork_child(table[i]);
}

void arenas_forget_threads(void)
{
	for (unsigned i = 0; i < count; i++) {
		if (table[i] == NULL)
			continue;
		table[i]->nthreads = 0;
		list_init(&table[i]->threads);
	}
}
