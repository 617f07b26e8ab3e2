#include "ctl_refusal.h"

#include <errno.h>
#include <string.h>
#include "arena.h"
#include "arenas.h"
#include "moonheap/moonheap.h"

/* What an error means of one leaf. */
static const struct {
	int error;
	char path[36], words[120];
} reasons[] = {
	{EFAULT, "thread.arena",
	 " refuses: no arena has this index; arenas.create gives them out, those below opt.narenas "
	 "are automatic"},
	{EPERM, "thread.arena",
	 " cannot be changed: with the option percpu_arena the processor decides"},
	{EFAULT, "thread.tcache.flush",
	 " refuses: this thread works without a cache (thread.tcache.enabled)"},
	{ENOENT, "thread.tcache.ncached_max.write",
	 " is not there: this thread works without a cache (thread.tcache.enabled)"},
	{EFAULT, "tcache.create", " failed: there is no memory for it, or no number left"},
	{EFAULT, "tcache.flush",
	 " refuses: no explicit thread cache has this number; tcache.create gives them out"},
	{EFAULT, "tcache.destroy",
	 " refuses: no explicit thread cache has this number; tcache.create gives them out"},
	{EFAULT, "arena.<arena>.extent_hooks", " needs a table of hooks, and NULL is none"},
	{EINVAL, "arenas.lookup", " knows of no allocation at this address"},
	{EFAULT, "background_thread", " failed: no thread could be started"},
	{ENOENT, "arena.<arena>.retain_grow_limit",
	 " is not there: address space is kept with the option retain only"},
	{ENOENT, "arena.<arena>.decay", " is not for destroyed arenas: they have no pages"},
	{ENOENT, "arena.<arena>.purge", " is not for destroyed arenas: they have no pages"},
};

static bool tell_reason(struct fmt *text, int error, const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].error == error && strcmp(reasons[i].path, path) == 0) {
			fmt_text(text, reasons[i].words);
			return true;
		}
	return false;
}

static void tell_arena(struct fmt *text, const char *before, size_t index, const char *after)
{
	fmt_text(text, before);
	fmt_unsigned(text, index);
	fmt_text(text, after);
}

/* It is the arena, not the value. */
static bool tell_of_arena(struct fmt *text, const char *path, size_t index)
{
	const struct arena *arena = index < arenas_count() ? arenas_get((unsigned)index) : NULL;
	bool is_destroy = strcmp(path, "arena.<arena>.destroy") == 0;
	bool is_end = is_destroy || strcmp(path, "arena.<arena>.reset") == 0;
	if (index >= arenas_count() && index != MALLCTL_ARENAS_DESTROYED) {
		tell_arena(text, " is of one arena at a time, and ", index,
			   " stands for all of them");
	} else if (index == MALLCTL_ARENAS_DESTROYED) {
		fmt_text(text, " is of an arena that is there, not of those that were destroyed");
	} else if (arena == NULL) {
		tell_arena(text, " refuses: there is no arena ", index,
			   " now; no thread has needed it yet, or it was destroyed");
	} else if (is_end && !arena->is_manual) {
		tell_arena(text, " is for arenas made by arenas.create, and arena ", index,
			   " was made by the library for its threads");
	} else if (is_destroy && __atomic_load_n(&arena->nthreads, __ATOMIC_RELAXED) != 0) {
		tell_arena(text, " refuses: threads are bound to arena ", index,
			   " by thread.arena, and have to be bound to another before");
	} else {
		return false;
	}
	return true;
}

void ctl_refusal_tell(struct fmt *text, int error, const struct ctl_place *leaf)
{
	const struct ctl_node *node = leaf->node;
	const struct moonheap_ctl_row *about = &node->row->about;
	bool is_of_arena = node->indices > 0 && ctl_node_is_arena(node, node->index_at[0]);
	bool may_be_arena = is_of_arena && (error == EFAULT || error == EINVAL);
	if ((may_be_arena && tell_of_arena(text, about->path, leaf->mib[node->index_at[0]])) ||
	    tell_reason(text, error, about->path))
		return;
	fmt_text(text, error == ENOENT ? " is not there in this process, or not any more: "
				       : " does not take this value: ");
	fmt_text(text, about->help);
}
