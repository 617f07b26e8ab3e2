#include "ctl_access.h"

#include <errno.h>
#include <string.h>
#include "ctl_snapshot.h"
#include "options.h"

static const uint8_t type_sizes[] = {
	[MOONHEAP_CTL_NONE] = 0,
	[MOONHEAP_CTL_BOOL] = sizeof(bool),
	[MOONHEAP_CTL_UNSIGNED] = sizeof(unsigned),
	[MOONHEAP_CTL_UINT32] = sizeof(uint32_t),
	[MOONHEAP_CTL_UINT64] = sizeof(uint64_t),
	[MOONHEAP_CTL_INT64] = sizeof(int64_t),
	[MOONHEAP_CTL_SIZE] = sizeof(size_t),
	[MOONHEAP_CTL_SSIZE] = sizeof(ssize_t),
	[MOONHEAP_CTL_STRING] = sizeof(const char *),
	[MOONHEAP_CTL_POINTER] = sizeof(void *),
	[MOONHEAP_CTL_STRUCT] = 0,
};

size_t ctl_type_size(enum moonheap_ctl_type type)
{
	return (size_t)type < ARRAY_LEN(type_sizes) ? type_sizes[type] : 0;
}

/* -- between the caller's buffers and a value -------------------------------------------------- */

static int put_old(const struct ctl_row *row, const void *value, const struct ctl_buffers *caller)
{
	return ctl_give(caller, value, type_sizes[row->about.type]);
}

static int take_new(const struct ctl_row *row, const struct ctl_buffers *caller,
		    union ctl_value *value)
{
	size_t size = type_sizes[row->about.argument];
	if (!caller->writes)
		return 0;
	if (caller->newlen != size)
		return EINVAL;
	memcpy(value, caller->newp, size);
	if (row->about.argument == MOONHEAP_CTL_BOOL) /* the caller's byte may be anything */
		value->boolean = *(const unsigned char *)caller->newp != 0;
	return 0;
}

/* -- rows that only show something ------------------------------------------------------------- */

/* A number of the snapshot. The arena was there when its index was checked. */
ALWAYS_INLINE int read_field(const struct ctl_row *row, const struct ctl_call *call, size_t size,
			     void *to)
{
	size_t offset = row->from.field.offset + row->from.field.stride * call->index[1];
	return row->source == CTL_TOTAL_FIELD
		       ? ctl_snapshot_read_total(offset, size, to)
		       : ctl_snapshot_read_arena(call->index[0], offset, size, to);
}

static int access_field(const struct ctl_row *row, const struct ctl_call *call,
			const struct ctl_buffers *caller)
{
	union ctl_value value;
	int error = read_field(row, call, type_sizes[row->about.type], &value);
	return error == 0 ? put_old(row, &value, caller) : error;
}

/* -- rows with functions ----------------------------------------------------------------------- */

/* Commonly: look at the new value, copy the old one out, and only when that worked apply the new.
 */
static int access_value(const struct ctl_row *row, const struct ctl_call *call,
			const struct ctl_buffers *caller)
{
	union ctl_value old = {.u64 = 0}, new = {.u64 = 0};
	bool set_first = (row->flags & (CTL_APPLY_FIRST | CTL_READ_AFTER)) != 0;
	int error = 0;

	if (!(row->flags & CTL_READ_FIRST))
		error = take_new(row, caller, &new);
	if (error == 0 && caller->reads && !(row->flags & CTL_READ_AFTER))
		error = row->from.value.get(call, &old);
	if (error == 0 && caller->writes && set_first)
		error = row->from.value.set(call, &new);
	if (error == 0 && caller->reads && (row->flags & CTL_READ_AFTER))
		error = row->from.value.get(call, &old);
	if (error == 0)
		error = put_old(row, &old, caller);
	if (error == 0 && (row->flags & CTL_READ_FIRST))
		error = take_new(row, caller, &new);
	if (error == 0 && caller->writes && !set_first)
		error = row->from.value.set(call, &new);
	return error;
}

static int access_action(const struct ctl_row *row, const struct ctl_call *call,
			 const struct ctl_buffers *caller)
{
	union ctl_value argument = {.u64 = 0}, result = {.u64 = 0};
	if (row->flags & CTL_IGNORES_ARGUMENTS)
		return row->from.act(call, NULL, &result);
	if ((row->flags & CTL_RESULT_REQUIRED) &&
	    (!caller->reads || *caller->oldlenp != type_sizes[row->about.type])) {
		if (caller->oldlenp != NULL)
			*caller->oldlenp = 0;
		return EINVAL;
	}
	if ((row->flags & CTL_ARGUMENT_REQUIRED) && !caller->writes)
		return EINVAL;
	int error = take_new(row, caller, &argument);
	if (error == 0)
		error = row->from.act(call, caller->writes ? &argument : NULL, &result);
	return error == 0 ? put_old(row, &result, caller) : error;
}

/* -- rows that see the caller's buffers ---------------------------------------------------------
 */

