#include "ctl_snapshot.h"

#include <errno.h>
#include <string.h>
#include "arena.h"
#include "arenas.h"
#include "base.h"
#include "os.h"
#include "thread.h"

struct record {
	struct stats_kept kept;
	bool initialised; /* written under ctl_lock and read without */
	bool has_left;    /* what it shows was destroyed */
	/* What caches were found to have at the refresh with this number. */
	uint64_t counted_at;
	struct cache_counts counted;
};

struct lock ctl_lock = {.rank = RANK_CTL};

/* By index. An index is at most what MALLOCX_ARENA() can carry, so this is no limit of ours. The
 * pages of this array that no arena needs are never touched. */
static APART struct record *records[ARENAS_MAX];
static APART struct record merged, destroyed;
static struct ctl_totals totals;
static unsigned counted_end;             /* no arena from here on has caches, as far as is known */
static bool is_sum_wrong;                /* merged has to be made anew, from all records */
static APART struct arena_stats leaving; /* of an arena on its way out */
static uint64_t changes;                 /* odd while records are being changed; atomic */
static uint64_t epoch;                   /* atomic */
static uint64_t refreshed_ns;            /* when the last refresh began; atomic */

static bool is_initialised(const struct record *record)
{
	return record != NULL && __atomic_load_n(&record->initialised, __ATOMIC_ACQUIRE);
}

static void set_initialised(struct record *record, bool initialised)
{
	/* Pairs with is_initialised() of readers that hold no lock. */
	__atomic_store_n(&record->initialised, initialised, __ATOMIC_RELEASE);
}

/* Round every change of what readers without a lock look at. */
static void begin_changes(void)
{
	/* What is published now comes after. */
	__atomic_store_n(&changes, changes + 1, __ATOMIC_RELAXED);
}

static void end_changes(void)
{
	__atomic_store_n(&changes, changes + 1, __ATOMIC_RELEASE);
}

static struct record *record_at(size_t index)
{
	struct record *record = NULL;
	if (likely(index < ARENAS_MAX))
		record = __atomic_load_n(&records[index], __ATOMIC_ACQUIRE);
	if (likely(record != NULL))
		return record;
	if (index == MALLCTL_ARENAS_ALL || index == arenas_count()) /* the latter: its older name */
		return &merged;
	return index == MALLCTL_ARENAS_DESTROYED ? &destroyed : NULL;
}

bool ctl_snapshot_has(size_t index)
{
	return is_initialised(record_at(index));
}

const struct arena_stats *ctl_snapshot_arena(size_t index)
{
	struct record *record = record_at(index);
	return is_initialised(record) ? &record->kept.record : NULL;
}

const struct ctl_totals *ctl_snapshot_totals(void)
{
	return &totals;
}

static COLD void read_locked(const char *field, size_t size, void *to)
{
	/* In a handler of a signal that interrupted who had a lock: as far as a change has come. */
	bool is_interrupted = lock_is_any_own();
	if (!is_interrupted)
		lock_take(&ctl_lock);
	memcpy(to, field, size);
	if (!is_interrupted)
		lock_drop(&ctl_lock);
}

ALWAYS_INLINE void read_number(const char *field, size_t size, void *to)
{
	uint64_t before = __atomic_load_n(&changes, __ATOMIC_ACQUIRE);
	if (size == sizeof(uint64_t)) {
		uint64_t number =
			__atomic_load_n((const uint64_t *)(const void *)field, __ATOMIC_ACQUIRE);
		memcpy(to, &number, sizeof(number));
	} else {
		uint32_t number =
			__atomic_load_n((const uint32_t *)(const void *)field, __ATOMIC_ACQUIRE);
		memcpy(to, &number, sizeof(number));
	}
	if (unlikely(before % 2 != 0 || __atomic_load_n(&changes, __ATOMIC_RELAXED) != before))
		read_locked(field, size, to);
}

int ctl_snapshot_read_arena(size_t index, size_t offset, size_t size, void *to)
{
	const struct record *record = record_at(index);
	if (unlikely(!is_initialised(record)))
		return ENOENT;
	read_number((const char *)&record->kept.record + offset, size, to);
	return 0;
}

int ctl_snapshot_read_total(size_t offset, size_t size, void *to)
{
	read_number((const char *)&totals + offset, size, to);
	return 0;
}

