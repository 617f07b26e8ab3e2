/* population - a known population in named arenas, made by eight threads while another one
 * refreshes, prints and takes snapshots: when they stop, every counter that they moved is what they
 * counted themselves, down to the pages; so it is in the sums, and in what destroyed arenas leave
 * behind.
 */
#include "expect.h"
#include "heap_under_test.h"
#include "random.h"
#include "suite.h"
#include <moonheap/ctl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#pragma weak moonheap_ctl_snapshot

enum { THREADS = 8, ARENAS = 5, SLOTS = 200, SIZES = 9, DESTROYED = 4097, ALL = 4096 };

static const size_t sizes[SIZES] = {8, 16, 100, 1000, 5000, 14000, 40000, 100000, 1000000};

struct tally {
	uint64_t nmalloc[SIZES], ndalloc[SIZES];
};

struct worker {
	pthread_t thread;
	uint64_t seed;
	unsigned long steps;
	const unsigned *arenas;
	bool cached; /* each arena by a cache of its own */
	struct {
		void *ptr;
		unsigned arena, size; /* by their numbers here */
	} slots[SLOTS];
	struct tally tallies[ARENAS];
	uint64_t allocated, freed; /* bytes */
};

/* -- the population -- */

static unsigned cache_of(unsigned arena)
{
	unsigned before = heap_get_unsigned("thread.arena");
	heap_set_unsigned("thread.arena", arena);
	unsigned cache = heap_tcache_create();
	heap_set_unsigned("thread.arena", before);
	return cache;
}

static void release(struct worker *worker, unsigned slot, const int *flags)
{
	unsigned arena = worker->slots[slot].arena, size = worker->slots[slot].size;
	void *ptr = worker->slots[slot].ptr;

	if (ptr == NULL)
		return;
	worker->freed += H(sallocx)(ptr, 0);
	worker->tallies[arena].ndalloc[size]++;
	if (slot % 2 == 0)
		H(dallocx)(ptr, flags[arena]);
	else
		H(sdallocx)(ptr, sizes[size], flags[arena]);
	worker->slots[slot].ptr = NULL;
}

static void *populate(void *argument)
{
	struct worker *worker = argument;
	unsigned caches[ARENAS];
	int flags[ARENAS];
	struct random random;
	uint64_t allocated = 0, freed = 0;
	size_t length = sizeof(uint64_t);

	random_init(&random, worker->seed);
	for (unsigned i = 0; i < ARENAS; i++) {
		caches[i] = worker->cached ? cache_of(worker->arenas[i]) : 0;
		flags[i] = worker->cached
				   ? (int)MALLOCX_TCACHE(caches[i])
				   : (int)(MALLOCX_ARENA(worker->arenas[i]) | MALLOCX_TCACHE_NONE);
	}
	expect(H(mallctl)("thread.allocated", &allocated, &length, NULL, 0) == 0 &&
		       H(mallctl)("thread.deallocated", &freed, &length, NULL, 0) == 0,
	       "no counts of the thread");
	for (unsigned long step = 0; step < worker->steps; step++) {
		unsigned slot = (unsigned)random_below(&random, SLOTS);
		unsigned arena = (unsigned)random_below(&random, ARENAS);
		unsigned size = (unsigned)random_below(&random, step % 16 == 0 ? SIZES : SIZES - 3);

		release(worker, slot, flags);
		void *ptr = H(mallocx)(sizes[size], flags[arena]);
		expect(ptr != NULL, "no memory");
		*(char *)ptr = 1;
		worker->slots[slot].ptr = ptr;
		worker->slots[slot].arena = arena;
		worker->slots[slot].size = size;
		worker->tallies[arena].nmalloc[size]++;
		worker->allocated += H(sallocx)(ptr, 0);
	}
	worker->allocated += allocated;
	worker->freed += freed;
	expect(H(mallctl)("thread.allocated", &allocated, &length, NULL, 0) == 0 &&
		       H(mallctl)("thread.deallocated", &freed, &length, NULL, 0) == 0,
	       "no counts of the thread");
#ifndef MOONHEAP_PREFIX /* the C library allocates as well, now and then */
	allocated = allocated > worker->allocated ? worker->allocated : allocated;
	freed = freed > worker->freed ? worker->freed : freed;
#endif
	expect(allocated == worker->allocated && freed == worker->freed,
	       "the thread allocated %llu and freed %llu, it says %llu and %llu",
	       (unsigned long long)worker->allocated, (unsigned long long)worker->freed,
	       (unsigned long long)allocated, (unsigned long long)freed);
	for (unsigned i = 0; i < ARENAS && worker->cached; i++)
		heap_tcache_call("destroy", caches[i]);
	return NULL;
}

