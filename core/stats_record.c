#include "stats_record.h"

#include "options.h"

#include <assert.h>

/* ---- one value after the other ---- */

typedef uint64_t __attribute__((may_alias)) any_word;

void stats_publish_words(void *to, const void *from, size_t size)
{
	any_word *words = to;
	const any_word *fresh = from;
	for (size_t i = 0; i < size / sizeof(*words); i++)
		if (words[i] != fresh[i])
			publish(words[i], fresh[i]);
}

static_assert(sizeof(struct arena_stats) % sizeof(any_word) == 0, "a record is whole words");

static void clear(void *record, size_t size)
{
	any_word *words = record;
	for (size_t i = 0; i < size / sizeof(*words); i++)
		if (words[i] != 0) /* what was never touched is not made memory */
			publish(words[i], 0);
}

void stats_clear(struct arena_stats *record)
{
	clear(record, options.hpa ? sizeof(*record) : offsetof(struct arena_stats, hpa));
}

void stats_clear_hpa(struct hpa_stats *sum)
{
	clear(sum, sizeof(*sum));
}

/* ---- a part gets new values ---- */

void stats_replace_mutex(struct mutex_stats *to, struct mutex_stats *sum,
			 const struct mutex_stats *fresh)
{
#define MUTEX_COUNTER(field, type, unit, kind, help) REPLACE_##kind(to, sum, fresh, field);
#include "counter.def"
}

void stats_replace_bin(struct bin_stats *to, struct bin_stats *sum, const struct bin_stats *fresh)
{
#define BIN_COUNTER(field, type, unit, kind, help) REPLACE_##kind(to, sum, fresh, field);
#include "counter.def"
	stats_replace_mutex(&to->mutex, sum != NULL ? &sum->mutex : NULL, &fresh->mutex);
}

void stats_replace_large(struct large_stats *to, struct large_stats *sum,
			 const struct large_stats *fresh)
{
#define LARGE_COUNTER(field, type, unit, kind, help) REPLACE_##kind(to, sum, fresh, field);
#include "counter.def"
}

void stats_replace_extents(struct extents_stats *to, struct extents_stats *sum,
			   const struct extents_stats *fresh)
{
#define EXTENT_COUNTER(field, type, unit, kind, help) REPLACE_##kind(to, sum, fresh, field);
#include "counter.def"
}

void stats_replace_pinned(struct pinned_stats *to, struct pinned_stats *sum,
			  const struct pinned_stats *fresh)
{
#define PINNED_COUNTER(field, type, unit, kind, help) REPLACE_##kind(to, sum, fresh, field);
#include "counter.def"
}

void stats_replace_group(struct size_group_stats *to, struct size_group_stats *sum,
			 const struct size_group_stats *fresh)
{
	REPLACE_GAUGE(to, sum, fresh, allocated);
	REPLACE_COUNTER(to, sum, fresh, nmalloc);
	REPLACE_COUNTER(to, sum, fresh, ndalloc);
	REPLACE_COUNTER(to, sum, fresh, nrequests);
	REPLACE_COUNTER(to, sum, fresh, nfills);
	REPLACE_COUNTER(to, sum, fresh, nflushes);
}

void stats_replace_events(struct extent_events *to, struct extent_events *sum,
			  const struct extent_events *fresh)
{
#define EXTENT_EVENT(event, help) REPLACE_COUNTER(to, sum, fresh, event);
#include "counter.def"
}

void stats_replace_decay_ms(struct arena_stats *to, ssize_t dirty_ms, ssize_t muzzy_ms)
{
	publish(to->dirty_decay_ms, dirty_ms);
	publish(to->muzzy_decay_ms, muzzy_ms);
}

/* ---- sums ---- */

#define MERGE_COUNTER(to, from, field)                                                             \
	do {                                                                                       \
		if ((from)->field != 0)                                                            \
			publish((to)->field, (to)->field + (from)->field);                         \
	} while (0)
