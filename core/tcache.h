/* tcache.h - free regions at hand: a stack per size class, filled from and flushed into bins.
 *
 * A thread has one of its own; explicit ones (tcache.create) are used by whoever names them. Bin
 * class + 1 serves size class `class`; bin 0 (CACHE_BIN_NONE) is never usable and stands for
 * everything that is not cached.
 *
 * A stack starts with room for a few regions and grows as the program uses it (tcache_stack.h).
 * Upkeep (tcache_collect), called every so many bytes of allocation and whenever a heap of some
 * size needs memory that was not resident, takes from stacks what was not needed since it last came
 * by. The owner alone touches a cache; the list of caches of an arena, and the counts that
 * statistics read without any lock, are the exceptions.
 */
#ifndef TCACHE_H
#define TCACHE_H

#include "option.h"
#include "pagemap.h"
#include "tcache_stack.h"

ALWAYS_INLINE struct cache_bin *tcache_bin_of(struct tcache *cache, size_t class)
{
	return &cache->bins[class + 1];
}

/* The bin that serves a size up to SIZE_LOOKUP_MAX. */
ALWAYS_INLINE struct cache_bin *tcache_bin_of_size(struct tcache *cache, size_t size)
{
	static_assert(sizeof(struct cache_bin) == SIZE_LOOKUP_SCALE,
		      "a step of the table is a bin");
	return ptr_add(tcache_bin_of(cache, 0), size_class_distance(size));
}

/* The bin that takes p back; bin 0, which takes nothing, for NULL and what is not ours. */
ALWAYS_INLINE struct cache_bin *tcache_bin_for(struct tcache *cache, const void *p)
{
	return ptr_add(cache->bins, pagemap_cache_bin_times(pagemap_word(p), SIZE_LOOKUP_SCALE));
}

/* Filling memory (the options zero and junk), and looking at every object that is freed, is done on
 * the slow paths alone, so nobody uses a cache then. */
INTERNAL bool tcache_may_be_used(void);

/* Prepares a cache, filled from this arena. tcache_fini() gives all its regions back. */
INTERNAL void tcache_init(struct tcache *cache, struct arena *arena, bool is_enabled);
INTERNAL void tcache_fini(struct tcache *cache);

/* Fills the empty stack of a small class and pops a region. NULL: without memory, or a class that
 * is not fetched ahead; the arena has to be asked. */
INTERNAL void *tcache_refill(struct tcache *cache, unsigned class);
/* Pushes a region onto a full stack, after making room; false when the class is not cached. */
INTERNAL bool tcache_push_slow(struct tcache *cache, unsigned class, void *region);

/* All regions back to their arenas. */
INTERNAL void tcache_flush(struct tcache *cache);
/* From now on it keeps objects of up to the class of this size, at most TCACHE_MAX_LIMIT, and no
 * exact ones; when that changes anything, what it holds goes back. */
INTERNAL void tcache_set_max(struct tcache *cache, size_t size);
/* Bins of sizes lo..hi hold at most n regions each, none with 0; what they hold goes back. */
INTERNAL void tcache_set_slots(struct tcache *cache, const struct option_range *range);
/* A disabled cache is empty and its bins refuse everything. */
INTERNAL void tcache_set_enabled(struct tcache *cache, bool is_enabled);
/* Filled from another arena from now on; what it holds stays. */
INTERNAL void tcache_set_arena(struct tcache *cache, struct arena *arena);
/* A step of upkeep: looks at the next few bins. */
INTERNAL void tcache_collect(struct tcache *cache);

/* Bytes in the cache; from another thread a close estimate. The memory of a cache stays one. */
INTERNAL size_t tcache_bytes(const struct tcache *cache);
INTERNAL size_t tcache_stashed_bytes(const struct tcache *cache);
/* Adds what the bins' counters have not reported yet to nrequests[class], as tcache_bytes(). */
INTERNAL void tcache_unreported(const struct tcache *cache, uint64_t *nrequests);

/* Explicit caches, by index. 0; EAGAIN: no index left or no memory; EFAULT: no such cache. */
INTERNAL int tcaches_create(struct arena *arena, unsigned *index);
INTERNAL int tcaches_flush(unsigned index);
INTERNAL int tcaches_destroy(unsigned index);
INTERNAL struct tcache *tcaches_get(unsigned index); /* NULL: no such cache */
/* How many indices were ever used. */
INTERNAL unsigned tcaches_count(void);

/* What is known of an explicit cache. Strings are in memory that stays, and always end. */
#define TCACHE_NAME_MAX 32 /* bytes, the zero counted */
struct tcaches_about {
	const char *name; /* of the program's choice, "" before */
	unsigned arena;   /* that fills it */
	size_t bytes;     /* in it, a close estimate while somebody uses it */
	uint64_t created_ns;
	uint32_t creator_thread;
	const struct creator *creator; /* its strings */
};
/* false: no such cache. */
INTERNAL bool tcaches_describe(unsigned index, struct tcaches_about *about);
/* Names it, cut to fit. false: no such cache. */
INTERNAL bool tcaches_set_name(unsigned index, const char *name);

/* In the child of a fork, after arenas_forget_threads(): the running thread's cache is bound again,
 * explicit ones too. */
INTERNAL void tcache_rebind_in_child(struct tcache *cache);
INTERNAL void tcaches_rebind_in_child(void);

/* Fork: the table of explicit caches. */
INTERNAL void tcaches_prefork(void);
INTERNAL void tcaches_postfork_parent(void);
INTERNAL void tcaches_postfork_child(void);

#endif