/* -- who looks meanwhile -- */

static bool stop; /* atomic */

static void swallow(void *opaque, const char *text)
{
	*(size_t *)opaque += strlen(text);
}

static void *observe(void *opaque)
{
	static struct moonheap_ctl_value values[100000];
	struct moonheap_ctl_snapshot about;
	const char *const options[] = {"", "J", "ab", "Jmxle"};
	uint64_t last[2] = {0, 0};
	size_t written = 0;

	for (unsigned i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
		heap_refresh();
		uint64_t now[2] = {heap_stat("stats.arenas.4096.small.ndalloc"),
				   heap_stat("stats.arenas.4096.small.nmalloc")};
		expect(now[0] >= last[0] && now[1] >= last[1], "a counter goes back");
		memcpy(last, now, sizeof(last));
		if (i % 8 == 0)
			H(malloc_stats_print)(swallow, &written, options[i / 8 % 4]);
		if (moonheap_ctl_snapshot != NULL && i % 4 == 0)
			expect(moonheap_ctl_snapshot("stats moonheap.arena", i % 3 * 1000000,
						     values, 100000, &about) == 0,
			       "no snapshot");
	}
	return opaque;
}

/* -- what it comes to -- */

static uint64_t stat_of(unsigned arena, const char *leaf)
{
	char name[128];
	snprintf(name, sizeof(name), "stats.arenas.%u.%s", arena, leaf);
	return heap_stat(name);
}

static uint64_t class_stat(unsigned arena, const char *group, unsigned class, const char *leaf)
{
	char name[96];
	snprintf(name, sizeof(name), "%s.%u.%s", group, class, leaf);
	return stat_of(arena, name);
}

static size_t class_size(const char *group, unsigned class)
{
	char name[96];
	snprintf(name, sizeof(name), "arenas.%s.%u.size", group, class);
	return heap_get_size(name);
}

/* The number here of the size that is served by a class, or contained in it where objects are as
 * large as they need be; SIZES: none is. */
static unsigned size_of_class(size_t smaller_class, size_t class)
{
	for (unsigned i = 0; i < SIZES; i++)
		if (H(nallocx)(sizes[i], 0) > smaller_class && H(nallocx)(sizes[i], 0) <= class)
			return i;
	return SIZES;
}

static size_t smaller_class_than(bool is_small, unsigned class)
{
	if (class > 0)
		return class_size(is_small ? "bin" : "lextent", class - 1);
	return is_small ? 0 : class_size("bin", heap_get_unsigned("arenas.nbins") - 1);
}

static void expect_stat(unsigned arena, const char *group, unsigned class, const char *leaf,
			uint64_t wanted)
{
	uint64_t got = class_stat(arena, group, class, leaf);
	expect(got == wanted, "stats.arenas.%u.%s.%u.%s is %llu, not %llu", arena, group, class,
	       leaf, (unsigned long long)got, (unsigned long long)wanted);
}

struct sums {
	uint64_t allocated, nmalloc, ndalloc, nrequests, bytes_of_pages;
};