#define MERGE_GAUGE(to, from, field) MERGE_COUNTER(to, from, field)
#define MERGE_MAX(to, from, field)                                                                 \
	do {                                                                                       \
		if ((from)->field > (to)->field)                                                   \
			publish((to)->field, (from)->field);                                       \
	} while (0)
/* 0 is none: taken for one more than the largest number. */
#define MERGE_MIN(to, from, field)                                                                 \
	do {                                                                                       \
		if ((from)->field - 1 < (to)->field - 1)                                           \
			publish((to)->field, (from)->field);                                       \
	} while (0)

void stats_merge_mutex(struct mutex_stats *to, const struct mutex_stats *from)
{
#define MUTEX_COUNTER(field, type, unit, kind, help) MERGE_##kind(to, from, field);
#include "counter.def"
}

/* A destroyed arena has nothing at present: only what grew over its life counts. */
#define LIFETIME_COUNTER(to, from, field) MERGE_COUNTER(to, from, field)
#define LIFETIME_GAUGE(to, from, field)   ((void)0)
#define LIFETIME_MAX(to, from, field)     MERGE_MAX(to, from, field)

static void merge_group_counts(struct size_group_stats *to, const struct size_group_stats *from)
{
	MERGE_COUNTER(to, from, nmalloc);
	MERGE_COUNTER(to, from, ndalloc);
	MERGE_COUNTER(to, from, nrequests);
	MERGE_COUNTER(to, from, nfills);
	MERGE_COUNTER(to, from, nflushes);
}

static void merge_mutexes(struct arena_stats *to, const struct arena_stats *from)
{
#define ARENA_MUTEX(name, help) stats_merge_mutex(&to->mutexes.name, &from->mutexes.name);
#include "counter.def"
	for (unsigned i = 0; i < size_class_nbins; i++)
		stats_merge_mutex(&to->bins[i].mutex, &from->bins[i].mutex);
}

static void merge_events(struct extent_events *to, const struct extent_events *from)
{
#define EXTENT_EVENT(event, help) MERGE_COUNTER(to, from, event);
#include "counter.def"
}

void stats_merge_slabs(struct hpa_slab_stats *to, const struct hpa_slab_stats *from)
{
#define HPA_SLAB_COUNTER(field, type, unit, kind, help) MERGE_##kind(to, from, field);
#include "counter.def"
}

static void merge_sec(struct hpa_sec_stats *to, const struct hpa_sec_stats *from)
{
#define HPA_SEC_COUNTER(field, type, unit, kind, help) MERGE_##kind(to, from, field);
#include "counter.def"
}

static void merge_batches(struct hpa_batch_stats *to, const struct hpa_batch_stats *from)
{
#define HPA_BATCH_COUNTER(field, type, unit, kind, help) MERGE_##kind(to, from, field);
#include "counter.def"
}

void stats_merge_hpa(struct hpa_stats *sum, const struct hpa_stats *arena)
{
#define HPA_COUNTER(field, type, unit, kind, help) MERGE_##kind(sum, arena, field);
#include "counter.def"
	merge_sec(&sum->sec, &arena->sec);
	stats_merge_slabs(&sum->slabs, &arena->slabs);
	stats_merge_slabs(&sum->full_slabs, &arena->full_slabs);
	stats_merge_slabs(&sum->empty_slabs, &arena->empty_slabs);
	for (unsigned i = 0; i < HPA_ROOMS_SHOWN; i++)
		stats_merge_slabs(&sum->nonfull_slabs[i], &arena->nonfull_slabs[i]);
	for (unsigned i = 0; i < HPA_BATCHES_SHOWN; i++)
		merge_batches(&sum->alloc[i], &arena->alloc[i]);
}

static void merge_destroyed_sec(struct hpa_sec_stats *to, const struct hpa_sec_stats *from)
{
#define HPA_SEC_COUNTER(field, type, unit, kind, help) LIFETIME_##kind(to, from, field);
#include "counter.def"
}

