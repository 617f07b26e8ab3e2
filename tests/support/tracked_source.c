#include "tracked_source.h"
#include "expect.h"
#include "heap_under_test.h"
#include <string.h>
#include <sys/mman.h>

enum { EXTENTS_MAX = 100000, PAGE = 4096 };

static struct tracked_source *enter(extent_hooks_t *hooks)
{
	struct tracked_source *source = (struct tracked_source *)(void *)hooks;

	if (source->allocate_inside) {
		void *object = H(malloc)(500);

		expect(object != NULL, "malloc() inside a hook failed");
		memset(object, 1, 500);
		H(free)(object);
	}
	pthread_mutex_lock(&source->mutex);
	return source;
}

static void leave(struct tracked_source *source)
{
	pthread_mutex_unlock(&source->mutex);
}

static bool gives_up(const struct tracked_source *source)
{
	return source->policy == SOURCE_RELEASE || source->policy == SOURCE_PIN;
}

static void expect_pages(const char *what, size_t size)
{
	expect(size > 0 && size % PAGE == 0, "%s of %zu bytes", what, size);
}

/* The call is about exactly one extent that exists. */
static struct interval *expect_extent(struct tracked_source *source, const char *call, void *addr,
				      size_t size)
{
	struct interval *extent = interval_set_find(&source->extents, addr);

	expect_pages(call, size);
	expect(extent != NULL, "%s of %p, %zu bytes: there is no such extent", call, addr, size);
	expect(extent->end - extent->start == size, "%s of %p, %zu bytes: the extent has %zu", call,
	       addr, size, extent->end - extent->start);
	return extent;
}

static void add(struct tracked_source *source, void *addr, size_t size)
{
	struct interval other;

	expect(interval_set_add(&source->extents, addr, size, &other),
	       "extent %p, %zu bytes, overlaps %p, %zu bytes", addr, size, (void *)other.start,
	       other.end - other.start);
}