static void check_class(unsigned arena, bool is_small, unsigned class, const struct tally *tally,
			bool cached, struct sums *sums)
{
	static const struct tally none;
	const char *group = is_small ? "bins" : "lextents";
	size_t usable = class_size(is_small ? "bin" : "lextent", class);
	unsigned i = size_of_class(smaller_class_than(is_small, class), usable);
	uint64_t nmalloc = i < SIZES ? tally->nmalloc[i] : none.nmalloc[0];
	uint64_t ndalloc = i < SIZES ? tally->ndalloc[i] : none.ndalloc[0];
	uint64_t live = nmalloc - ndalloc;
	if (i < SIZES)
		usable = H(nallocx)(sizes[i], 0);

	expect_stat(arena, group, class, "nrequests", nmalloc);
	expect_stat(arena, group, class, is_small ? "curregs" : "curlextents", live);
	if (!cached) { /* a cache takes and gives as it sees fit */
		expect_stat(arena, group, class, "nmalloc", nmalloc);
		expect_stat(arena, group, class, "ndalloc", ndalloc);
	}
	expect(class_stat(arena, group, class, "nmalloc") -
			       class_stat(arena, group, class, "ndalloc") ==
		       live,
	       "class %u of %s: handed out less taken back is not what is out", class, group);
	sums->allocated += live * usable;
	sums->nmalloc += class_stat(arena, group, class, "nmalloc");
	sums->ndalloc += class_stat(arena, group, class, "ndalloc");
	sums->nrequests += nmalloc;
	if (!is_small) {
		sums->bytes_of_pages += live * usable;
		return;
	}
	char name[64];
	snprintf(name, sizeof(name), "arenas.bin.%u.slab_size", class);
	uint64_t curslabs = class_stat(arena, group, class, "curslabs");
	uint64_t nslabs = class_stat(arena, group, class, "nslabs");
	sums->bytes_of_pages += curslabs * heap_get_size(name);
	expect(nslabs >= curslabs && curslabs * heap_get_size(name) >= live * usable,
	       "%llu slabs for %llu regions of %zu bytes", (unsigned long long)curslabs,
	       (unsigned long long)live, usable);
	expect(cached || (class_stat(arena, group, class, "nfills") == 0 &&
			  class_stat(arena, group, class, "nflushes") == 0),
	       "a cache nobody uses is filled");
}