/* Every arena that exists gets a record, or none is changed. */
static int make_records(void)
{
	for (unsigned i = 0; i < arenas_count(); i++) {
		if (records[i] != NULL || arenas_get(i) == NULL)
			continue;
		struct record *record = base_alloc(&base_first, sizeof(*record), 0); /* zeroed */
		if (record == NULL)
			return EAGAIN;
		/* Pairs with record_at() of readers that hold no lock. */
		__atomic_store_n(&records[i], record, __ATOMIC_RELEASE);
	}
	return 0;
}

static void count_cache(const struct tcache *cache, const struct arena *arena,
			void *argument UNUSED)
{
	struct record *record = records[arena->index];
	if (record == NULL)
		return;
	if (record->counted_at != epoch + 1) {
		memset(&record->counted, 0, sizeof(record->counted));
		record->counted_at = epoch + 1;
		counted_end = arena->index < counted_end ? counted_end : arena->index + 1;
	}
	stats_count_cache(&record->counted, cache);
}

static void count_requests(const struct tcache *cache, const struct arena *arena,
			   void *argument UNUSED)
{
	struct record *record = records[arena->index];
	if (record != NULL && record->counted_at == epoch + 1)
		stats_count_requests(&record->counted, cache);
}

static void forget(struct record *record)
{
	stats_forget(&record->kept);
	record->has_left = false;
}

/* Of one arena; the sum follows, unless it is made anew. Returns whether that of packed huge pages
 * has to be. */
static bool update(struct arena *arena, struct record *record, uint64_t now_ns)
{
	bool has_caches = record->counted_at == epoch + 1;
	return stats_update_arena(arena, &record->kept, has_caches ? &record->counted : NULL,
				  is_sum_wrong ? NULL : &merged.kept.record, now_ns);
}

static void make_sum(void)
{
	stats_clear(&merged.kept.record);
	for (unsigned i = 0; i < arenas_count(); i++)
		if (is_initialised(records[i]))
			stats_merge_arena(&merged.kept.record, &records[i]->kept.record);
	is_sum_wrong = false;
}

static void make_hpa_sum(void)
{
	stats_clear_hpa(&merged.kept.record.hpa);
	for (unsigned i = 0; i < arenas_count(); i++)
		if (is_initialised(records[i]))
			stats_merge_hpa(&merged.kept.record.hpa, &records[i]->kept.record.hpa);
}

static void collect_totals(void)
{
	struct ctl_totals fresh;
	memset(&fresh, 0, sizeof(fresh));
	stats_collect_total(&fresh.stats, &merged.kept.record);
	stats_collect_safety(&fresh.safety);
	purger_stats(&fresh.background);
	purger_lock_stats(&fresh.mutexes.background_thread, &fresh.mutexes.max_per_bg_thd);
	lock_stats(&ctl_lock, &fresh.mutexes.ctl);
	stats_publish_words(&totals, &fresh, sizeof(totals));
}

static_assert(sizeof(struct ctl_totals) % 8 == 0, "they are whole words");

/* While one arena is looked at, the next comes out of memory: of thousands none is in a cache. */
static void prefetch(unsigned index)
{
	const struct arena *arena = arenas_get(index);
	if (arena != NULL && records[index] != NULL)
		stats_prefetch_arena(arena, &records[index]->kept);
}

/* After the bins: what a cache reports meanwhile is counted at the next refresh, and never twice.
 */
static void update_requests(void)
{
	thread_each_cache(count_requests, NULL);
	for (unsigned i = 0; i < counted_end; i++) {
		struct record *record = records[i];
		if (is_initialised(record) && record->counted_at == epoch + 1)
			stats_update_requests(&record->kept, &record->counted,
					      is_sum_wrong ? NULL : &merged.kept.record);
	}
}

static void collect(void)
{
	uint64_t now_ns = os_now_precise_ns();
	bool has_new_hpa = false;
	counted_end = 0;
	thread_each_cache(count_cache, NULL);
	begin_changes();
	for (unsigned i = 0; i < arenas_count(); i++) {
		struct arena *arena = arenas_get(i);
		struct record *record = records[i];
		prefetch(i + 1);
		/* An arena may have been started since make_records(): the next refresh has it. */
		if (record == NULL)
			continue;
		if (record->has_left)
			forget(record);
		if (arena != NULL)
			has_new_hpa |= update(arena, record, now_ns);
		if (is_initialised(record) != (arena != NULL))
			set_initialised(record, arena != NULL);
	}
	update_requests();
	if (is_sum_wrong)
		make_sum();
	else if (has_new_hpa)
		make_hpa_sum();
	stats_replace_decay_ms(&merged.kept.record, -1, -1);
	set_initialised(&merged, true);
	collect_totals();
	end_changes();
}

