#include "call_hooks.h"

#include <errno.h>
#include <string.h>
#include "thread.h"

uint32_t call_hooks_count;

/* version is odd while hooks are there and even while not; whoever copies them looks whether it is
 * the same before and after. A handle says place and version. */
static struct slot {
	uint64_t version; /* atomic */
	struct call_hooks hooks;
} slots[CALL_HOOKS_MAX];

static __thread bool is_calling;

static uintptr_t handle_of(unsigned i)
{
	return (uintptr_t)slots[i].version * CALL_HOOKS_MAX + i;
}

/* Word by word, because another thread may be writing them. Who gets a newer word gets a newer
 * version after it. */
static void copy(struct call_hooks *to, const struct call_hooks *from)
{
	const uintptr_t *source = (const uintptr_t *)from;
	uintptr_t *target = (uintptr_t *)to;
	for (unsigned i = 0; i < sizeof(*to) / sizeof(uintptr_t); i++)
		__atomic_store_n(&target[i], __atomic_load_n(&source[i], __ATOMIC_ACQUIRE),
				 __ATOMIC_RELEASE);
}

/* What is in a slot, so that each function gets the argument that belongs to it; false: nothing. */
static bool read_slot(const struct slot *slot, struct call_hooks *hooks)
{
	uint64_t version = __atomic_load_n(&slot->version, __ATOMIC_ACQUIRE);
	if (version % 2 == 0)
		return false;
	copy(hooks, &slot->hooks);
	return __atomic_load_n(&slot->version, __ATOMIC_RELAXED) == version;
}

int call_hooks_install(const struct call_hooks *hooks, uintptr_t *handle)
{
	unsigned i = 0;
	while (i < CALL_HOOKS_MAX && slots[i].version % 2 != 0)
		i++;
	if (i == CALL_HOOKS_MAX)
		return EAGAIN;
	copy(&slots[i].hooks, hooks);
	__atomic_store_n(&slots[i].version, slots[i].version + 1, __ATOMIC_RELEASE);
	*handle = handle_of(i);
	__atomic_store_n(&call_hooks_count, call_hooks_count + 1, __ATOMIC_RELAXED);
	thread_watch_all(true);
	return 0;
}

int call_hooks_remove(uintptr_t handle)
{
	unsigned i = (unsigned)(handle % CALL_HOOKS_MAX);
	if (slots[i].version % 2 == 0 || handle != handle_of(i))
		return EINVAL;
	__atomic_store_n(&slots[i].version, slots[i].version + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&call_hooks_count, call_hooks_count - 1, __ATOMIC_RELAXED);
	if (call_hooks_count == 0)
		thread_watch_all(false);
	return 0;
}

/* ---- reports ---- */

/* Calls what follows for all hooks; not for calls that a hook makes. */
#define FOR_EACH(hooks)                                                                            \
	for (unsigned i_ = 0; i_ < CALL_HOOKS_MAX; i_++)                                           \
		if (read_slot(&slots[i_], &(hooks)))

static bool enter(int *saved_errno)
{
	if (is_calling)
		return false;
	*saved_errno = errno;
	is_calling = true;
	return true;
}

static void leave(int saved_errno)
{
	is_calling = false;
	errno = saved_errno;
}

void call_hooks_allocated(enum call_allocating type, void *result, uintptr_t returned, uintptr_t a,
			  uintptr_t b, uintptr_t c)
{
	struct call_hooks hooks;
	int saved_errno;
	if (!enter(&saved_errno))
		return;
	FOR_EACH(hooks)
	{
		uintptr_t arguments[3] = {a, b, c};
		if (hooks.allocated != NULL)
			hooks.allocated(hooks.extra, (int)type, result, returned, arguments);
	}
	leave(saved_errno);
}

void call_hooks_freeing(enum call_freeing type, void *object, uintptr_t b, uintptr_t c)
{
	struct call_hooks hooks;
	int saved_errno;
	if (!enter(&saved_errno))
		return;
	FOR_EACH(hooks)
	{
		uintptr_t arguments[3] = {(uintptr_t)object, b, c};
		if (hooks.freeing != NULL)
			hooks.freeing(hooks.extra, (int)type, object, arguments);
	}
	leave(saved_errno);
}

void call_hooks_resized(enum call_resizing type, void *object, size_t old_usable, size_t new_usable,
			uintptr_t returned, const uintptr_t arguments[4])
{
	struct call_hooks hooks;
	int saved_errno;
	if (!enter(&saved_errno))
		return;
	FOR_EACH(hooks)
	{
		uintptr_t own[4];
		memcpy(own, arguments, sizeof(own));
		if (hooks.resized != NULL)
			hooks.resized(hooks.extra, (int)type, object, old_usable, new_usable,
				      returned, own);
	}
	leave(saved_errno);
}

void call_hooks_moving(const struct call_resize *call, void *from, void *to)
{
	const uintptr_t *a = call->arguments;
	call_hooks_allocated(call->allocating, to, (uintptr_t)to, a[0], a[1], a[2]);
	call_hooks_freeing(call->freeing, from, a[1], a[2]);
}
