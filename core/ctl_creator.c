/* Leaves that tell who made what lives on: arenas, and explicit thread caches, which have no other
 * leaves of their own. An index that comes here may be that of a slot without an arena, or stand
 * for all arenas (EFAULT); a cache may go between its index being looked at and its leaf (ENOENT).
 */
#include "ctl_handlers.h"

#include <errno.h>
#include "arena.h"
#include "arenas.h"
#include "tcache.h"

/* ---- arenas ---- */

static const struct arena *arena_at(const struct ctl_call *call)
{
	size_t index = call->index[0];
	return index < arenas_count() ? arenas_get((unsigned)index) : NULL;
}

/* Arguments become parts of names and of lvalues. NOLINTBEGIN(bugprone-macro-parentheses) */
#define ARENA_GETTER(leaf, member, field)                                                          \
	int ctl_moonheap_arena_##leaf(const struct ctl_call *call, union ctl_value *value)         \
	{                                                                                          \
		const struct arena *arena = arena_at(call);                                        \
		if (arena == NULL)                                                                 \
			return EFAULT;                                                             \
		value->member = arena->field;                                                      \
		return 0;                                                                          \
	}

ARENA_GETTER(is_manual, boolean, is_manual)
ARENA_GETTER(created_ns, u64, created_ns)
ARENA_GETTER(creator_thread, number, creator.thread)
ARENA_GETTER(creator_thread_name, string, creator.thread_name)
ARENA_GETTER(creator_caller, string, creator.caller)

/* ---- explicit thread caches ---- */

#define TCACHE_GETTER(leaf, member, field)                                                         \
	int ctl_moonheap_tcache_##leaf(const struct ctl_call *call, union ctl_value *value)        \
	{                                                                                          \
		struct tcaches_about about;                                                        \
		if (!tcaches_describe((unsigned)call->index[0], &about))                           \
			return ENOENT;                                                             \
		value->member = about.field;                                                       \
		return 0;                                                                          \
	}

TCACHE_GETTER(name, string, name)
TCACHE_GETTER(arena, number, arena)
TCACHE_GETTER(bytes, size, bytes)
TCACHE_GETTER(created_ns, u64, created_ns)
TCACHE_GETTER(creator_thread, number, creator_thread)
TCACHE_GETTER(creator_thread_name, string, creator->thread_name)
TCACHE_GETTER(creator_caller, string, creator->caller)
/* NOLINTEND(bugprone-macro-parentheses) */

int ctl_moonheap_tcache_name_set(const struct ctl_call *call, const union ctl_value *value)
{
	if (value->string == NULL)
		return EINVAL;
	return tcaches_set_name((unsigned)call->index[0], value->string) ? 0 : ENOENT;
}
