/* Leaves of which there is one in the process: the epoch, background threads, explicit thread
 * caches, size classes, the counters of all locks. */
#include "ctl_handlers.h"

#include <errno.h>
#include "arenas.h"
#include "ctl_snapshot.h"
#include "misuse.h"
#include "options.h"
#include "os.h"
#include "purger.h"
#include "size_class.h"
#include "tcache.h"
#include "thp.h"
#include "thread.h"

int ctl_epoch(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	value->u64 = ctl_snapshot_epoch();
	return 0;
}

/* Any number may be written: what counts is that one is. */
int ctl_epoch_set(const struct ctl_call *call UNUSED, const union ctl_value *value UNUSED)
{
	return ctl_snapshot_refresh();
}

int ctl_moonheap_snapshot_refresh(const struct ctl_call *call UNUSED,
				  const union ctl_value *argument, union ctl_value *result)
{
	int error = ctl_snapshot_refresh_if_older(argument->u64);
	result->u64 = ctl_snapshot_epoch();
	return error;
}

int ctl_moonheap_snapshot_taken_ns(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	value->u64 = ctl_snapshot_taken_ns();
	return 0;
}

int ctl_background_thread(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	value->boolean = purger_enabled();
	return 0;
}

int ctl_background_thread_set(const struct ctl_call *call UNUSED, const union ctl_value *value)
{
	return purger_set_enabled(value->boolean) == 0 ? 0 : EFAULT;
}

int ctl_max_background_threads(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	value->size = purger_max();
	return 0;
}

int ctl_max_background_threads_set(const struct ctl_call *call UNUSED, const union ctl_value *value)
{
	if (value->size == 0 || value->size > options.max_background_threads)
		return EINVAL;
	return purger_set_max(value->size) == 0 ? 0 : EFAULT;
}

int ctl_arenas_tcache_max(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	value->size = size_class_ncached > 0 ? size_class_sizes[size_class_ncached - 1] : 0;
	return 0;
}

int ctl_moonheap_thp_mode(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	value->string = thp_policy_word();
	return 0;
}

int ctl_arenas_nlextents(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	value->number = SIZE_CLASSES - size_class_nbins;
	return 0;
}

/* The texts that options were read from. */
#define CONF_TEXT(name, source)                                                                    \
	int ctl_needs_conf_##name(void)                                                            \
	{                                                                                          \
		return options_texts[source] != NULL ? 0 : ENOENT;                                 \
	}                                                                                          \
	int ctl_conf_##name(const struct ctl_call *call UNUSED, union ctl_value *value)            \
	{                                                                                          \
		value->string = options_texts[source];                                             \
		return 0;                                                                          \
	}
CONF_TEXT(link, OPTION_SOURCE_LINK)
CONF_TEXT(environment, OPTION_SOURCE_ENVIRONMENT)
CONF_TEXT(program, OPTION_SOURCE_PROGRAM)
CONF_TEXT(harder, OPTION_SOURCE_HARDER)

/* Without a refresh: one word of each arena, as it is just now. */
int ctl_approximate_active(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	size_t npages = 0;
	for (unsigned i = 0; i < arenas_count(); i++) {
		struct arena *arena = arenas_get(i);
		if (arena != NULL)
			npages += shared_load(arena->pages.nactive);
	}
	value->size = npages << os_lg_page;
	return 0;
}

int ctl_zero_reallocs(const struct ctl_call *call UNUSED, union ctl_value *value)
{
	value->size = stats_zero_reallocs();
	return 0;
}

int ctl_lextent_size(const struct ctl_call *call, union ctl_value *value)
{
	value->size = size_class_sizes[size_class_nbins + call->index[0]];
	return 0;
}

int ctl_tcache_create(const struct ctl_call *call UNUSED, const union ctl_value *argument UNUSED,
		      union ctl_value *result)
{
	return tcaches_create(thread_arena(thread_get()), &result->number) == 0 ? 0 : EFAULT;
}

int ctl_tcache_flush(const struct ctl_call *call UNUSED, const union ctl_value *argument,
		     union ctl_value *result UNUSED)
{
	return tcaches_flush(argument->number);
}

int ctl_tcache_destroy(const struct ctl_call *call UNUSED, const union ctl_value *argument,
		       union ctl_value *result UNUSED)
{
	return tcaches_destroy(argument->number);
}

int ctl_mutexes_reset(const struct ctl_call *call UNUSED, const union ctl_value *argument UNUSED,
		      union ctl_value *result UNUSED)
{
	ctl_snapshot_reset_mutexes();
	return 0;
}

int ctl_safety_check_abort_set(const struct ctl_call *call UNUSED, const union ctl_value *value)
{
	/* The union is the way from an object pointer to a function pointer. */
	union {
		void *object;
		misuse_hook_fn *function;
	} hook = {.object = value->pointer};
	misuse_set_hook(hook.function);
	return 0;
}
