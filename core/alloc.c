#include "alloc.h"

#include "boot.h"
#include "checked.h"
#include "guard.h"
#include "object.h"
#include "options.h"
#include "os.h"
#include "percpu.h"
#include "warning.h"

#include <errno.h>
#include <string.h>

#define JUNK_FREED 0x5a

/* ---- allocation ---- */

/* A growing object of at least this size gets room to grow in place; smaller ones are copied soon
 * enough. */
#define GROWS_LEAST ((size_t)1 << 20)

/* Round all caches: from the arena itself. */
ALWAYS_INLINE void *alloc_uncached(struct thread *self, struct arena *arena, unsigned class,
				   size_t usable, const struct alloc_how *how)
{
	bool zero = how->zero;
	void *region;
	if (class < size_class_nbins) {
		struct bin *first = &arena->bins[class];
		region = bin_take(bin_of_turn(first, self->cache.turn), &arena->pages);
		if (zero && region != NULL)
			memset(region, 0, size_class_sizes[class]);
	} else {
		region = how->grows && how->alignment <= os_page && usable >= GROWS_LEAST
				 ? large_alloc_to_grow(&arena->large, usable, how->alignment, zero,
						       class)
				 : large_alloc(&arena->large, usable, how->alignment, zero, class);
	}
	return region;
}

/* A region of a class out of a cache, which is refilled if need be. The regions of a small class
 * all have the alignment that was asked for. */
static ALWAYS_RUN void *alloc_cached(struct tcache *cache, unsigned class,
				     const struct alloc_how *how)
{
	struct cache_bin *bin = tcache_bin_of(cache, class);
	void *region = cache_bin_peek(bin);
	if (region == NULL)
		region = tcache_refill(cache, class);
	else if (likely(is_aligned(region, how->alignment)))
		cache_bin_drop(bin);
	else /* a large one with a lead */
		return NULL;
	if (region != NULL && how->zero)
		memset(region, 0, bin->usable);
	return region;
}

/* May a request be served from this cache, the explicit one or the thread's? An arena that is asked
 * for is got, so the thread's cache, which has regions of any, is passed by. An explicit cache is
 * the caller's: named together with an arena, it is filled from that one from then on. */
static bool is_for_cache(const struct alloc_how *how, struct tcache *cache)
{
	if (how->bypass_cache)
		return false;
	if (how->arena == NULL)
		return true;
	if (how->cache == NULL)
		return false;
	if (how->arena != cache->arena)
		tcache_set_arena(cache, how->arena);
	return true;
}

/* The arena of a request that goes round all caches. */
static struct arena *arena_for(const struct alloc_how *how, struct thread *self, size_t usable)
{
	if (how->arena != NULL)
		return how->arena;
	return arenas_for_size(how->cache != NULL ? how->cache->arena : thread_arena(self), usable);
}

/* The allocation that a sample is due at: guarded, if it can be; NULL: as any other. */
static COLD void *alloc_sampled(struct thread *self, size_t size, unsigned class, size_t usable,
				const struct alloc_how *how)
{
	struct arena *arena = arena_for(how, self, usable);
	struct guard_request request = {
		.class = class,
		.requested = size,
		.usable = checked_is_on() ? checked_usable(size) : usable,
		.alignment = how->alignment,
		.random = thread_sample(self, usable),
	};
	void *region = NULL;
	if (class >= size_class_nbins) {
		region = large_alloc_guarded(&arena->large, usable, how->alignment,
					     how->zero || options.zero, class);
	} else if (how->alignment <= os_page && hooks_are_default(arena_hooks(arena))) {
		region = guard_alloc(&request, &arena->bins[class], &arena->pages);
	}
	if (region != NULL)
		object_fill_new(region, request.usable, how->zero || options.zero);
	else
		guard_pool_count_missed();
	return region;
}

/* The size class that serves a request; SIZE_CLASS_NONE: none does. */
static inline unsigned class_for(size_t size, const struct alloc_how *how)
{
	size_t room = likely(!checked_is_on()) ? size : checked_room(size);
	if (likely(how->alignment <= 8))
		return size_class_of(room);
	size_t usable = size_class_usable_aligned(room, how->alignment);
	return usable != 0 ? size_class_of(usable) : SIZE_CLASS_NONE;
}

/* A thread whose cache is in use: the library is booted, the thread attached, and no option looks
 * at or fills what it takes and gives (tcache_may_be_used()). One look spares many. */
ALWAYS_INLINE bool is_plain(const struct thread *self)
{
	return self->cache.is_enabled;
}

