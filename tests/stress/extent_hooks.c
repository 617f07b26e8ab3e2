/* extent_hooks - arenas on a program's own source of pages, under random scripts: the source sees
 * that every call fits what it gave out, the scripts see that the objects live there and keep their
 * contents, whatever the source declines. */
#include "expect.h"
#include "heap_under_test.h"
#include "shadow.h"
#include "suite.h"
#include "tracked_source.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static struct shadow_limits limits_of(unsigned arena)
{
	return (struct shadow_limits){.slots = 300,
				      .size_max = 400000,
				      .alignment_max = 1 << 16,
				      .live_bytes_max = 24 << 20,
				      .flags = (int)(MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE),
				      .only_extended = true,
				      .check_overlap = true};
}

static void expect_covered(struct shadow *shadow, struct tracked_source *source)
{
	size_t i;

	for (i = 0; i < shadow->limits.slots; i++) {
		struct shadow_object *object = &shadow->objects[i];

		if (object->ptr != NULL)
			expect(tracked_source_covers(source, object->ptr, object->usable),
			       "%p, %zu bytes, is not memory of the arena's source",
			       (void *)object->ptr, object->usable);
	}
}

static size_t event(unsigned arena, const char *name)
{
	char path[64];

	snprintf(path, sizeof path, "moonheap.arena.%u.extent_events.%s", arena, name);
	return heap_stat(path);
}

/* The allocator has counted what the source did. Both are at rest. before: what was counted in that
 * place without the source. */
