/* tcache_stack.h - one stack of a thread cache: how many regions it may hold, and giving them back.
 *
 * Stacks of small classes grow by use. One that is only ever pushed to stays short: what a thread
 * frees and does not ask for is better at hand for those who do. Running empty proves that regions
 * of the class are wanted back, and entitles the stack to grow once more, up to what the options
 * allow.
 *
 * Whether a stack holds more than is needed, upkeep finds out without help of the fast paths: it
 * puts the stop above the older half, so that these regions are hidden. A pop that meets the stop
 * brings them back; those still hidden at the next visit were not needed, and go.
 *
 *     slots:   region region NULL region region region ......... | room ......... |
 *              ^ hidden      ^ the stop                ^ top              ^ limit
 *
 * Stacks of large classes share a number of bytes, which are given out as capacity to the classes
 * that the program frees, and taken away from others when they are used up. A class has none before
 * the program asks for it soon after it let one go: a buffer that grows passes through every class,
 * and does not come back.
 *
 * Everything here is the owner's alone, but for what tcache.h says of statistics.
 */
#ifndef TCACHE_STACK_H
#define TCACHE_STACK_H

#include "arenas.h"
#include "cache_bin.h"
#include "quarantine.h"

/* Size classes up to 8 MiB can be cached (option tcache_max), so bins 1 .. TCACHE_CLASSES. */
#define TCACHE_CLASSES 73
#define TCACHE_BINS    (TCACHE_CLASSES + 1)

/* Regions that a stack has room for before it first grows. */
#define TCACHE_SLOTS_FIRST 7

/* What only the slow paths need of a bin. */
struct tcache_bin {
	void **slots;      /* slots[hidden] is the stop */
	uint16_t room;     /* of slots, the stop counted */
	uint16_t capacity; /* how many regions it may hold now */
	uint16_t most;     /* what capacity may become */
	uint16_t fill;     /* regions to fetch at the next miss */
	uint16_t hidden;   /* regions below the stop */
	uint16_t gone_at;  /* large: cache->large_gone when one was last let go */
	bool is_wanted;    /* small: the stop was met since upkeep last came by */
	bool was_missed;   /* small: there was a miss since capacity last grew; large: one soon
			    * after one was let go, so that it has earned capacity */
	bool was_refused;  /* large: there was no room for one since upkeep last came by */
	uint8_t pushes;    /* that found the stack full, modulo 256 */
	uint8_t nflushes;  /* small: since the last miss, up to FLUSHES_MAX */
};

struct thread;
struct tcache {
	struct cache_bin bins[TCACHE_BINS];
	struct tcache_bin slow[TCACHE_BINS];
	struct arena *arena;   /* from which it is filled */
	struct thread *thread; /* whose it is; NULL: an explicit one */
	struct list link;      /* in arena->threads */
	size_t large_left;    /* bytes of large objects for which a bin may yet be given capacity */
	uint16_t large_gone;  /* large objects that were let go for want of capacity, modulo 2^16 */
	uint16_t upkeep_next; /* class that upkeep looks at next */
	uint16_t victim_next; /* large class whose capacity is taken away next */
	bool has_worked;      /* a slow path was taken since this was last cleared */
	bool is_enabled;
	uint16_t ncached; /* size classes that it keeps */
	uint16_t turn;    /* at the arena: decides from which shard of each bin it is filled */
	struct quarantine quarantine; /* what its thread freed and holds back */
	void *first_slots[TCACHE_CLASSES][TCACHE_SLOTS_FIRST + 1];
};

/* Most regions that a stack can ever hold. */
#define TCACHE_SLOTS_MAX 2047

/* Capacities of all classes, from the options; sets size_class_ncached. */
INTERNAL void tcache_boot(void);

/* An empty stack of this class, and the bytes that a cache has for large ones. */
INTERNAL void stack_init(struct tcache *cache, unsigned class);
/* max: the largest of them */
INTERNAL size_t stack_large_bytes(size_t max);

/* A number of regions, cut to what a stack can ever hold. */
ALWAYS_INLINE uint16_t stack_slots(uint64_t n)
{
	return (uint16_t)(n < TCACHE_SLOTS_MAX ? n : TCACHE_SLOTS_MAX);
}

/* The most that a stack may hold; it gives all back. */
INTERNAL void stack_set_most(struct tcache *cache, unsigned class, uint16_t most);

/* The owner's view of how many regions there are, the hidden ones counted. */
ALWAYS_INLINE unsigned stack_held(const struct tcache *cache, unsigned class)
{
	return (unsigned)(cache->bins[class + 1].top - cache->slow[class + 1].slots) - 1;
}

/* Makes the stack of a small class longer; false: it is as long as it may be now. */
INTERNAL bool stack_grow(struct tcache *cache, unsigned class);

/* A large class was asked for and there was none: has it been let go too soon? */
INTERNAL void stack_ask_large(struct tcache *cache, unsigned class);
/* Makes room for at least one region more, if need be by giving the oldest back; false: the
 * region had better go to its arena. */
INTERNAL bool stack_make_room(struct tcache *cache, unsigned class);

/* The oldest n regions go back to their arenas; what was served is reported. */
INTERNAL void stack_flush(struct tcache *cache, unsigned class, unsigned n);

/* Requests served since the last call; they are the caller's to report. */
INTERNAL uint64_t stack_take_requests(struct cache_bin *bin);

/* Makes the hidden regions poppable; false: there are none. */
INTERNAL bool stack_reveal(struct tcache *cache, unsigned class);

/* Takes away what a stack has not needed of late. */
INTERNAL void stack_trim(struct tcache *cache, unsigned class);
/* Gives all memory back, of regions and slots; a stack as stack_init() leaves it. */
INTERNAL void stack_release(struct tcache *cache, unsigned class);
/* After cache->is_enabled has changed. */
INTERNAL void stack_update_limit(struct tcache *cache, unsigned class);

#endif
