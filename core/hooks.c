#include "hooks.h"

#include "dss.h"
#include "message.h"
#include "os_map.h"
#include "os_purge.h"
#include "thp.h"
#include "warning.h"

#include <errno.h>
#include <string.h>

void (*hooks_enter)(struct hooks_entry *entry);
void (*hooks_leave)(const struct hooks_entry *entry);

/* The default table, for programs that read it as the old value and call it from their own. */

static void *default_alloc(extent_hooks_t *hooks UNUSED, void *address, size_t size,
			   size_t alignment, bool *zero, bool *commit, unsigned arena UNUSED)
{
	void *p = address != NULL ? os_map_at(address, size) : os_map(size, alignment);
	if (p != NULL) {
		thp_advise(p, size);
		*zero = true;
		*commit = true;
	}
	return p;
}

static bool unmap(void *address, size_t size)
{
	static bool told;
	if (os_unmap(address, size))
		return true;
	warning_once(&told, MESSAGE_PREFIX
		     "Error in munmap(): the system keeps the mapping; so do we, for reuse\n");
	return false;
}

static bool default_dalloc(extent_hooks_t *hooks UNUSED, void *address, size_t size,
			   bool committed UNUSED, unsigned arena UNUSED)
{
	if (!dss_owns(address))
		return !unmap(address, size);
	dss_dalloc(address, size);
	return false;
}

static void default_destroy(extent_hooks_t *hooks UNUSED, void *address, size_t size,
			    bool committed UNUSED, unsigned arena UNUSED)
{
	if (dss_owns(address))
		dss_dalloc(address, size);
	else
		os_discard(address, size);
}

/* The system commits a page when it is touched; there is nothing to do, and nothing to undo. */
static bool default_commit(extent_hooks_t *hooks UNUSED, void *address UNUSED, size_t size UNUSED,
			   size_t offset UNUSED, size_t length UNUSED, unsigned arena UNUSED)
{
	return true;
}

static bool default_purge_lazy(extent_hooks_t *hooks UNUSED, void *address, size_t size UNUSED,
			       size_t offset, size_t length, unsigned arena UNUSED)
{
	return !os_purge_lazy((char *)address + offset, length);
}

static bool default_purge_forced(extent_hooks_t *hooks UNUSED, void *address, size_t size UNUSED,
				 size_t offset, size_t length, unsigned arena UNUSED)
{
	return !os_purge_forced((char *)address + offset, length);
}

static bool default_split(extent_hooks_t *hooks UNUSED, void *address UNUSED, size_t size UNUSED,
			  size_t size_a UNUSED, size_t size_b UNUSED, bool committed UNUSED,
			  unsigned arena UNUSED)
{
	return false;
}

static bool default_merge(extent_hooks_t *hooks UNUSED, void *address_a UNUSED,
			  size_t size_a UNUSED, void *address_b UNUSED, size_t size_b UNUSED,
			  bool committed UNUSED, unsigned arena UNUSED)
{
	return false;
}

extent_hooks_t hooks_default = {
	.alloc = default_alloc,
	.dalloc = default_dalloc,
	.destroy = default_destroy,
	.commit = default_commit,
	.decommit = default_commit,
	.purge_lazy = default_purge_lazy,
	.purge_forced = default_purge_forced,
	.split = default_split,
	.merge = default_merge,
};

static struct hooks_entry enter(void)
{
	struct hooks_entry entry = {.saved_errno = errno};
	if (hooks_enter != NULL)
		hooks_enter(&entry);
	return entry;
}

static void leave(const struct hooks_entry *entry)
{
	if (hooks_leave != NULL)
		hooks_leave(entry);
	errno = entry->saved_errno;
}

/* Whether it was done, which is counted. */
static bool done(bool is_done, uint64_t *event)
{
	if (is_done)
		hooks_count(event);
	return is_done;
}

/* The same under the page lock, which all who write it hold. */
static inline bool done_locked(bool is_done, uint64_t *event)
{
	if (is_done)
		shared_store(*event, *event + 1);
	return is_done;
}