/* A request of size bytes, which shall have usable ones. */
ALWAYS_INLINE void *serve(struct thread *self, bool plain, size_t size, unsigned class,
			  size_t usable, const struct alloc_how *how)
{
	if (unlikely(percpu_is_on()))
		thread_follow_cpu(self);
	size_t alignment = how->alignment;

	void *region = NULL;
	if (unlikely(self->allocated + usable >= self->sample_at))
		region = alloc_sampled(self, size, class, usable, how);
	struct tcache *cache = how->cache != NULL ? how->cache : &self->cache;
	bool may_cache = class < cache->ncached && is_for_cache(how, cache) && cache->is_enabled &&
			 (class < size_class_nbins || alignment <= os_page);
	if (may_cache && likely(region == NULL))
		region = alloc_cached(cache, class, how);
	if (region == NULL) {
		region = alloc_uncached(self, arena_for(how, self, usable), class, usable, how);
		if (!plain && region != NULL)
			object_fill_new(region, usable, how->zero);
	}
	if (unlikely(region == NULL))
		return NULL;
	if (!plain && checked_is_on())
		checked_begin(region, size);
	if (plain || thread_is_attached(self))
		object_count_allocated(self, usable);
	return region;
}

/* Of no class, or of one whose objects are exact. */
static COLD void *serve_exact(struct thread *self, size_t size, unsigned class,
			      const struct alloc_how *how)
{
	size_t usable = size_class_exact(class, checked_is_on() ? checked_room(size) : size);
	return usable != 0 ? serve(self, is_plain(self), size, class, usable, how) : NULL;
}

/* Inline, so that malloc() on a plain thread has one of its own, without all that can be asked for.
 */
ALWAYS_INLINE void *request(struct thread *self, bool plain, size_t size, unsigned class,
			    const struct alloc_how *how)
{
	if (unlikely(class >= size_class_exact_from))
		return serve_exact(self, size, class, how);
	return serve(self, plain, size, class, size_class_sizes[class], how);
}

ALWAYS_RUN void *alloc_request(size_t size, const struct alloc_how *how)
{
	if (unlikely(!boot_is_done()) && !boot_ensure())
		return NULL;
	struct thread *self = thread_get();
	return request(self, is_plain(self), size, class_for(size, how), how);
}

/* Apart from malloc_slow(), which so has no registers to save where it finds a region. */
static ALWAYS_RUN __attribute__((noinline)) void *malloc_missed(size_t size, unsigned class)
{
	static const struct alloc_how any;
	struct thread *self = shared_read(thread_self);
	void *p = likely(is_plain(self)) ? request(self, true, size, class, &any)
					 : alloc_request(size, &any);
	if (unlikely(p == NULL)) {
		warning_of_no_memory("in malloc(): out of memory");
		errno = ENOMEM;
	}
	if (call_hooks_are_on())
		call_hooks_allocated(CALL_MALLOC, p, (uintptr_t)p, size, 0, 0);
	return p;
}

/* Of a class that is cached, though its size is not looked up. */
static void *alloc_pop_computed(unsigned class)
{
	struct thread *self = shared_read(thread_self);
	if (class >= self->cache.ncached || unlikely(call_hooks_are_on()))
		return NULL;
	return alloc_pop(self, tcache_bin_of(&self->cache, class));
}

ALWAYS_RUN void *malloc_slow(size_t size)
{
	unsigned class = size_class_of(size);
	void *p = size > SIZE_LOOKUP_MAX ? alloc_pop_computed(class) : NULL;
	return likely(p != NULL) ? p : malloc_missed(size, class);
}

/* Apart from alloc_resize(), which so has no registers to save for an object that grows within its
 * class. The number of its cache bin tells the class of what is neither guarded nor exact. */
bool alloc_fits_computed(const void *p, size_t size)
{
	unsigned class = size_class_compute(size);
	uint64_t word = pagemap_word(p);
	return pagemap_cache_bin_times(word, 1) == class + 1 &&
	       is_plain(shared_read(thread_self)) &&
	       (class < size_class_nbins || extent_object(pagemap_extent(word)) == p);
}

size_t alloc_usable_for(size_t size, size_t alignment)
{
	if (unlikely(checked_is_on())) {
		size_t room = checked_room(size);
		size_t region = alignment <= 8 ? size_class_usable(room)
					       : size_class_usable_aligned(room, alignment);
		return region != 0 ? checked_usable(size) : 0;
	}
	return alignment <= 8 ? size_class_usable(size)
			      : size_class_usable_aligned(size, alignment);
}

/* ---- freeing ---- */

