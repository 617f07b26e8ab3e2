#include "batch.h"

#include "boot.h"
#include "checked.h"
#include "options.h"
#include "percpu.h"
#include "purger.h"

#include <string.h>

/* Regions taken under one lock, so that others who need the bin get it in between. */
#define AT_ONCE ((size_t)1024)

/* A bin fills downwards, the lowest address last. */
static void reverse(void **objects, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		void *object = objects[i];
		objects[i] = objects[n - 1 - i];
		objects[n - 1 - i] = object;
	}
}

static void count(struct thread *self, size_t bytes)
{
	if (!thread_is_attached(self))
		return;
	self->allocated += bytes;
	thread_note_peak(self);
	if (self->allocated >= shared_read(self->event_at))
		thread_event(self);
	purger_tick();
}

/* Straight from the bin; fewer than n without memory. */
static size_t take_small(void **objects, size_t n, unsigned class, const struct alloc_how *how)
{
	struct thread *self = thread_get();
	if (percpu_is_on())
		thread_follow_cpu(self);
	const struct tcache *cache = how->cache != NULL ? how->cache : &self->cache;
	struct arena *arena = how->arena != NULL   ? how->arena
			      : how->cache != NULL ? how->cache->arena
						   : thread_arena(self);
	struct bin *bin = bin_of_turn(&arena->bins[class], cache->turn);
	size_t done = 0;
	while (done < n) {
		unsigned want = (unsigned)(n - done < AT_ONCE ? n - done : AT_ONCE);
		void **first = objects + done;
		unsigned got = bin_take_many(bin, &arena->pages, first + want, want);
		if (got < want)
			memmove(first, first + want - got, got * sizeof(void *));
		reverse(first, got);
		for (unsigned i = 0; i < got && how->zero; i++)
			memset(first[i], 0, size_class_sizes[class]);
		done += got;
		if (got < want)
			break;
	}
	count(self, done * size_class_sizes[class]);
	return done;
}

size_t batch_alloc(void **objects, size_t n, size_t size, const struct alloc_how *how)
{
	if (!boot_ensure())
		return 0;
	/* Who fills memory, guards samples or looks at each object does it one by one. */
	bool is_plain =
		tcache_may_be_used() && !checked_is_on() && options.safety == SAFETY_DEFAULT;
	size_t usable = how->alignment <= 8 ? size_class_usable(size)
					    : size_class_usable_aligned(size, how->alignment);
	if (usable == 0)
		return 0;
	unsigned class = size_class_of(usable);
	size_t done = 0;
	if (is_plain && class < size_class_nbins)
		done = take_small(objects, n, class, how);
	while (done < n) {
		void *object = alloc_request(size, how);
		if (object == NULL)
			break;
		objects[done++] = object;
	}
	return done;
}
