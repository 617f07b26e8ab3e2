/* Leaves below "experimental": with the structures that jemalloc's callers know. */
#include "ctl_handlers.h"

#include <errno.h>
#include "alloc_flags.h"
#include "arenas.h"
#include "batch.h"
#include "call_hooks.h"
#include "ctl_snapshot.h"
#include "thread.h"
#include "utilization.h"

int ctl_utilization_query(const struct ctl_call *call UNUSED, const struct ctl_buffers *caller)
{
	const void *object;
	struct utilization found;
	memcpy(&object, caller->newp, sizeof(object));
	utilization_of(object, &found);
	return ctl_give(caller, &found, sizeof(found));
}

/* Of each object three numbers: free regions, regions, bytes. */
int ctl_utilization_batch_query(const struct ctl_call *call UNUSED,
				const struct ctl_buffers *caller)
{
	size_t n = caller->newlen / sizeof(void *);
	if (n == 0 || caller->newlen != n * sizeof(void *) ||
	    *caller->oldlenp != n * 3 * sizeof(size_t))
		return EINVAL;
	for (size_t i = 0; i < n; i++) {
		const void *object;
		struct utilization found;
		memcpy(&object, (const char *)caller->newp + i * sizeof(object), sizeof(object));
		utilization_of(object, &found);
		const size_t numbers[3] = {found.nfree, found.nregs, found.size};
		memcpy((char *)caller->oldp + i * sizeof(numbers), numbers, sizeof(numbers));
	}
	return 0;
}

int ctl_experimental_pactivep(const struct ctl_call *call, union ctl_value *value)
{
	size_t index = call->index[0];
	struct arena *arena = index < arenas_count() ? arenas_get((unsigned)index) : NULL;
	if (arena == NULL)
		return EFAULT;
	value->pointer = &arena->pages.nactive;
	return 0;
}

int ctl_batch_alloc(const struct ctl_call *call UNUSED, const struct ctl_buffers *caller)
{
	struct {
		void **objects;
		size_t n;
		size_t size;
		int flags;
	} batch;
	struct alloc_how how;
	memcpy(&batch, caller->newp, sizeof(batch));
	size_t done = 0;
	if (alloc_decode((unsigned)batch.flags, &how))
		done = batch_alloc(batch.objects, batch.n, batch.size, &how);
	return ctl_give(caller, &done, sizeof(done));
}

/* Metadata comes from the system in any case, so metadata_use_hooks changes nothing. */
int ctl_arenas_create_ext(const struct ctl_call *call UNUSED, const struct ctl_buffers *caller)
{
	struct {
		extent_hooks_t *hooks;
		bool metadata_use_hooks;
	} config = {.hooks = NULL};
	unsigned index;
	if (caller->writes)
		memcpy(&config, caller->newp, sizeof(config));
	struct creator creator;
	creator_note_call(&creator);
	lock_take(&ctl_lock);
	int error = arenas_create(config.hooks, &creator, &index);
	lock_drop(&ctl_lock);
	return error == 0 ? ctl_give(caller, &index, sizeof(index)) : error;
}

int ctl_hooks_install(const struct ctl_call *call UNUSED, const struct ctl_buffers *caller)
{
	struct call_hooks hooks;
	uintptr_t handle;
	memcpy(&hooks, caller->newp, sizeof(hooks));
	lock_take(&ctl_lock);
	int error = call_hooks_install(&hooks, &handle);
	lock_drop(&ctl_lock);
	return error == 0 ? ctl_give(caller, &handle, sizeof(handle)) : error;
}

int ctl_hooks_remove(const struct ctl_call *call UNUSED, const union ctl_value *argument,
		     union ctl_value *result UNUSED)
{
	lock_take(&ctl_lock);
	int error = call_hooks_remove((uintptr_t)argument->pointer);
	lock_drop(&ctl_lock);
	return error;
}

int ctl_hooks_thread_event(const struct ctl_call *call UNUSED, const struct ctl_buffers *caller)
{
	struct marks_shared shared;
	memcpy(&shared, caller->newp, sizeof(shared));
	lock_take(&ctl_lock);
	int error = marks_add(&shared);
	if (error == 0)
		thread_remind_all();
	lock_drop(&ctl_lock);
	return error;
}

int ctl_activity_callback(const struct ctl_call *call UNUSED, const struct ctl_buffers *caller)
{
	struct thread *self = thread_get();
	if (!thread_is_attached(self))
		return EAGAIN;
	const struct marks_own old = self->marks.own;
	int error = ctl_give(caller, &old, sizeof(old));
	if (error == 0 && caller->writes) {
		struct marks_own own;
		if (caller->newlen != sizeof(own))
			return EINVAL;
		memcpy(&own, caller->newp, sizeof(own));
		thread_set_own_mark(self, &own);
	}
	return error;
}
