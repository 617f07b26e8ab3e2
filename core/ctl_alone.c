#include "ctl_alone.h"

#include "arenas.h"
#include "ctl_snapshot.h"
#include "os.h"

/* The arena that was looked at alone last; arena: NULL when there is none. Under ctl_lock. */
static struct {
	struct stats_kept kept;
	const struct arena *arena;
	uint64_t created_ns; /* of the arena, which may have been made anew */
	uint64_t taken_ns;
} alone APART;

const struct arena_stats *ctl_alone_arena(size_t index, uint64_t called_ns, uint64_t max_age_ns,
					  uint64_t *taken_ns, bool *is_of_epoch)
{
	struct arena *arena = index < arenas_count() ? arenas_get((unsigned)index) : NULL;
	if (arena == NULL)
		return NULL;
	const struct arena_stats *record = ctl_snapshot_arena(index);
	uint64_t epoch_ns = ctl_snapshot_taken_ns();
	*is_of_epoch = record != NULL && ctl_snapshot_is_young(epoch_ns, called_ns, max_age_ns);
	if (*is_of_epoch) {
		*taken_ns = epoch_ns;
		return record;
	}
	bool is_another = alone.arena != arena || alone.created_ns != arena->created_ns;
	if (is_another)
		stats_forget(&alone.kept);
	if (is_another || !ctl_snapshot_is_young(alone.taken_ns, called_ns, max_age_ns)) {
		alone.taken_ns = os_now_precise_ns();
		stats_collect_kept(arena, &alone.kept);
		alone.arena = arena;
		alone.created_ns = arena->created_ns;
	}
	*taken_ns = alone.taken_ns;
	return &alone.kept.record;
}
