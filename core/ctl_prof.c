/* Leaves of heap profiling, as they answer where it is off: what can be read says so, what would do
 * something is not there. */
#include "ctl_handlers.h"

#include <errno.h>

int ctl_needs_prof(void)
{
	return ENOENT;
}

/* Not built in either. */
int ctl_needs_utrace(void)
{
	return ENOENT;
}

int ctl_prof_off(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	value->u64 = 0; /* or false */
	return 0;
}

/* Switching off what is off is no error. */
int ctl_prof_active_set(const struct ctl_call *call UNUSED, const union ctl_value *value)
{
	return value->boolean ? ENOENT : 0;
}