void *hooks_alloc(extent_hooks_t *hooks, void *address, size_t size, size_t alignment, bool *zeroed,
		  bool *committed, unsigned arena, struct extent_events *events)
{
	bool want_zero = *zeroed;
	void *p;
	if (hooks_are_default(hooks)) {
		p = default_alloc(hooks, address, size, alignment, zeroed, committed, arena);
	} else {
		struct hooks_entry entry = enter();
		p = hooks->alloc(hooks, address, size, alignment, zeroed, committed, arena);
		leave(&entry);
	}
	if (!done(p != NULL, &events->alloc))
		return NULL;
	if (want_zero && !*zeroed && *committed) {
		/* Against the contract, but our own caller relies on zero. */
		memset((char *)p - ((uintptr_t)p & EXTENT_ALLOC_FLAG_MASK), 0, size);
		*zeroed = true;
	}
	return p;
}

bool hooks_dalloc(extent_hooks_t *hooks, void *address, size_t size, bool committed, unsigned arena,
		  struct extent_events *events)
{
	if (hooks_are_default(hooks))
		return done(!default_dalloc(hooks, address, size, committed, arena),
			    &events->dalloc);
	if (hooks->dalloc == NULL)
		return false;
	struct hooks_entry entry = enter();
	bool declined = hooks->dalloc(hooks, address, size, committed, arena);
	leave(&entry);
	return done(!declined, &events->dalloc);
}

void hooks_destroy(extent_hooks_t *hooks, void *address, size_t size, bool committed,
		   unsigned arena, struct extent_events *events)
{
	if (hooks->destroy == NULL)
		return;
	struct hooks_entry entry = enter();
	hooks->destroy(hooks, address, size, committed, arena);
	leave(&entry);
	hooks_count(&events->destroy);
}

bool hooks_commit(extent_hooks_t *hooks, void *address, size_t size, unsigned arena,
		  struct extent_events *events)
{
	if (hooks->commit == NULL)
		return false;
	struct hooks_entry entry = enter();
	bool declined = hooks->commit(hooks, address, size, 0, size, arena);
	leave(&entry);
	return done(!declined, &events->commit);
}

bool hooks_decommit(extent_hooks_t *hooks, void *address, size_t size, unsigned arena,
		    struct extent_events *events)
{
	if (hooks_are_default(hooks) || hooks->decommit == NULL)
		return false;
	struct hooks_entry entry = enter();
	bool declined = hooks->decommit(hooks, address, size, 0, size, arena);
	leave(&entry);
	return done(!declined, &events->decommit);
}

bool hooks_purge_lazy(extent_hooks_t *hooks, void *address, size_t size, unsigned arena,
		      struct extent_events *events)
{
	if (hooks_are_default(hooks))
		return done(os_purge_lazy(address, size), &events->purge_lazy);
	if (hooks->purge_lazy == NULL)
		return false;
	struct hooks_entry entry = enter();
	bool declined = hooks->purge_lazy(hooks, address, size, 0, size, arena);
	leave(&entry);
	return done(!declined, &events->purge_lazy);
}

bool hooks_purge_forced(extent_hooks_t *hooks, void *address, size_t size, unsigned arena,
			struct extent_events *events)
{
	if (hooks_are_default(hooks))
		return done(os_purge_forced(address, size), &events->purge_forced);
	if (hooks->purge_forced == NULL)
		return false;
	struct hooks_entry entry = enter();
	bool declined = hooks->purge_forced(hooks, address, size, 0, size, arena);
	leave(&entry);
	return done(!declined, &events->purge_forced);
}

bool hooks_split(extent_hooks_t *hooks, void *address, size_t size, size_t size_a, bool committed,
		 unsigned arena, struct extent_events *events)
{
	if (hooks_are_default(hooks))
		return done_locked(true, &events->split);
	if (hooks->split == NULL)
		return false;
	struct hooks_entry entry = enter();
	bool declined = hooks->split(hooks, address, size, size_a, size - size_a, committed, arena);
	leave(&entry);
	return done_locked(!declined, &events->split);
}

bool hooks_merge(extent_hooks_t *hooks, void *address_a, size_t size_a, void *address_b,
		 size_t size_b, bool committed, unsigned arena, struct extent_events *events)
{
	if (hooks_are_default(hooks))
		return done_locked(true, &events->merge);
	if (hooks->merge == NULL)
		return false;
	struct hooks_entry entry = enter();
	bool declined = hooks->merge(hooks, address_a, size_a, address_b, size_b, committed, arena);
	leave(&entry);
	return done_locked(!declined, &events->merge);
}
