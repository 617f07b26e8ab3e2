/* shadow.h - random operation scripts against a model of what the heap must hold.
 *
 * A shadow owns a table of slots; a step picks one and allocates into it, resizes or frees what it
 * holds, by any of the public functions. The model knows of each object its address, the size asked
 * for, its alignment and its contents, and each step checks the heap against it: contents survive,
 * zeroed memory is zero, alignment holds, no two objects overlap, the usable size is at least what
 * was asked for and the same by every function that tells it.
 *
 * A shadow belongs to one thread. Objects may move between shadows: shadow_give, shadow_receive.
 */
#ifndef TESTS_SUPPORT_SHADOW_H
#define TESTS_SUPPORT_SHADOW_H

#include "interval_set.h"
#include "random.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shadow_object {
	unsigned char *ptr; /* NULL: nothing here */
	size_t size;        /* asked for */
	size_t usable;      /* filled with the pattern of tag */
	size_t alignment;   /* promised; 1 where only the natural one is */
	uint64_t tag;
};

/* What a script may do. */
struct shadow_limits {
	size_t slots;          /* objects alive at once */
	size_t size_max;       /* of one object */
	size_t alignment_max;  /* a power of two */
	size_t live_bytes_max; /* of all objects together, about */
	int flags;             /* or-ed into those of the *allocx() functions: an arena, a tcache */
	bool only_extended;    /* only *allocx() functions, so that flags decide everything */
	bool check_overlap;    /* wants all objects in one shadow: off where they move between */
	bool may_fail;         /* memory may be refused: what was there must then be untouched */
};

struct shadow {
	struct shadow_limits limits;
	struct random random;
	struct shadow_object *objects;
	struct interval_set ranges;
	size_t live_bytes;
	uint64_t next_tag;
	uint64_t steps;
	uint64_t refused; /* requests, where they may be */
};

/* Different seeds make different scripts and tags. */
void shadow_init(struct shadow *shadow, const struct shadow_limits *limits, uint64_t seed);
/* Checks and frees all objects that are left. */
void shadow_fini(struct shadow *shadow);

void shadow_step(struct shadow *shadow);
void shadow_run(struct shadow *shadow, unsigned long steps);

/* Checks every object now. */
void shadow_check_all(struct shadow *shadow);
/* Forgets all objects without freeing them: their arena was reset. */
void shadow_forget_all(struct shadow *shadow);

/* Takes a random object out of the shadow; false when the slot picked is empty. Whoever receives it
 * checks it and keeps or frees it. */
bool shadow_give(struct shadow *shadow, struct shadow_object *object);
void shadow_receive(struct shadow *shadow, const struct shadow_object *object);

#endif