static int refresh_locked(void)
{
	uint64_t began_ns = os_now_precise_ns();
	int error = make_records();
	if (error == 0) {
		collect();
		__atomic_store_n(&refreshed_ns, began_ns, __ATOMIC_RELAXED);
		__atomic_store_n(&epoch, epoch + 1, __ATOMIC_RELAXED);
	}
	return error;
}

int ctl_snapshot_refresh(void)
{
	/* Inside a hook the thread may hold ctl_lock already: what makes and resets arenas does. */
	if (lock_self & LOCK_SELF_IN_HOOK)
		return EAGAIN;
	lock_take(&ctl_lock);
	int error = refresh_locked();
	lock_drop(&ctl_lock);
	return error;
}

bool ctl_snapshot_is_young(uint64_t taken_ns, uint64_t called_ns, uint64_t max_age_ns)
{
	return taken_ns != 0 && (taken_ns >= called_ns || called_ns - taken_ns <= max_age_ns);
}

int ctl_snapshot_refresh_if_older(uint64_t max_age_ns)
{
	uint64_t called_ns = os_now_precise_ns();
	int error = 0;
	if (ctl_snapshot_is_young(ctl_snapshot_taken_ns(), called_ns, max_age_ns))
		return 0;
	if (lock_self & LOCK_SELF_IN_HOOK)
		return EAGAIN;
	lock_take(&ctl_lock);
	if (!ctl_snapshot_is_young(ctl_snapshot_taken_ns(), called_ns, max_age_ns))
		error = refresh_locked();
	lock_drop(&ctl_lock);
	return error;
}

uint64_t ctl_snapshot_epoch(void)
{
	return __atomic_load_n(&epoch, __ATOMIC_RELAXED);
}

uint64_t ctl_snapshot_age_ns(void)
{
	uint64_t then = ctl_snapshot_taken_ns(), now = os_now_precise_ns();
	return now > then ? now - then : 0;
}

uint64_t ctl_snapshot_taken_ns(void)
{
	return __atomic_load_n(&refreshed_ns, __ATOMIC_RELAXED);
}

int ctl_snapshot_destroy(size_t index)
{
	int error = EFAULT;
	lock_take(&ctl_lock);
	struct arena *arena = index < arenas_count() ? arenas_get((unsigned)index) : NULL;
	if (arena != NULL) {
		stats_collect_arena(arena, &leaving);
		error = arenas_destroy((unsigned)index);
	}
	if (error == 0) {
		stats_collect_events(arena, &leaving.events); /* its end is among them */
		begin_changes();
		stats_merge_destroyed(&destroyed.kept.record, &leaving);
		set_initialised(&destroyed, true);
		if (records[index] != NULL) {
			set_initialised(records[index], false);
			records[index]->has_left = true;
			is_sum_wrong = true;
		}
		end_changes();
	}
	lock_drop(&ctl_lock);
	return error;
}

/* Versions of locks mean nothing any more, and what was the largest of something may be gone. */
static void look_anew(void)
{
	for (unsigned i = 0; i < arenas_count(); i++)
		if (records[i] != NULL)
			memset(&records[i]->kept.seen, 0, offsetof(struct stats_seen, has_caches));
	is_sum_wrong = true;
}

void ctl_snapshot_reset_mutexes(void)
{
	lock_take(&ctl_lock);
	for (unsigned i = 0; i < arenas_count(); i++) {
		struct arena *arena = arenas_get(i);
		if (arena != NULL)
			stats_reset_mutexes(arena);
	}
	purger_reset_lock_stats();
	lock_stats_reset(&ctl_lock);
	look_anew();
	lock_drop(&ctl_lock);
}

void ctl_prefork(void)
{
	lock_take_for_fork(&ctl_lock);
}

void ctl_postfork_parent(void)
{
	lock_drop_after_fork(&ctl_lock);
}

void ctl_postfork_child(void)
{
	lock_reset_in_child(&ctl_lock);
	look_anew();
}