static void merge_destroyed_hpa(struct hpa_stats *to, const struct hpa_stats *from)
{
	if (!options.hpa)
		return;
#define HPA_COUNTER(field, type, unit, kind, help) LIFETIME_##kind(to, from, field);
#include "counter.def"
	merge_destroyed_sec(&to->sec, &from->sec);
	for (unsigned i = 0; i < HPA_BATCHES_SHOWN; i++)
		merge_batches(&to->alloc[i], &from->alloc[i]);
}

static void merge_pinned(struct arena_stats *sum, const struct arena_stats *arena)
{
	for (unsigned i = 0; i < size_class_npages; i++) {
		struct pinned_stats *to = &sum->pinned_extents[i];
		const struct pinned_stats *from = &arena->pinned_extents[i];
#define PINNED_COUNTER(field, type, unit, kind, help) MERGE_##kind(to, from, field);
#include "counter.def"
	}
}

void stats_merge_arena(struct arena_stats *sum, const struct arena_stats *arena)
{
#define ARENA_COUNTER(field, type, unit, kind, help) MERGE_##kind(sum, arena, field);
#include "counter.def"
	stats_replace_decay_ms(sum, -1, -1);
	MERGE_COUNTER(&sum->small, &arena->small, allocated);
	MERGE_COUNTER(&sum->large, &arena->large, allocated);
	merge_group_counts(&sum->small, &arena->small);
	merge_group_counts(&sum->large, &arena->large);
	merge_mutexes(sum, arena);
	merge_events(&sum->events, &arena->events);
	if (options.hpa)
		stats_merge_hpa(&sum->hpa, &arena->hpa);
	merge_pinned(sum, arena);
	for (unsigned i = 0; i < size_class_nbins; i++) {
		struct bin_stats *to = &sum->bins[i];
		const struct bin_stats *from = &arena->bins[i];
#define BIN_COUNTER(field, type, unit, kind, help) MERGE_##kind(to, from, field);
#include "counter.def"
	}
	for (unsigned i = 0; i < SIZE_CLASSES - size_class_nbins; i++) {
		struct large_stats *to = &sum->lextents[i];
		const struct large_stats *from = &arena->lextents[i];
#define LARGE_COUNTER(field, type, unit, kind, help) MERGE_##kind(to, from, field);
#include "counter.def"
	}
	for (unsigned i = 0; i < size_class_npages; i++) {
		struct extents_stats *to = &sum->extents[i];
		const struct extents_stats *from = &arena->extents[i];
#define EXTENT_COUNTER(field, type, unit, kind, help) MERGE_##kind(to, from, field);
#include "counter.def"
	}
}

void stats_merge_destroyed(struct arena_stats *sum, const struct arena_stats *arena)
{
#define ARENA_COUNTER(field, type, unit, kind, help) LIFETIME_##kind(sum, arena, field);
#include "counter.def"
	stats_replace_decay_ms(sum, -1, -1);
	merge_group_counts(&sum->small, &arena->small);
	merge_group_counts(&sum->large, &arena->large);
	merge_mutexes(sum, arena);
	merge_events(&sum->events, &arena->events);
	merge_destroyed_hpa(&sum->hpa, &arena->hpa);
	for (unsigned i = 0; i < size_class_nbins; i++) {
		struct bin_stats *to = &sum->bins[i];
		const struct bin_stats *from = &arena->bins[i];
#define BIN_COUNTER(field, type, unit, kind, help) LIFETIME_##kind(to, from, field);
#include "counter.def"
		/* Destroying took back what was still out. */
		publish(sum->small.ndalloc, sum->small.ndalloc + from->curregs);
		publish(to->ndalloc, to->ndalloc + from->curregs);
	}
	for (unsigned i = 0; i < SIZE_CLASSES - size_class_nbins; i++) {
		struct large_stats *to = &sum->lextents[i];
		const struct large_stats *from = &arena->lextents[i];
#define LARGE_COUNTER(field, type, unit, kind, help) LIFETIME_##kind(to, from, field);
#include "counter.def"
		publish(sum->large.ndalloc, sum->large.ndalloc + from->curlextents);
		publish(to->ndalloc, to->ndalloc + from->curlextents);
	}
}