static bool fits(size_t length, size_t size)
{
	return size == 0 || length == size;
}

static bool is_exact(const struct ctl_row *row, const struct ctl_buffers *caller)
{
	bool is_raw = row->source == CTL_RAW;
	bool takes = row->about.argument != MOONHEAP_CTL_NONE;
	bool gives = row->about.type != MOONHEAP_CTL_NONE;
	size_t argument_size =
		is_raw ? row->from.raw.argument_size : type_sizes[row->about.argument];
	size_t result_size = is_raw ? row->from.raw.result_size : type_sizes[row->about.type];
	bool reads = gives && caller->reads;
	bool writes = takes && caller->writes;
	if ((reads && !fits(*caller->oldlenp, result_size)) ||
	    (writes && !fits(caller->newlen, argument_size)))
		return false;
	return row->about.access == 0 ? reads == gives && writes == takes : reads || writes;
}

static int access_raw(const struct ctl_row *row, const struct ctl_call *call,
		      const struct ctl_buffers *caller)
{
	if ((row->flags & CTL_RESULT_REQUIRED) &&
	    (!caller->reads || !fits(*caller->oldlenp, row->from.raw.result_size))) {
		if (caller->oldlenp != NULL)
			*caller->oldlenp = 0;
		return EINVAL;
	}
	if ((row->flags & CTL_ARGUMENT_REQUIRED) && !caller->writes)
		return EINVAL;
	if (caller->writes && !(row->flags & CTL_READ_FIRST) &&
	    !fits(caller->newlen, row->from.raw.argument_size))
		return EINVAL;
	return row->from.raw.call(call, caller);
}

/* -- the rules for all ------------------------------------------------------------------------- */

/* Whether the row takes part in what the caller wants, direction by direction. */
static int check_direction(const struct ctl_row *row, const struct ctl_buffers *caller)
{
	bool action = row->about.access == 0;
	if (action && (row->flags & CTL_IGNORES_ARGUMENTS))
		return 0;
	bool readable = action ? row->about.type != MOONHEAP_CTL_NONE
			       : (row->about.access & MOONHEAP_CTL_READ) != 0;
	bool writable = action ? row->about.argument != MOONHEAP_CTL_NONE
			       : (row->about.access & MOONHEAP_CTL_WRITE) != 0;
	if (!readable && (caller->oldp != NULL || caller->oldlenp != NULL))
		return EPERM;
	if (!writable && (caller->newp != NULL || caller->newlen != 0))
		return EPERM;
	if ((row->flags & CTL_EXCLUSIVE) && caller->reads && caller->writes)
		return EPERM;
	return 0;
}

/* The rules, whatever is asked. */
static __attribute__((noinline)) int access_any(const struct ctl_row *row,
						const struct ctl_call *call, void *oldp,
						size_t *oldlenp, const void *newp, size_t newlen)
{
	const struct ctl_buffers caller = {.oldp = oldp,
					   .oldlenp = oldlenp,
					   .newp = newp,
					   .newlen = newlen,
					   .reads = oldp != NULL && oldlenp != NULL,
					   .writes = newp != NULL};
	if (row->condition != NULL && (caller.writes || !(row->flags & CTL_CONDITION_OF_WRITE))) {
		int error = row->condition();
		if (error != 0)
			return error;
	}
	if ((row->flags & CTL_EXACT) && !is_exact(row, &caller))
		return EINVAL;
	int error = check_direction(row, &caller);
	if (error != 0)
		return error;
	switch ((enum ctl_source)row->source) {
	case CTL_CONSTANT:
		return put_old(row, &row->from.constant, &caller);
	case CTL_VARIABLE: {
		size_t offset = row->from.variable.stride * call->index[0];
		return put_old(row, (const char *)row->from.variable.base + offset, &caller);
	}
	case CTL_OPTION_SOURCE: {
		const char *source = options_source((enum option_index)row->from.option);
		return put_old(row, &source, &caller);
	}
	case CTL_OPTION: {
		const char *word;
		return put_old(row, option_value(&options, row->from.option, &word), &caller);
	}
	case CTL_ARENA_FIELD:
	case CTL_TOTAL_FIELD:
		return access_field(row, call, &caller);
	case CTL_VALUE:
		return access_value(row, call, &caller);
	case CTL_ACTION:
		return access_action(row, call, &caller);
	case CTL_RAW:
		return access_raw(row, call, &caller);
	}
	return ENOENT;
}

int ctl_access(const struct ctl_row *row, const struct ctl_call *call, void *oldp, size_t *oldlenp,
	       const void *newp, size_t newlen)
{
	/* What is read most: the rules come to the same. */
	size_t size = type_sizes[row->about.type];
	if (likely(row->source == CTL_ARENA_FIELD || row->source == CTL_TOTAL_FIELD) &&
	    oldp != NULL && oldlenp != NULL && *oldlenp == size && newp == NULL && newlen == 0)
		return read_field(row, call, size, oldp);
	return access_any(row, call, oldp, oldlenp, newp, newlen);
}
