/* Leaves of all arenas: their number, what those to come will have, to make one and to find one.
 *
 * To make an arena holds ctl_lock, and runs hooks of the program: such a hook must not read
 * statistics or make arenas itself. */
#include "ctl_handlers.h"

#include <errno.h>
#include "arenas.h"
#include "ctl_snapshot.h"

int ctl_arenas_narenas(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	value->number = arenas_count();
	return 0;
}

int ctl_arenas_dirty_decay_ms(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	value->ssize = arenas_default_decay_ms(PAGES_DIRTY);
	return 0;
}

int ctl_arenas_dirty_decay_ms_set(const struct ctl_call *call UNUSED, const union ctl_value *value)
{
	return arenas_set_default_decay_ms(PAGES_DIRTY, value->ssize);
}

int ctl_arenas_muzzy_decay_ms(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	value->ssize = arenas_default_decay_ms(PAGES_MUZZY);
	return 0;
}

int ctl_arenas_muzzy_decay_ms_set(const struct ctl_call *call UNUSED, const union ctl_value *value)
{
	return arenas_set_default_decay_ms(PAGES_MUZZY, value->ssize);
}

int ctl_arenas_create(const struct ctl_call *call UNUSED, const union ctl_value *argument,
		      union ctl_value *result)
{
	extent_hooks_t *hooks = argument != NULL ? argument->pointer : NULL;
	struct creator creator;
	creator_note_call(&creator);
	lock_take(&ctl_lock);
	int error = arenas_create(hooks, &creator, &result->number);
	lock_drop(&ctl_lock);
	return error;
}

int ctl_arenas_lookup(const struct ctl_call *call UNUSED, const union ctl_value *argument,
		      union ctl_value *result)
{
	const struct arena *arena = arenas_of(argument->pointer);
	if (arena == NULL)
		return EINVAL;
	result->number = arena->index;
	return 0;
}
