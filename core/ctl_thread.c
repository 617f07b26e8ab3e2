/* Leaves that speak of the calling thread. It may be a thread that never allocated: asking attaches
 * it. EAGAIN: it cannot have a record, for lack of memory or because it is ending. */
#include "ctl_handlers.h"

#include <errno.h>
#include "arena.h"
#include "arenas.h"
#include "fmt.h"
#include "option.h"
#include "percpu.h"
#include "thread.h"

/* NULL where the thread has no record of its own. */
static struct thread *calling_thread(void)
{
	struct thread *self = thread_get();
	return thread_is_attached(self) ? self : NULL;
}

int ctl_thread_allocated(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	const struct thread *self = calling_thread();
	if (self == NULL)
		return EAGAIN;
	value->u64 = self->allocated;
	return 0;
}

int ctl_thread_allocatedp(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	struct thread *self = calling_thread();
	if (self == NULL)
		return EAGAIN;
	value->pointer = &self->allocated;
	return 0;
}

int ctl_thread_deallocated(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	const struct thread *self = calling_thread();
	if (self == NULL)
		return EAGAIN;
	value->u64 = self->deallocated;
	return 0;
}

int ctl_thread_deallocatedp(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	struct thread *self = calling_thread();
	if (self == NULL)
		return EAGAIN;
	value->pointer = &self->deallocated;
	return 0;
}

int ctl_thread_arena(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	struct thread *self = calling_thread();
	const struct arena *arena = self != NULL ? thread_arena(self) : NULL;
	if (arena == NULL)
		return EAGAIN;
	value->number = arena->index;
	return 0;
}

int ctl_thread_arena_set(const struct ctl_call *call UNUSED, const union ctl_value *value)
{
	struct thread *self = calling_thread();
	if (self == NULL)
		return EAGAIN;
	unsigned index = value->number;
	/* A slot of its own accord is started, an arena that somebody destroyed is not made again.
	 */
	if (index >= arenas_count() || (!arenas_is_auto(index) && arenas_get(index) == NULL))
		return EFAULT;
	/* Those of processors are not chosen. */
	if (percpu_is_on() && index < arenas_auto() && index != thread_arena(self)->index)
		return EPERM;
	struct arena *arena = arenas_get_or_start(index);
	return arena != NULL ? thread_set_arena(self, arena) : EAGAIN;
}

int ctl_thread_tcache_enabled(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	const struct thread *self = calling_thread();
	if (self == NULL)
		return EAGAIN;
	value->boolean = thread_cache_enabled(self);
	return 0;
}

int ctl_thread_tcache_enabled_set(const struct ctl_call *call UNUSED, const union ctl_value *value)
{
	struct thread *self = calling_thread();
	if (self == NULL)
		return EAGAIN;
	thread_cache_set_enabled(self, value->boolean);
	return 0;
}

int ctl_needs_tcache(void)
{
	const struct thread *self = calling_thread();
	return self != NULL && thread_cache_enabled(self) ? 0 : EFAULT;
}

int ctl_thread_tcache_flush(const struct ctl_call *call UNUSED,
			    const union ctl_value *argument UNUSED, union ctl_value *result UNUSED)
{
	thread_cache_flush(calling_thread());
	return 0;
}

int ctl_thread_tcache_max(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	const struct thread *self = calling_thread();
	if (self == NULL)
		return EAGAIN;
	value->size = thread_cache_max(self);
	return 0;
}

int ctl_thread_tcache_max_set(const struct ctl_call *call UNUSED, const union ctl_value *value)
{
	struct thread *self = calling_thread();
	if (self == NULL)
		return EAGAIN;
	thread_cache_set_max(self, value->size);
	return 0;
}

int ctl_thread_tcache_slots_of(const struct ctl_call *call UNUSED, const union ctl_value *argument,
			       union ctl_value *result)
{
	const struct thread *self = calling_thread();
	if (self == NULL || !thread_cache_enabled(self) || argument->size > TCACHE_MAX_LIMIT)
		return EINVAL;
	unsigned class = size_class_of(argument->size);
	result->size = class < self->cache.ncached ? self->cache.slow[class + 1].most : 0;
	return 0;
}

#define SLOTS_TEXT_MAX 1000

/* Takes "lo-hi:n" off a text; 1, 0 at its end, -1 when there is something else. */
static int next_range(const char **text, struct option_range *range)
{
	uint64_t *const numbers[] = {&range->lo, &range->hi, &range->n};
	static const char ends[] = {'-', ':', '|'};
	if (**text == '\0')
		return 0;
	for (unsigned i = 0; i < 3; i++) {
		size_t length = 0;
		while ((*text)[length] >= '0' && (*text)[length] <= '9')
			length++;
		char end = (*text)[length];
		if (fmt_parse_integer(*text, length, numbers[i]) != FMT_OK ||
		    (end != ends[i] && !(i == 2 && end == '\0')))
			return -1;
		*text += length + (end != '\0');
	}
	return range->lo <= range->hi ? 1 : -1;
}

/* All of it or, when something is wrong, nothing. */
int ctl_thread_tcache_slots_set(const struct ctl_call *call UNUSED, const union ctl_value *value)
{
	struct thread *self = calling_thread();
	if (self == NULL || !thread_cache_enabled(self))
		return ENOENT;
	const char *text = value->string;
	struct option_range range;
	int found;
	size_t length = 0;
	while (text != NULL && length < SLOTS_TEXT_MAX && text[length] != '\0')
		length++;
	if (text == NULL || length == SLOTS_TEXT_MAX)
		return EINVAL;
	while ((found = next_range(&text, &range)) > 0)
		;
	if (found < 0)
		return EINVAL;
	text = value->string;
	while (next_range(&text, &range) > 0)
		tcache_set_slots(&self->cache, &range);
	return 0;
}

int ctl_thread_peak_read(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	struct thread *self = calling_thread();
	if (self == NULL)
		return EAGAIN;
	value->u64 = thread_peak(self);
	return 0;
}

int ctl_thread_peak_reset(const struct ctl_call *call UNUSED,
			  const union ctl_value *argument UNUSED, union ctl_value *result UNUSED)
{
	struct thread *self = calling_thread();
	if (self == NULL)
		return EAGAIN;
	thread_peak_reset(self);
	return 0;
}

int ctl_thread_idle(const struct ctl_call *call UNUSED, const union ctl_value *argument UNUSED,
		    union ctl_value *result UNUSED)
{
	struct thread *self = calling_thread();
	if (self == NULL)
		return EAGAIN;
	thread_idle(self);
	return 0;
}
