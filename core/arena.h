/* arena.h - bins, large objects and pages under one owner.
 *
 * Threads are bound to an arena and allocate from it; a region always goes back to the arena that
 * it came from, whoever frees it. Automatic arenas exist for that; manual ones are made by the
 * program (arenas.create), which may also reset and destroy them.
 */
#ifndef ARENA_H
#define ARENA_H

#include "base.h"
#include "bin.h"
#include "creator.h"
#include "large.h"
#include "page_alloc.h"
#include "sparse.h"

#define ARENA_NAME_MAX 32 /* bytes, the zero counted */

struct arena {
	/* set once */
	uint32_t index;
	bool is_manual;
	struct base *base;
	struct base own_base; /* of all arenas but the first, which has base_first */
	uint64_t created_ns;
	struct creator creator;
	char name[ARENA_NAME_MAX]; /* under ctl_lock once the arena is there */

	uint32_t nthreads;        /* relaxed atomic */
	uint32_t turns;           /* caches that were ever bound to it; relaxed atomic */
	struct lock threads_lock; /* takes precedence over the bins' */
	struct list threads;      /* caches bound to this arena; under threads_lock */

	struct pages pages;
	struct large large;
	struct sparse sparse;
	struct bin bins[BINS_MAX]; /* the first of each class */
	struct bin more_bins[];    /* further shards, by class */
};

/* Names it: "manual_", or another beginning, and the index where that is wanted. */
INTERNAL void arena_set_name(struct arena *arena, const char *beginning, bool with_index);

/* A new arena; its metadata is in the base that it gets, or in one of its own when that is NULL.
 * NULL without memory. */
INTERNAL struct arena *arena_create(uint32_t index, bool is_manual, struct base *base,
				    extent_hooks_t *hooks, ssize_t dirty_decay_ms,
				    ssize_t muzzy_decay_ms);

/* A destroyed arena, taken into use again under its old index. */
INTERNAL void arena_revive(struct arena *arena, extent_hooks_t *hooks, ssize_t dirty_decay_ms,
			   ssize_t muzzy_decay_ms);

/* Takes back everything that was allocated from a manual arena. Nobody may use any of it, nor may a
 * thread cache hold any; that is the caller's promise. */
INTERNAL void arena_reset(struct arena *arena);

/* After arena_reset(): gives all address space back. The struct and its metadata stay for
 * arena_revive(). */
INTERNAL void arena_destroy(struct arena *arena);

/* What is due by the clock: unused pages, packed huge pages, and pages in sparse slabs. Returns
 * when there will be more of the latter two; for the former see page_due.h. */
INTERNAL uint64_t arena_step(struct arena *arena, uint64_t now_ns);

/* Unused pages go back as far as the decay curve says; with all, every one of them. */
INTERNAL void arena_decay(struct arena *arena, bool all);

INTERNAL ssize_t arena_decay_ms(struct arena *arena, enum page_state state);
/* 0, or EFAULT when ms is out of range. */
INTERNAL int arena_set_decay_ms(struct arena *arena, enum page_state state, ssize_t ms);

INTERNAL extent_hooks_t *arena_hooks(struct arena *arena);
INTERNAL extent_hooks_t *arena_set_hooks(struct arena *arena, extent_hooks_t *hooks);

/* Bytes of the largest step by which the arena takes address space. Setting rounds down to a page
 * class; EFAULT when it is below a page. */
INTERNAL size_t arena_retain_grow_limit(struct arena *arena);
INTERNAL int arena_set_retain_grow_limit(struct arena *arena, size_t limit);

INTERNAL bool arena_is_decay_ms(ssize_t ms);

/* Calls f for every lock of the arena, in the order in which they are taken. */
INTERNAL COLD void arena_each_lock(struct arena *arena, void (*f)(struct lock *));
/* In the child of a fork, when they are free: forgets what other threads were about. */
INTERNAL void arena_postfork_child(struct arena *arena);

#endif