static void expect_group(unsigned arena, const char *group, const struct sums *sums)
{
	char name[64];
#define EXPECT_SUM(leaf)                                                                           \
	snprintf(name, sizeof(name), "%s." #leaf, group);                                          \
	expect(stat_of(arena, name) == sums->leaf, "stats.arenas.%u.%s is %llu, not %llu", arena,  \
	       name, (unsigned long long)stat_of(arena, name), (unsigned long long)sums->leaf)
	EXPECT_SUM(allocated);
	EXPECT_SUM(nmalloc);
	EXPECT_SUM(ndalloc);
	EXPECT_SUM(nrequests);
#undef EXPECT_SUM
}

static void check_arena(unsigned arena, const struct tally *tally, bool cached)
{
	struct sums small = {0}, large = {0};
	size_t page = heap_get_size("arenas.page");

	for (unsigned i = 0; i < heap_get_unsigned("arenas.nbins"); i++)
		check_class(arena, true, i, tally, cached, &small);
	for (unsigned i = 0; i < heap_get_unsigned("arenas.nlextents"); i++)
		check_class(arena, false, i, tally, cached, &large);
	expect_group(arena, "small", &small);
	expect_group(arena, "large", &large);
	expect(stat_of(arena, "large.nfills") == large.nmalloc, "%llu fills of large objects",
	       (unsigned long long)stat_of(arena, "large.nfills"));
	char nthreads[64];
	snprintf(nthreads, sizeof(nthreads), "stats.arenas.%u.nthreads", arena);
	expect(heap_get_unsigned(nthreads) == 0, "threads in an arena that has none");
	expect(stat_of(arena, "tcache_bytes") == 0 && stat_of(arena, "abandoned_vm") == 0 &&
		       stat_of(arena, "pinned") == 0,
	       "cached, lost or pinned bytes in an arena that has none");
	expect(stat_of(arena, "mapped") >= stat_of(arena, "resident"), "mapped is less");

	uint64_t pages = (small.bytes_of_pages + large.bytes_of_pages) / page;
	expect(stat_of(arena, "pactive") == pages, "pactive is %llu, not %llu",
	       (unsigned long long)stat_of(arena, "pactive"), (unsigned long long)pages);
	uint64_t dirty = 0, muzzy = 0, retained = 0;
	for (unsigned i = 0; i < 199; i++) {
		char name[96];
		snprintf(name, sizeof(name), "stats.arenas.%u.extents.%u.ndirty", arena, i);
		if (H(mallctl)(name, NULL, NULL, NULL, 0) != 0)
			break; /* larger pages have fewer classes of them */
		dirty += class_stat(arena, "extents", i, "dirty_bytes");
		muzzy += class_stat(arena, "extents", i, "muzzy_bytes");
		retained += class_stat(arena, "extents", i, "retained_bytes");
	}
	expect(dirty == stat_of(arena, "pdirty") * page, "pdirty is no sum of extents");
	expect(muzzy == stat_of(arena, "pmuzzy") * page, "pmuzzy is no sum of extents");
	expect(retained == stat_of(arena, "retained"), "retained is no sum of extents");
	expect(stat_of(arena, "resident") >= (pages * page) + dirty + muzzy, "resident is less");
}

/* -- the cases -- */

static void name_arena(unsigned arena, unsigned i)
{
	char path[64], name[32], read[32] = "";
	const char *from = name;
	char *to = read;
	size_t length = sizeof(to);

	snprintf(path, sizeof(path), "arena.%u.name", arena);
	snprintf(name, sizeof(name), "tenant-%u", i);
	expect(H(mallctl)(path, NULL, NULL, (void *)&from, sizeof(from)) == 0, "not named");
	expect(H(mallctl)(path, (void *)&to, &length, NULL, 0) == 0 && strcmp(read, name) == 0,
	       "named %s, not %s", read, name);
}

static void check_totals(void)
{
	size_t page = heap_get_size("arenas.page");
	uint64_t active = 0, allocated = 0, nmalloc = 0;

	for (unsigned i = 0; i < heap_get_unsigned("arenas.narenas"); i++) {
		char name[64];
		snprintf(name, sizeof(name), "arena.%u.initialized", i);
		if (!heap_get_bool(name))
			continue;
		active += stat_of(i, "pactive") * page;
		allocated += stat_of(i, "small.allocated") + stat_of(i, "large.allocated");
		nmalloc += stat_of(i, "small.nmalloc");
	}
	expect(active == heap_stat("stats.active") && active == stat_of(ALL, "pactive") * page,
	       "active is not the sum over arenas");
	expect(allocated == heap_stat("stats.allocated"), "allocated is not the sum over arenas");
	expect(nmalloc == stat_of(ALL, "small.nmalloc"), "nmalloc is not the sum over arenas");
}

static void add_tallies(const struct worker *workers, struct tally *sum)
{
	memset(sum, 0, sizeof(*sum) * ARENAS);
	for (unsigned w = 0; w < THREADS; w++)
		for (unsigned a = 0; a < ARENAS; a++)
			for (unsigned s = 0; s < SIZES; s++) {
				sum[a].nmalloc[s] += workers[w].tallies[a].nmalloc[s];
				sum[a].ndalloc[s] += workers[w].tallies[a].ndalloc[s];
			}
}

static void run(bool cached)
{
	static struct worker workers[THREADS];
	unsigned arenas[ARENAS];
	struct tally tallies[ARENAS];
	pthread_t observer;
	bool no = false;

	/* Nobody but these threads purges: pages on their way out are in no extent. */
	expect(H(mallctl)("background_thread", NULL, NULL, &no, sizeof(no)) == 0, "cannot forbid");
	for (unsigned i = 0; i < ARENAS; i++) {
		arenas[i] = heap_arena_create(NULL);
		name_arena(arenas[i], i);
	}
	__atomic_store_n(&stop, false, __ATOMIC_RELAXED);
	expect(pthread_create(&observer, NULL, observe, NULL) == 0, "no thread");
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.seed = test_seed() + i,
					     .steps = test_scaled(TEST_SANITIZED ? 3000 : 20000),
					     .arenas = arenas,
					     .cached = cached};
		expect(pthread_create(&workers[i].thread, NULL, populate, &workers[i]) == 0,
		       "no thread");
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(observer, NULL);

	add_tallies(workers, tallies);
	heap_refresh();
	for (unsigned a = 0; a < ARENAS; a++)
		check_arena(arenas[a], &tallies[a], cached);
	check_totals();
	for (unsigned w = 0; w < THREADS; w++)
		for (unsigned s = 0; s < SLOTS; s++)
			if (workers[w].slots[s].ptr != NULL)
				expect(heap_arena_of(workers[w].slots[s].ptr) ==
					       arenas[workers[w].slots[s].arena],
				       "an object is in another arena");

	/* Empty again. */
	int flags[ARENAS];
	for (unsigned a = 0; a < ARENAS; a++)
		flags[a] = MALLOCX_TCACHE_NONE;
	for (unsigned w = 0; w < THREADS; w++)
		for (unsigned s = 0; s < SLOTS; s++)
			release(&workers[w], s, flags);
	add_tallies(workers, tallies);
	uint64_t purged[ARENAS], sweeps[ARENAS];
	heap_refresh();
	for (unsigned a = 0; a < ARENAS;
	     a++) { /* slabs that are kept though they are empty go too */
		purged[a] = stat_of(arenas[a], "dirty_purged") + stat_of(arenas[a], "pdirty") +
			    stat_of(arenas[a], "pactive");
		sweeps[a] = stat_of(arenas[a], "dirty_npurge");
		heap_arena_call(arenas[a], "purge");
	}
	heap_refresh();
	for (unsigned a = 0; a < ARENAS; a++) {
		expect(stat_of(arenas[a], "dirty_purged") == purged[a],
		       "%llu pages purged, not %llu",
		       (unsigned long long)stat_of(arenas[a], "dirty_purged"),
		       (unsigned long long)purged[a]);
		expect(stat_of(arenas[a], "dirty_npurge") > sweeps[a] &&
			       stat_of(arenas[a], "dirty_nmadvise") > 0,
		       "a purge is not counted");
		check_arena(arenas[a], &tallies[a], cached);
		expect(stat_of(arenas[a], "pactive") == 0 && stat_of(arenas[a], "pdirty") == 0,
		       "an empty arena has pages");
	}

	/* What they did is not forgotten. */
	uint64_t nmalloc[ARENAS];
	bool exist = heap_get_bool("arena.4097.initialized");
	uint64_t before = exist ? stat_of(DESTROYED, "small.nmalloc") : 0;
	for (unsigned a = 0; a < ARENAS; a++) {
		nmalloc[a] = stat_of(arenas[a], "small.nmalloc");
		heap_arena_call(arenas[a], "destroy");
	}
	heap_refresh();
	for (unsigned a = 0; a < ARENAS; a++)
		before += nmalloc[a];
	expect(stat_of(DESTROYED, "small.nmalloc") == before, "destroyed arenas are forgotten");
	check_totals();
}

START_TEST(in_arenas)
{
	run(false);
}
END_TEST

START_TEST(through_caches)
{
	run(true);
}
END_TEST

int main(void)
{
	return suite_run("population", (const TTest *[]){in_arenas, through_caches, NULL});
}
