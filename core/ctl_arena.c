/* Leaves of one arena. An index that comes here may be that of a slot without an arena (EFAULT,
 * unless a slot is as good), or stand for all arenas.
 *
 * Hooks of a program run below some of these. To reset and destroy an arena holds ctl_lock
 * meanwhile, so such a hook must not read statistics or make arenas itself. */
#include "ctl_handlers.h"

#include <errno.h>
#include <string.h>
#include "moonheap/hooks.h"
#include "arena.h"
#include "arenas.h"
#include "ctl_snapshot.h"
#include "dss.h"
#include "hooks.h"
#include "options.h"
#include "os.h"
#include "page_due.h"

static struct arena *arena_at(size_t index)
{
	return index < arenas_count() ? arenas_get((unsigned)index) : NULL;
}

static bool is_all(size_t index)
{
	return index == MALLCTL_ARENAS_ALL || index == arenas_count();
}

int ctl_arena_initialized(const struct ctl_call *call, union ctl_value *value)
{
	value->boolean = ctl_snapshot_has(call->index[0]);
	return 0;
}

/* Without ctl_lock: a purge may take long, and nobody who reads statistics should wait for it. An
 * arena stays valid memory when it is destroyed meanwhile, and has nothing left to purge then, nor
 * has a slot without an arena. */
static int decay(size_t index, bool all_pages)
{
	if (index == MALLCTL_ARENAS_DESTROYED)
		return ENOENT;
	if (!is_all(index)) {
		struct arena *arena = arena_at(index);
		if (arena != NULL)
			arena_decay(arena, all_pages);
		return 0;
	}
	for (unsigned i = 0; i < arenas_count(); i++) {
		struct arena *arena = arenas_get(i);
		if (arena != NULL)
			arena_decay(arena, all_pages);
	}
	return 0;
}

int ctl_arena_decay(const struct ctl_call *call, const union ctl_value *argument UNUSED,
		    union ctl_value *result UNUSED)
{
	return decay(call->index[0], false);
}

int ctl_arena_purge(const struct ctl_call *call, const union ctl_value *argument UNUSED,
		    union ctl_value *result UNUSED)
{
	return decay(call->index[0], true);
}

int ctl_arena_reset(const struct ctl_call *call, const union ctl_value *argument UNUSED,
		    union ctl_value *result UNUSED)
{
	int error = EFAULT;
	lock_take(&ctl_lock);
	if (arena_at(call->index[0]) != NULL)
		error = arenas_reset((unsigned)call->index[0]);
	lock_drop(&ctl_lock);
	return error;
}

int ctl_arena_destroy(const struct ctl_call *call, const union ctl_value *argument UNUSED,
		      union ctl_value *result UNUSED)
{
	return ctl_snapshot_destroy(call->index[0]);
}

static const char *dss_word(uint8_t precedence)
{
	return option_word(OPTION_dss, precedence);
}

/* All arenas: what those to come will have. */
int ctl_arena_dss(const struct ctl_call *call, union ctl_value *value)
{
	if (is_all(call->index[0])) {
		value->string = dss_word(dss_default());
		return 0;
	}
	struct arena *arena = arena_at(call->index[0]);
	if (arena == NULL)
		return EFAULT;
	value->string = dss_word(__atomic_load_n(&arena->pages.dss, __ATOMIC_RELAXED));
	return 0;
}

int ctl_arena_dss_set(const struct ctl_call *call, const union ctl_value *value)
{
	unsigned precedence;
	if (value->string == NULL || !option_word_value(OPTION_dss, value->string, &precedence))
		return EINVAL;
	if (is_all(call->index[0])) {
		dss_set_default((uint8_t)precedence);
		return 0;
	}
	struct arena *arena = arena_at(call->index[0]);
	if (arena == NULL)
		return EFAULT;
	__atomic_store_n(&arena->pages.dss, (uint8_t)precedence, __ATOMIC_RELAXED);
	return 0;
}

int ctl_stats_arena_dss(const struct ctl_call *call, union ctl_value *value)
{
	const struct arena *arena = arena_at(call->index[0]);
	bool single = !is_all(call->index[0]) && call->index[0] != MALLCTL_ARENAS_DESTROYED;
	value->string = single && arena != NULL
				? dss_word(__atomic_load_n(&arena->pages.dss, __ATOMIC_RELAXED))
				: "N/A";
	return 0;
}

static int decay_ms(const struct ctl_call *call, enum page_state state, union ctl_value *value)
{
	struct arena *arena = arena_at(call->index[0]);
	if (arena == NULL)
		return EFAULT;
	value->ssize = arena_decay_ms(arena, state);
	return 0;
}

static int set_decay_ms(const struct ctl_call *call, enum page_state state,
			const union ctl_value *value)
{
	struct arena *arena = arena_at(call->index[0]);
	return arena != NULL ? arena_set_decay_ms(arena, state, value->ssize) : EFAULT;
}

int ctl_arena_dirty_decay_ms(const struct ctl_call *call, union ctl_value *value)
{
	return decay_ms(call, PAGES_DIRTY, value);
}

int ctl_arena_dirty_decay_ms_set(const struct ctl_call *call, const union ctl_value *value)
{
	return set_decay_ms(call, PAGES_DIRTY, value);
}