/* Guarded, or exact: not as large as its class. Returns what it had. */
static COLD size_t free_odd(struct arena *arena, struct extent *extent)
{
	size_t usable = extent_usable(extent);
	if (extent->is_guarded)
		guard_free(extent, &arena->bins[extent->class], &arena->pages);
	else
		large_dalloc(&arena->large, extent);
	return usable;
}

/* Returns the usable bytes that went, those of the class unless it finds others. */
ALWAYS_INLINE size_t free_uncached(struct extent *extent, void *p, size_t usable)
{
	struct arena *arena = arenas_get(extent->arena);
	if (unlikely(arena == NULL))
		object_tell_foreign("free", p);
	else if (unlikely(extent->is_guarded || extent->is_exact))
		usable = free_odd(arena, extent);
	else if (extent->is_slab)
		bin_put(bin_of_slab(&arena->bins[extent->class], extent), &arena->pages, p);
	else
		large_dalloc(&arena->large, extent);
	return usable;
}

/* A size that the program says an object has, against what is known: its own, or its class. Of
 * pvalloc(), which asks for whole pages, the program knows how much of them it wanted. */
static COLD void check_claim(struct extent *extent, const void *p, size_t claimed)
{
	size_t least = 0;
	size_t most = extent_usable(extent);
	if (checked_is_on())
		least = most = checked_size(extent, p, NULL);
	else if (extent->is_guarded)
		least = guard_slot_of(extent)->least_claim;
	bool is_true = claimed >= least && claimed <= most;
	if (!is_true && most != 0 && align_up(claimed, os_page) != least)
		checked_tell_size(p, extent, least != 0 ? least : most, claimed);
}

/* Held back, so that it is seen whether anybody goes on using it. */
static bool hold(struct thread *self, struct extent *extent, void *p)
{
	return thread_is_attached(self) && quarantine_wants(extent, p) &&
	       quarantine_put(&self->cache.quarantine, extent, p);
}

/* What options want of an object that is freed, before anybody has it; false: it must not be. */
static COLD bool look_at_freed(struct extent *extent, void *p)
{
	if (checked_is_on() && !checked_end(extent, p))
		return false;
	if (options.junk & JUNK_FREE)
		memset(p, JUNK_FREED, extent->is_guarded ? extent->size : extent_usable(extent));
	return true;
}

/* Inline for the same reason as request(). Whatever may change errno on the way restores it. */
ALWAYS_INLINE void release(struct thread *self, bool plain, struct extent *extent, void *p,
			   const struct alloc_how *how)
{
	unsigned class = extent->class;
	size_t usable = plain ? size_class_sizes[class] : extent_usable(extent);

	if (unlikely(how->claimed != 0))
		check_claim(extent, p, how->claimed);
	if (!plain && !look_at_freed(extent, p))
		return;
	struct tcache *cache = how->cache != NULL ? how->cache : &self->cache;
	bool is_cacheable =
		extent->is_slab || (object_is_large(extent) &&
				    extent->guards == EXTENT_NOT_GUARDED && class < cache->ncached);
	bool is_cached = !how->bypass_cache && is_cacheable && cache->is_enabled &&
			 (cache_bin_push(tcache_bin_of(cache, class), p) ||
			  tcache_push_slow(cache, class, p));
	if (!is_cached && (plain || !quarantine_is_on() || !hold(self, extent, p)))
		usable = free_uncached(extent, p, usable);
	if (plain || thread_is_attached(self))
		object_count_freed(self, usable);
}

void alloc_free_how(void *p, const struct alloc_how *how)
{
	/* First: what is ours says that boot is done. */
	struct extent *extent = object_extent(p, "free");
	if (unlikely(extent == NULL))
		return;
	struct thread *self = thread_get();
	release(self, is_plain(self), extent, p, how);
}

ALWAYS_RUN void free_slow(void *p)
{
	static const struct alloc_how any;
	if (p == NULL)
		return;
	if (call_hooks_are_on())
		call_hooks_freeing(CALL_FREE, p, 0, 0);
	struct thread *self = shared_read(thread_self);
	if (unlikely(!is_plain(self))) {
		alloc_free_how(p, &any);
		return;
	}
	struct extent *extent = object_extent(p, "free");
	if (likely(extent != NULL))
		release(self, true, extent, p, &any);
}

void free_sized_slow(void *p, size_t claimed)
{
	struct alloc_how how = {.claimed = claimed};
	if (p == NULL)
		return;
	if (call_hooks_are_on())
		call_hooks_freeing(CALL_SDALLOCX, p, claimed, 0);
	alloc_free_how(p, &how);
}