static void expect_counted(const struct tracked_source *source, unsigned arena,
			   const struct source_calls *before)
{
	const struct source_calls *done = &source->done;

	if (!heap_is_moonheap())
		return;
	heap_refresh();
#define EXPECT_COUNTED(name)                                                                       \
	expect(event(arena, #name) == done->name + before->name, "%zu %s counted, not %lu",        \
	       event(arena, #name), #name, done->name + before->name)
	EXPECT_COUNTED(alloc);
	EXPECT_COUNTED(dalloc);
	EXPECT_COUNTED(destroy);
	EXPECT_COUNTED(commit);
	EXPECT_COUNTED(decommit);
	EXPECT_COUNTED(purge_lazy);
	EXPECT_COUNTED(purge_forced);
	EXPECT_COUNTED(split);
	EXPECT_COUNTED(merge);
#undef EXPECT_COUNTED
}

enum { DESTROYED = 4097 }; /* stands for all arenas that were destroyed */

static struct source_calls events_of_destroyed(void)
{
	struct source_calls calls = {0};
	bool exist;
	size_t length = sizeof exist;

	if (!heap_is_moonheap())
		return calls;
	heap_refresh();
	expect(H(mallctl)("arena.4097.initialized", &exist, &length, NULL, 0) == 0, "no 4097");
	if (!exist)
		return calls;
	calls.alloc = event(DESTROYED, "alloc");
	calls.dalloc = event(DESTROYED, "dalloc");
	calls.destroy = event(DESTROYED, "destroy");
	calls.commit = event(DESTROYED, "commit");
	calls.decommit = event(DESTROYED, "decommit");
	calls.purge_lazy = event(DESTROYED, "purge_lazy");
	calls.purge_forced = event(DESTROYED, "purge_forced");
	calls.split = event(DESTROYED, "split");
	calls.merge = event(DESTROYED, "merge");
	return calls;
}

/* Destroys it; nothing that was ever done to its extents is lost. */
static void destroy(const struct tracked_source *source, unsigned arena)
{
	static const struct source_calls none;
	struct source_calls before;

	heap_arena_call(arena, "purge");
	expect_counted(source, arena, &none);
	before = events_of_destroyed();
	heap_arena_call(arena, "destroy");
	expect_counted(source, DESTROYED, &before);
}

/* Fills and empties an arena, with pages decaying at once in between, then destroys it. */
static void run_on(struct tracked_source *source)
{
	unsigned arena = heap_arena_create(&source->hooks);
	struct shadow_limits limits = limits_of(arena);
	struct shadow shadow;
	unsigned long round, rounds = test_scaled(10);

	shadow_init(&shadow, &limits, test_seed());
	for (round = 0; round < rounds; round++) {
		heap_arena_set_ssize(arena, "dirty_decay_ms", round % 3 == 1 ? 0 : 10000);
		heap_arena_set_ssize(arena, "muzzy_decay_ms", round % 3 == 2 ? 10000 : 0);
		shadow_run(&shadow, 2000);
		expect_covered(&shadow, source);
		heap_arena_call(arena, round % 2 == 0 ? "purge" : "decay");
	}
	shadow_check_all(&shadow);
	shadow_fini(&shadow);
	heap_arena_call(arena, "reset");
	destroy(source, arena);
}

START_TEST(forward)
{
	struct tracked_source source;

	tracked_source_init(&source, SOURCE_FORWARD);
	run_on(&source);
	expect(source.calls.split > 0, "no extent was split");
	tracked_source_fini(&source);
}
END_TEST

START_TEST(release)
{
	struct tracked_source source;

	tracked_source_init(&source, SOURCE_RELEASE);
	run_on(&source);
	expect(source.calls.dalloc > 0, "nothing was given up");
	expect(tracked_source_bytes(&source) == 0, "%zu bytes left after the arena",
	       tracked_source_bytes(&source));
	tracked_source_fini(&source);
}
END_TEST

START_TEST(keep)
{
	struct tracked_source source;

	tracked_source_init(&source, SOURCE_KEEP);
	run_on(&source);
	expect(source.calls.destroy > 0, "nothing was destroyed with the arena");
	/* what is left is the block of the arena's own metadata, which nobody can give up */
	expect(source.calls.merge > 0, "no extents were merged");
	tracked_source_fini(&source);
}
END_TEST

START_TEST(decline_all)
{
	struct tracked_source source;

	tracked_source_init(&source, SOURCE_DECLINE_ALL);
	run_on(&source);
	tracked_source_fini(&source);
}
END_TEST

START_TEST(alloc_only)
{
	struct tracked_source source;
	extent_alloc_t *alloc;

	tracked_source_init(&source, SOURCE_KEEP);
	alloc = source.hooks.alloc;
	source.hooks = (extent_hooks_t){.alloc = alloc};
	run_on(&source);
	tracked_source_fini(&source);
}
END_TEST

START_TEST(hooks_that_allocate)
{
	struct tracked_source source;

	tracked_source_init(&source, SOURCE_RELEASE);
	source.allocate_inside = true;
	run_on(&source);
	tracked_source_fini(&source);
}
END_TEST

static extent_hooks_t *usual;
static unsigned purging_arena;

/* "There may be none left: purge first." */
static void *purge_and_alloc(extent_hooks_t *hooks, void *address, size_t size, size_t alignment,
			     bool *zero, bool *commit, unsigned arena)
{
	(void)hooks;
	if (arena == purging_arena)
		heap_arena_call(arena, "purge");
	return usual->alloc(usual, address, size, alignment, zero, commit, arena);
}

/* A hook may purge the arena that it maps for: the locks that are held then are none that this
 * takes. It would hang. */
START_TEST(hook_that_purges_its_arena)
{
	size_t length = sizeof(usual);
	extent_hooks_t table;
	unsigned arena = heap_arena_create(NULL);
	char name[64];

	snprintf(name, sizeof name, "arena.%u.extent_hooks", arena);
	expect(H(mallctl)(name, &usual, &length, NULL, 0) == 0, "no table");
	table = *usual;
	table.alloc = purge_and_alloc;
	purging_arena = heap_arena_create(&table);
	for (unsigned i = 0; i < 20; i++) {
		void *p = H(mallocx)((size_t)(i + 1) << 21,
				     (int)(MALLOCX_ARENA(purging_arena) | MALLOCX_TCACHE_NONE));
		expect(p != NULL, "no memory");
		H(dallocx)(p, MALLOCX_TCACHE_NONE);
	}
	heap_arena_call(purging_arena, "destroy");
}
END_TEST

/* When the source is exhausted mallocx() returns NULL, what lives lives on, and memory that comes
 * free serves again. */
START_TEST(source_runs_dry)
{
	struct tracked_source source;
	unsigned arena, i, count = 0;
	int flags;
	void *objects[1000];

	tracked_source_init(&source, SOURCE_KEEP);
	arena = heap_arena_create(&source.hooks);
	flags = (int)(MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
	source.allocations_left = 2;
	while (count < 1000 && (objects[count] = H(mallocx)(100000, flags)) != NULL)
		memset(objects[count++], 1, 100000);
	expect(count > 0 && count < 1000, "%u objects from two extents", count);
	expect(H(mallocx)(50 << 20, flags) == NULL, "50 MiB came from nowhere");
	for (i = 0; i < count; i++) {
		expect(((char *)objects[i])[99999] == 1, "contents changed");
		H(dallocx)(objects[i], flags);
	}
	for (i = 0; i < count; i++) {
		objects[i] = H(mallocx)(90000, flags);
		expect(objects[i] != NULL, "object %u of %u no longer fits", i, count);
		memset(objects[i], 2, 90000);
	}
	source.allocations_left = -1;
	heap_arena_call(arena, "destroy");
	tracked_source_fini(&source);
}
END_TEST

/* A source that has nothing: the arena cannot be created (where its metadata comes from there), or
 * it has no memory to give. Nothing of it harms the next one. */
START_TEST(source_without_memory)
{
	struct tracked_source source;
	extent_hooks_t *hooks;
	unsigned arena = 0;
	size_t length = sizeof arena;
	int error;

	tracked_source_init(&source, SOURCE_KEEP);
	hooks = &source.hooks;
	source.allocations_left = 0;
	error = H(mallctl)("arenas.create", &arena, &length, (void *)&hooks, sizeof hooks);
	if (error == 0) {
		int flags = (int)(MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);

		expect(H(mallocx)(100, flags) == NULL, "100 bytes came from nowhere");
		expect(H(mallocx)(1 << 20, flags) == NULL, "1 MiB came from nowhere");
		heap_arena_call(arena, "destroy");
	}
	source.allocations_left = -1;
	run_on(&source);
	tracked_source_fini(&source);
}
END_TEST

/* Hooks that are installed later see what comes later, and handle what was there before. */
START_TEST(installed_later)
{
	struct tracked_source source;
	unsigned arena = heap_arena_create(NULL);
	int flags = (int)(MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
	extent_hooks_t *hooks, *old = NULL;
	size_t length = sizeof old;
	char name[64];
	void *before = memset(H(mallocx)(100000, flags), 1, 100000);
	void *after;

	tracked_source_init(&source, SOURCE_RELEASE);
	/* ranges of before the change are not in the books: forward, and watch nothing but alloc */
	hooks = &source.hooks;
	source.hooks = (extent_hooks_t){.alloc = source.hooks.alloc};
	snprintf(name, sizeof name, "arena.%u.extent_hooks", arena);
	expect(H(mallctl)(name, (void *)&old, &length, (void *)&hooks, sizeof hooks) == 0,
	       "writing %s failed", name);
	expect(old == source.fallback, "the hooks before were not the default ones");
	after = H(mallocx)(30 << 20, flags);
	expect(after != NULL && tracked_source_covers(&source, after, 30 << 20),
	       "30 MiB after the change do not come from the source");
	H(dallocx)(before, flags);
	H(dallocx)(after, flags);
	expect(H(mallctl)(name, (void *)&hooks, &length, (void *)&old, sizeof old) == 0,
	       "writing %s back failed", name);
	expect(hooks == &source.hooks, "reading %s gives other hooks", name);
	tracked_source_fini(&source);
}
END_TEST

/* -- many threads on one source ---------------------------------------------------------------- */

struct shared_arena {
	struct tracked_source source;
	unsigned arena;
};

static void *run_script(void *argument)
{
	struct shared_arena *shared = argument;
	struct shadow_limits limits = limits_of(shared->arena);
	struct shadow shadow;

	shadow_init(&shadow, &limits, test_seed() + (uint64_t)pthread_self());
	shadow_run(&shadow, test_scaled(4000));
	expect_covered(&shadow, &shared->source);
	shadow_fini(&shadow);
	return NULL;
}

START_TEST(threads_share_a_source)
{
	static struct shared_arena shared;
	pthread_t threads[4];
	unsigned i;

	tracked_source_init(&shared.source, SOURCE_RELEASE);
	shared.arena = heap_arena_create(&shared.source.hooks);
	heap_arena_set_ssize(shared.arena, "dirty_decay_ms", 1);
	for (i = 0; i < 4; i++)
		expect(pthread_create(&threads[i], NULL, run_script, &shared) == 0, "no thread");
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	destroy(&shared.source, shared.arena);
	expect(tracked_source_bytes(&shared.source) == 0, "%zu bytes left after the arena",
	       tracked_source_bytes(&shared.source));
	tracked_source_fini(&shared.source);
}
END_TEST

int main(void)
{
	return suite_run("extent_hooks",
			 (const TTest *[]){forward, release, keep, decline_all, alloc_only,
					   hooks_that_allocate, hook_that_purges_its_arena,
					   source_runs_dry, source_without_memory, installed_later,
					   threads_share_a_source, NULL});
}