int ctl_arena_muzzy_decay_ms(const struct ctl_call *call, union ctl_value *value)
{
	return decay_ms(call, PAGES_MUZZY, value);
}

int ctl_arena_muzzy_decay_ms_set(const struct ctl_call *call, const union ctl_value *value)
{
	return set_decay_ms(call, PAGES_MUZZY, value);
}

int ctl_arena_extent_hooks(const struct ctl_call *call, union ctl_value *value)
{
	size_t index = call->index[0];
	struct arena *arena = arena_at(index);
	if (arena == NULL && !arenas_is_auto((unsigned)index))
		return EFAULT;
	value->pointer = arena != NULL ? arena_hooks(arena) : &hooks_default;
	return 0;
}

int ctl_arena_extent_hooks_set(const struct ctl_call *call, const union ctl_value *value)
{
	size_t index = call->index[0];
	struct arena *arena = arena_at(index);
	if (arena == NULL && arenas_is_auto((unsigned)index))
		arena = arenas_get_or_start((unsigned)index);
	if (arena == NULL || value->pointer == NULL)
		return EFAULT;
	lock_take(&ctl_lock);
	arena_set_hooks(arena, value->pointer);
	lock_drop(&ctl_lock);
	return 0;
}

/* Both ways by pointer: what is read goes to the memory that *oldp points to, which has room for
 * ARENA_NAME_MAX bytes. */
int ctl_arena_name(const struct ctl_call *call, const struct ctl_buffers *caller)
{
	size_t index = call->index[0];
	char *to = NULL;
	const char *from = NULL;
	if (index >= arenas_count())
		return EINVAL;
	struct arena *arena = arena_at(index);
	if (arena == NULL)
		return EFAULT;
	if (caller->reads) {
		memcpy(&to, caller->oldp, sizeof(to));
		if (to == NULL)
			return EINVAL;
	}
	if (caller->writes) {
		memcpy(&from, caller->newp, sizeof(from));
		if (from == NULL)
			return EINVAL;
	}
	char name[ARENA_NAME_MAX] = "";
	if (from != NULL)
		for (size_t i = 0; i < ARENA_NAME_MAX - 1 && from[i] != '\0'; i++)
			name[i] = from[i];
	lock_take(&ctl_lock);
	if (to != NULL)
		memcpy(to, arena->name, ARENA_NAME_MAX);
	if (from != NULL)
		memcpy(arena->name, name, ARENA_NAME_MAX);
	lock_drop(&ctl_lock);
	return 0;
}

/* A name that is being changed is old in part and new in part, but always ends. */
int ctl_moonheap_arena_name(const struct ctl_call *call, union ctl_value *value)
{
	const struct arena *arena = arena_at(call->index[0]);
	if (arena == NULL)
		return EFAULT;
	value->string = arena->name;
	return 0;
}

int ctl_moonheap_arena_due_ms(const struct ctl_call *call, union ctl_value *value)
{
	const struct arena *arena = arena_at(call->index[0]);
	if (arena == NULL)
		return EFAULT;
	uint64_t due = pages_deadline(&arena->pages), now = os_now_ns();
	if (due == UINT64_MAX)
		value->ssize = -1;
	else
		value->ssize = due > now ? (ssize_t)((due - now) / 1000000) : 0;
	return 0;
}

static int backlog(const struct ctl_call *call, enum page_state state, union ctl_value *value)
{
	struct arena *arena = arena_at(call->index[0]);
	if (arena == NULL)
		return EFAULT;
	struct pages *pages = &arena->pages;
	lock_take(&pages->lock);
	size_t npages = pages->sets[state].npages + (state == PAGES_DIRTY ? pages->nrecent : 0);
	value->size = decay_backlog(&pages->decay[state], npages);
	lock_drop(&pages->lock);
	return 0;
}

int ctl_moonheap_arena_dirty_backlog(const struct ctl_call *call, union ctl_value *value)
{
	return backlog(call, PAGES_DIRTY, value);
}

int ctl_moonheap_arena_muzzy_backlog(const struct ctl_call *call, union ctl_value *value)
{
	return backlog(call, PAGES_MUZZY, value);
}

int ctl_arena_oversize_threshold(const struct ctl_call *call, union ctl_value *value)
{
	struct arena *arena = arena_at(call->index[0]);
	if (arena == NULL)
		return EFAULT;
	value->size = pages_oversize(&arena->pages);
	return 0;
}

int ctl_arena_oversize_threshold_set(const struct ctl_call *call, const union ctl_value *value)
{
	struct arena *arena = arena_at(call->index[0]);
	if (arena == NULL)
		return EFAULT;
	pages_set_oversize(&arena->pages, value->size);
	return 0;
}

int ctl_needs_retain(void)
{
	return options.retain ? 0 : ENOENT;
}

int ctl_arena_retain_grow_limit(const struct ctl_call *call, union ctl_value *value)
{
	struct arena *arena = arena_at(call->index[0]);
	if (arena == NULL)
		return EFAULT;
	value->size = arena_retain_grow_limit(arena);
	return 0;
}

int ctl_arena_retain_grow_limit_set(const struct ctl_call *call, const union ctl_value *value)
{
	struct arena *arena = arena_at(call->index[0]);
	return arena != NULL ? arena_set_retain_grow_limit(arena, value->size) : EFAULT;
}