/* Maps more than is asked for and cuts off what is too much. */
static void *map_aligned(void *new_addr, size_t size, size_t alignment)
{
	char *mapped, *aligned;
	size_t slack = alignment > PAGE ? alignment : 0;

	if (new_addr != NULL) {
		mapped = mmap(new_addr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0);
		if (mapped == MAP_FAILED)
			return NULL;
		if (mapped == new_addr)
			return mapped;
		munmap(mapped, size);
		return NULL;
	}
	mapped = mmap(NULL, size + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	if (mapped == MAP_FAILED)
		return NULL;
	aligned = (char *)(((uintptr_t)mapped + alignment - 1) & ~(alignment - 1));
	if (aligned > mapped)
		munmap(mapped, (size_t)(aligned - mapped));
	if (mapped + slack > aligned)
		munmap(aligned + size, (size_t)(mapped + slack - aligned));
	return aligned;
}

static void *source_alloc(extent_hooks_t *hooks, void *new_addr, size_t size, size_t alignment,
			  bool *zero, bool *commit, unsigned arena)
{
	struct tracked_source *source = enter(hooks);
	bool zero_wanted = *zero;
	void *addr;

	expect_pages("alloc", size);
	expect(alignment >= PAGE && (alignment & (alignment - 1)) == 0, "alloc aligned to %zu",
	       alignment);
	source->calls.alloc++;
	if (source->allocations_left == 0) {
		leave(source);
		return NULL;
	}
	if (source->allocations_left > 0)
		source->allocations_left--;
	if (source->policy == SOURCE_FORWARD) {
		addr = source->fallback->alloc(source->fallback, new_addr, size, alignment, zero,
					       commit, arena);
		expect(addr == NULL || !zero_wanted || *zero, "zeroed memory wanted, not given");
	} else {
		addr = map_aligned(new_addr, size, alignment);
		*zero = true;
		*commit = true;
	}
	if (addr != NULL)
		add(source, addr, size);
	source->done.alloc += addr != NULL;
	if (addr != NULL && source->policy == SOURCE_PIN && source->done.alloc % 2 == 1)
		addr = (char *)addr + EXTENT_ALLOC_FLAG_PINNED;
	leave(source);
	return addr;
}

static bool source_dalloc(extent_hooks_t *hooks, void *addr, size_t size, bool committed,
			  unsigned arena)
{
	struct tracked_source *source = enter(hooks);
	bool declined = true;

	expect_extent(source, "dalloc", addr, size);
	source->calls.dalloc++;
	if (source->policy == SOURCE_FORWARD)
		declined = source->fallback->dalloc(source->fallback, addr, size, committed, arena);
	else if (gives_up(source))
		declined = munmap(addr, size) != 0;
	if (!declined)
		interval_set_remove(&source->extents, addr);
	source->done.dalloc += !declined;
	leave(source);
	return declined;
}

static void source_destroy(extent_hooks_t *hooks, void *addr, size_t size, bool committed,
			   unsigned arena)
{
	struct tracked_source *source = enter(hooks);

	expect_extent(source, "destroy", addr, size);
	source->calls.destroy++;
	source->done.destroy++;
	interval_set_remove(&source->extents, addr);
	if (source->policy == SOURCE_FORWARD)
		source->fallback->destroy(source->fallback, addr, size, committed, arena);
	else
		munmap(addr, size);
	leave(source);
}

static void expect_part(struct tracked_source *source, const char *call, void *addr, size_t size,
			size_t offset, size_t length)
{
	expect_extent(source, call, addr, size);
	expect_pages(call, length);
	expect(offset % PAGE == 0 && offset + length <= size,
	       "%s of [%zu, +%zu) in an extent of %zu bytes", call, offset, length, size);
}

static bool source_commit(extent_hooks_t *hooks, void *addr, size_t size, size_t offset,
			  size_t length, unsigned arena)
{
	struct tracked_source *source = enter(hooks);
	bool declined = source->policy == SOURCE_DECLINE_ALL;

	expect_part(source, "commit", addr, size, offset, length);
	source->calls.commit++;
	if (source->policy == SOURCE_FORWARD)
		declined = source->fallback->commit(source->fallback, addr, size, offset, length,
						    arena);
	source->done.commit += !declined;
	leave(source);
	return declined;
}

static bool source_decommit(extent_hooks_t *hooks, void *addr, size_t size, size_t offset,
			    size_t length, unsigned arena)
{
	struct tracked_source *source = enter(hooks);
	bool declined = true;

	expect_part(source, "decommit", addr, size, offset, length);
	source->calls.decommit++;
	if (source->policy == SOURCE_FORWARD)
		declined = source->fallback->decommit(source->fallback, addr, size, offset, length,
						      arena);
	source->done.decommit += !declined;
	leave(source);
	return declined;
}

static bool source_purge_lazy(extent_hooks_t *hooks, void *addr, size_t size, size_t offset,
			      size_t length, unsigned arena)
{
	struct tracked_source *source = enter(hooks);
	bool declined = true;

	expect_part(source, "purge_lazy", addr, size, offset, length);
	source->calls.purge_lazy++;
	if (source->policy == SOURCE_FORWARD)
		declined = source->fallback->purge_lazy(source->fallback, addr, size, offset,
							length, arena);
	source->done.purge_lazy += !declined;
	leave(source);
	return declined;
}

static bool source_purge_forced(extent_hooks_t *hooks, void *addr, size_t size, size_t offset,
				size_t length, unsigned arena)
{
	struct tracked_source *source = enter(hooks);
	bool declined = true;

	expect_part(source, "purge_forced", addr, size, offset, length);
	source->calls.purge_forced++;
	if (source->policy == SOURCE_FORWARD)
		declined = source->fallback->purge_forced(source->fallback, addr, size, offset,
							  length, arena);
	else if (source->policy != SOURCE_DECLINE_ALL)
		declined = madvise((char *)addr + offset, length, MADV_DONTNEED) != 0;
	source->done.purge_forced += !declined;
	leave(source);
	return declined;
}

static bool source_split(extent_hooks_t *hooks, void *addr, size_t size, size_t size_a,
			 size_t size_b, bool committed, unsigned arena)
{
	struct tracked_source *source = enter(hooks);
	bool declined = source->policy == SOURCE_DECLINE_ALL;

	expect_extent(source, "split", addr, size);
	expect_pages("split", size_a);
	expect_pages("split", size_b);
	expect(size_a + size_b == size, "split of %zu bytes into %zu and %zu", size, size_a,
	       size_b);
	source->calls.split++;
	if (source->policy == SOURCE_FORWARD)
		declined = source->fallback->split(source->fallback, addr, size, size_a, size_b,
						   committed, arena);
	if (!declined) {
		interval_set_remove(&source->extents, addr);
		add(source, addr, size_a);
		add(source, (char *)addr + size_a, size_b);
	}
	source->done.split += !declined;
	leave(source);
	return declined;
}

static bool source_merge(extent_hooks_t *hooks, void *addr_a, size_t size_a, void *addr_b,
			 size_t size_b, bool committed, unsigned arena)
{
	struct tracked_source *source = enter(hooks);
	bool declined = source->policy == SOURCE_DECLINE_ALL;

	expect_extent(source, "merge", addr_a, size_a);
	expect_extent(source, "merge", addr_b, size_b);
	expect((char *)addr_a + size_a == addr_b, "merge of %p, %zu bytes, with %p: no neighbours",
	       addr_a, size_a, addr_b);
	source->calls.merge++;
	if (source->policy == SOURCE_FORWARD)
		declined = source->fallback->merge(source->fallback, addr_a, size_a, addr_b, size_b,
						   committed, arena);
	if (!declined) {
		interval_set_remove(&source->extents, addr_a);
		interval_set_remove(&source->extents, addr_b);
		add(source, addr_a, size_a + size_b);
	}
	source->done.merge += !declined;
	leave(source);
	return declined;
}

void tracked_source_init(struct tracked_source *source, enum source_policy policy)
{
	size_t length = sizeof source->fallback;

	memset(source, 0, sizeof *source);
	source->hooks = (extent_hooks_t){source_alloc,        source_dalloc,   source_destroy,
					 source_commit,       source_decommit, source_purge_lazy,
					 source_purge_forced, source_split,    source_merge};
	source->policy = policy;
	source->allocations_left = -1;
	pthread_mutex_init(&source->mutex, NULL);
	interval_set_init(&source->extents, EXTENTS_MAX);
	expect(H(mallctl)("arena.0.extent_hooks", (void *)&source->fallback, &length, NULL, 0) == 0,
	       "no default hooks");
}

void tracked_source_fini(struct tracked_source *source)
{
	interval_set_fini(&source->extents);
	pthread_mutex_destroy(&source->mutex);
}

bool tracked_source_covers(struct tracked_source *source, const void *ptr, size_t size)
{
	bool covers;

	pthread_mutex_lock(&source->mutex);
	covers = interval_set_covers(&source->extents, ptr, size);
	pthread_mutex_unlock(&source->mutex);
	return covers;
}

size_t tracked_source_bytes(struct tracked_source *source)
{
	size_t bytes = 0, i;

	pthread_mutex_lock(&source->mutex);
	for (i = 0; i < source->extents.count; i++)
		bytes += source->extents.intervals[i].end - source->extents.intervals[i].start;
	pthread_mutex_unlock(&source->mutex);
	return bytes;
}
