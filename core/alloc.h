/* alloc.h - allocate and free: the front door behind all exported functions.
 *
 * alloc_malloc() and alloc_free() are the two fast paths; they read aloud: find the bin, pop or
 * push, count the bytes. Everything else (first use of a thread, empty or full bin, upkeep, large
 * and aligned requests, explicit caches and arenas, filling, misuse) is behind one unlikely branch.
 *
 * Failure is NULL. errno is the business of the exported functions, but for malloc_slow(): the fast
 * path then ends in a jump, and needs no stack frame.
 */
#ifndef ALLOC_H
#define ALLOC_H

#include "call_hooks.h"
#include "thread.h"

/* How a request differs from malloc(). */
struct alloc_how {
	size_t alignment; /* power of two; 0: none asked for */
	bool zero;
	bool grows;           /* an object that has grown before */
	bool bypass_cache;    /* MALLOCX_TCACHE_NONE */
	struct tcache *cache; /* an explicit one, or NULL: the thread's */
	struct arena *arena;  /* an explicit one, or NULL: the cache's */
	size_t claimed;       /* freeing: the size that the program says the object has; 0: none */
	const struct call_resize *watched; /* resizing: who wants to know when it moves, or NULL */
};

/* What malloc() and free() do when the fast path will not; errno is set, respectively kept. */
INTERNAL void *malloc_slow(size_t size);
INTERNAL void free_slow(void *p);
/* The same with the size that the program says the object has. */
INTERNAL COLD void free_sized_slow(void *p, size_t claimed);

/* The general form: a request of any kind. NULL without memory, or when it is too large. */
INTERNAL void *alloc_request(size_t size, const struct alloc_how *how);
/* What alloc_request() would make of a size: usable bytes, 0 when it would fail. */
INTERNAL size_t alloc_usable_for(size_t size, size_t alignment);

/* Free with a choice of the cache. */
INTERNAL void alloc_free_how(void *p, const struct alloc_how *how);

/* A region out of this bin of the thread's cache; NULL when there is none or upkeep is due. */
ALWAYS_INLINE void *alloc_pop(struct thread *self, struct cache_bin *bin)
{
	void *region = cache_bin_peek(bin);
	uint64_t allocated = self->allocated + bin->usable;
	if (unlikely(region == NULL) || unlikely(allocated >= shared_read(self->event_at)))
		return NULL;
	cache_bin_drop(bin);
	self->allocated = allocated;
	return region;
}

/* A region out of the thread's cache; NULL when that needs more than a look, for whatever reason.
 */
ALWAYS_INLINE void *alloc_fast(size_t size)
{
	struct thread *self = shared_read(thread_self);
	if (unlikely(size > SIZE_LOOKUP_MAX))
		return NULL;
	return alloc_pop(self, tcache_bin_of_size(&self->cache, size));
}

ALWAYS_INLINE void *alloc_malloc(size_t size)
{
	void *region = alloc_fast(size);
	return likely(region != NULL) ? region : malloc_slow(size);
}

/* alloc_fits() for a size that is not looked up. */
INTERNAL bool alloc_fits_computed(const void *p, size_t size);

/* Is an object large enough, and no larger than it need be, for this size? false: perhaps. */
ALWAYS_INLINE bool alloc_fits(const void *p, size_t size)
{
	if (size > SIZE_LOOKUP_MAX)
		return alloc_fits_computed(p, size);
	struct tcache *cache = &shared_read(thread_self)->cache;
	return cache->is_enabled && tcache_bin_for(cache, p) == tcache_bin_of_size(cache, size);
}

/* Into the thread's cache; false when that needs more than a look. */
ALWAYS_INLINE bool alloc_free_fast(void *p)
{
	struct thread *self = shared_read(thread_self);
	struct cache_bin *bin = tcache_bin_for(&self->cache, p);
	if (unlikely(!cache_bin_push(bin, p)))
		return false;
	self->deallocated += bin->usable;
	return true;
}

ALWAYS_INLINE void alloc_free(void *p)
{
	if (unlikely(!alloc_free_fast(p)))
		free_slow(p);
}

/* What an object is, the allocator knows better; a claim that is wrong is told where it is looked
 * at. */
ALWAYS_INLINE void alloc_free_sized(void *p, size_t claimed)
{
	if (unlikely(!alloc_free_fast(p)))
		free_sized_slow(p, claimed);
}

#endif
