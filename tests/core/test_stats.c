/* test_stats.c - the statistics of one arena against a population whose every number is known, and
 * sums over arenas, living and destroyed. */
#include "stats.h"

#include <string.h>
#include <unistd.h>
#include "arenas.h"
#include "expect.h"
#include "heap_under_test.h"
#include "os.h"
#include "pagemap.h"
#include "random.h"
#include "suite.h"
#include "thread.h"

enum { OBJECTS = 2000 };

static struct arena_stats stats, before;
static void *objects[OBJECTS];
static unsigned index_of_arena;
static struct arena *arena;

static void set_up(void)
{
	expect(arenas_create(NULL, NULL, &index_of_arena) == 0, "no arena");
	arena = arenas_get(index_of_arena);
	arena_set_decay_ms(arena, PAGES_DIRTY, -1);
	arena_set_decay_ms(arena, PAGES_MUZZY, -1);
}

static int flags(void)
{
	return (int)(MALLOCX_ARENA(index_of_arena) | MALLOCX_TCACHE_NONE);
}

/* What must hold of any statistics of an arena. */
static void expect_sums(const struct arena_stats *of)
{
	struct size_group_stats small = {0}, large = {0};
	size_t slab_bytes = 0, dirty = 0, muzzy = 0, retained = 0;

	for (unsigned i = 0; i < size_class_nbins; i++) {
		const struct bin_stats *bin = &of->bins[i];

		expect(bin->nmalloc - bin->ndalloc == bin->curregs, "bin %u: %lu - %lu != %zu", i,
		       bin->nmalloc, bin->ndalloc, bin->curregs);
		expect(bin->curregs <= bin->curslabs * bin_infos[i].nregs, "bin %u: %zu regions", i,
		       bin->curregs);
		expect(bin->nonfull_slabs <= bin->curslabs && bin->curslabs <= bin->nslabs,
		       "bin %u: slabs", i);
		expect(bin->mutex.num_ops > 0 || bin->nmalloc == 0, "bin %u: its lock", i);
		small.allocated += bin->curregs * bin_infos[i].size;
		small.nmalloc += bin->nmalloc;
		small.ndalloc += bin->ndalloc;
		small.nrequests += bin->nrequests;
		small.nfills += bin->nfills;
		small.nflushes += bin->nflushes;
		slab_bytes += bin->curslabs * bin_infos[i].slab_size;
	}
	for (unsigned i = 0; i < SIZE_CLASSES - size_class_nbins; i++) {
		const struct large_stats *class = &of->lextents[i];

		expect(class->nmalloc - class->ndalloc == class->curlextents, "large class %u", i);
		large.allocated += class->curlextents * size_class_sizes[size_class_nbins + i];
		large.nmalloc += class->nmalloc;
		large.ndalloc += class->ndalloc;
		large.nrequests += class->nrequests;
	}
	large.nfills = large.nmalloc;
	large.nflushes = of->large.nflushes;
	expect(memcmp(&small, &of->small, sizeof small) == 0, "the bins' sums");
	expect(memcmp(&large, &of->large, sizeof large) == 0, "the large classes' sums");
	expect(of->pactive * os_page == slab_bytes + large.allocated,
	       "%zu active pages, %zu bytes in slabs, %zu in large objects", of->pactive,
	       slab_bytes, large.allocated);
	for (unsigned i = 0; i < size_class_npages; i++) {
		dirty += of->extents[i].dirty_bytes;
		muzzy += of->extents[i].muzzy_bytes;
		retained += of->extents[i].retained_bytes;
		expect((of->extents[i].ndirty == 0) == (of->extents[i].dirty_bytes == 0) &&
			       of->extents[i].ndirty * page_class_size(i) <=
				       of->extents[i].dirty_bytes,
		       "page class %u", i);
	}
	expect(dirty == of->pdirty * os_page && muzzy == of->pmuzzy * os_page &&
		       retained == of->retained,
	       "unused extents by class: %zu dirty, %zu muzzy, %zu retained", dirty, muzzy,
	       retained);
	expect(of->mapped >= (of->pactive + of->pdirty + of->pmuzzy) * os_page && of->base > 0,
	       "mapped %zu", of->mapped);
	expect(of->resident <= of->mapped, "resident %zu, mapped %zu", of->resident, of->mapped);
}

START_TEST(known_population)
{
	struct random random;
	uint64_t nmalloc[SIZE_CLASSES] = {0}, ndalloc[SIZE_CLASSES] = {0};

	random_init(&random, test_seed());
	set_up();
	for (unsigned round = 0; round < 3 * OBJECTS; round++) {
		unsigned i = (unsigned)random_below(&random, OBJECTS);

		if (objects[i] == NULL) {
			size_t size = random_size(&random, 200000);

			objects[i] = H(mallocx)(size, flags());
			expect(objects[i] != NULL, "no memory");
			nmalloc[size_class_of(size)]++;
		} else {
			ndalloc[size_class_of(H(sallocx)(objects[i], 0))]++;
			H(dallocx)(objects[i], flags());
			objects[i] = NULL;
		}
	}
	stats_collect_arena(arena, &stats);
	expect_sums(&stats);
	for (unsigned class = 0; class < SIZE_CLASSES; class ++) {
		bool small = class < size_class_nbins;
		const struct bin_stats *bin = &stats.bins[small ? class : 0];
		const struct large_stats *large =
			&stats.lextents[small ? 0 : class - size_class_nbins];
		uint64_t in = small ? bin->nmalloc : large->nmalloc;
		uint64_t back = small ? bin->ndalloc : large->ndalloc;
		uint64_t requests = small ? bin->nrequests : large->nrequests;

		expect(in == nmalloc[class] && back == ndalloc[class] && requests == in,
		       "class %u: %lu, %lu, %lu requests, not %lu, %lu", class, in, back, requests,
		       nmalloc[class], ndalloc[class]);
		expect(!small || (bin->nfills == 0 && bin->nflushes == 0), "nobody has a cache");
	}
	expect(stats.nthreads == 0 && stats.tcache_bytes == 0, "no thread is bound here");
	expect(stats.dirty_decay_ms == -1 && stats.muzzy_decay_ms == -1, "decay times");
	expect(stats.dirty_npurge == 0 && stats.muzzy_npurge == 0, "nothing was purged");

	/* Purging all also takes the slabs that are kept though they are empty: what is active then
	 * is less by their pages. */
	size_t unused = stats.pdirty, active = stats.pactive;
	arena_decay(arena, true);
	stats_collect_arena(arena, &stats);
	expect_sums(&stats);
	unused += active - stats.pactive;
	expect(stats.pdirty == 0 && stats.dirty_purged == unused && stats.dirty_npurge == 1 &&
		       stats.dirty_nmadvise >= 1,
	       "%zu pages purged, %zu unused", stats.dirty_purged, unused);
	expect(stats.retained >= unused * os_page, "purged pages are not retained");
}
END_TEST

/* The same requests through a thread's cache: none is lost between it and the bins. */
START_TEST(through_a_cache)
{
	struct thread *self = thread_get();
	struct arena *old = thread_arena(self);
	void *mine[500];

	thread_cache_flush(self);
	set_up();
	thread_set_arena(self, arena);
	for (unsigned i = 0; i < 500; i++)
		mine[i] = H(malloc)(100);
	for (unsigned i = 0; i < 300; i++)
		H(free)(mine[i]);
	stats_collect_arena(arena, &stats);
	expect_sums(&stats);
	unsigned class = size_class_of(100);
	expect(stats.bins[class].nrequests == 500, "%lu requests", stats.bins[class].nrequests);
	expect(stats.nthreads == 1, "%u threads", stats.nthreads);
	expect(stats.bins[class].curregs == 200 + stats.tcache_bytes / 112,
	       "%zu regions out, %zu bytes in the cache", stats.bins[class].curregs,
	       stats.tcache_bytes);
	expect(stats.bins[class].nfills > 0 && stats.bins[class].nfills < 250, "%lu fills",
	       stats.bins[class].nfills);
	thread_cache_flush(self);
	stats_collect_arena(arena, &stats);
	expect(stats.bins[class].nrequests == 500 && stats.bins[class].curregs == 200 &&
		       stats.tcache_bytes == 0,
	       "a flush changes more than it should");
	expect(stats.bins[class].nflushes > 0, "no flush is counted");
	for (unsigned i = 300; i < 500; i++)
		H(free)(mine[i]);
	thread_cache_flush(self);
	thread_set_arena(self, old);
}
END_TEST

/* Large objects come one by one, and go back together. */
START_TEST(large_through_a_cache)
{
	struct thread *self = thread_get();
	struct arena *old = thread_arena(self);

	thread_cache_flush(self);
	set_up();
	thread_set_arena(self, arena);
	for (unsigned i = 0; i < 10; i++)
		H(free)(H(malloc)(20000));
	void *p = H(malloc)(20000); /* the cache is empty, and has served it */
	thread_cache_flush(self);
	stats_collect_arena(arena, &stats);
	expect_sums(&stats);
	expect(stats.large.nrequests == 11 && stats.large.nmalloc < 10, "%lu requests, %lu objects",
	       stats.large.nrequests, stats.large.nmalloc);
	expect(stats.large.nfills == stats.large.nmalloc, "%lu fills", stats.large.nfills);
	uint64_t nflushes = stats.large.nflushes;
	H(free)(p);
	H(free)(H(malloc)(20000));
	thread_cache_flush(self);
	stats_collect_arena(arena, &stats);
	expect(stats.large.nflushes == nflushes + 1 && stats.large.allocated == 0,
	       "%lu flushes, %lu before", stats.large.nflushes, nflushes);
	p = H(malloc)(20000);
	H(free)(p);
	p = H(malloc)(20000);
	nflushes = stats.large.nflushes;
	thread_cache_flush(self);
	stats_collect_arena(arena, &stats);
	expect(stats.large.nflushes == nflushes, "an empty cache is flushed");
	H(free)(p);
	thread_cache_flush(self);
	thread_set_arena(self, old);
}
END_TEST

/* Caches of one arena on different shards: one bin, for who reads. */
START_TEST(sums_over_shards)
{
	enum { SHARDS = 3, CACHES = 4, EACH = 10 };
	unsigned caches[CACHES], class = size_class_of(100);
	void *mine[CACHES][EACH];

	H(free)(H(malloc)(1)); /* booted */
	for (unsigned i = 0; i < size_class_nbins; i++)
		bin_shards[i] = SHARDS;
	set_up();
	for (unsigned i = 0; i < CACHES; i++)
		expect(tcaches_create(arena, &caches[i]) == 0, "no cache");
	for (unsigned i = 0; i < CACHES; i++)
		for (unsigned j = 0; j < EACH; j++)
			mine[i][j] = H(mallocx)(100, MALLOCX_TCACHE(caches[i]));
	struct bin *first = &arena->bins[class];
	for (unsigned i = 0; i < SHARDS; i++)
		expect(bin_shard(first, i)->curslabs == 1 && bin_shard(first, i)->nfills > 0,
		       "nobody has shard %u", i);
	expect(pagemap_lookup(mine[0][0]) == pagemap_lookup(mine[3][0]) &&
		       pagemap_lookup(mine[0][0]) != pagemap_lookup(mine[1][0]),
	       "not by turns");
	stats_collect_arena(arena, &stats);
	expect_sums(&stats);
	expect(stats.bins[class].curslabs == SHARDS && stats.bins[class].nslabs == SHARDS,
	       "%zu slabs", stats.bins[class].curslabs);
	/* One cache gets all of it, and gives it back to whom it belongs. */
	for (unsigned i = 0; i < CACHES; i++)
		for (unsigned j = 0; j < EACH; j++)
			H(dallocx)(mine[i][j], MALLOCX_TCACHE(caches[0]));
	for (unsigned i = 0; i < CACHES; i++)
		expect(tcaches_destroy(caches[i]) == 0, "destroy");
	stats_collect_arena(arena, &stats);
	expect_sums(&stats);
	expect(stats.bins[class].curregs == 0 && stats.bins[class].nrequests == CACHES * EACH,
	       "%zu regions out, %lu requests", stats.bins[class].curregs,
	       stats.bins[class].nrequests);
	uint64_t ops = 0;
	for (unsigned i = 0; i < SHARDS; i++)
		ops += bin_shard(first, i)->lock.ops;
	expect(stats.bins[class].mutex.num_ops == ops, "%lu of %lu times locked",
	       stats.bins[class].mutex.num_ops, ops);
	stats_reset_mutexes(arena);
	stats_collect_arena(arena, &stats);
	expect(stats.bins[class].mutex.num_ops == 0, "counters survive their reset");
}
END_TEST

START_TEST(sums_over_arenas)
{
	static struct arena_stats sum, merged, dead;
	struct total_stats total;
	void *p;

	set_up();
	p = H(mallocx)(1000, flags());
	for (int i = 0; i < 10; i++)
		H(dallocx)(H(mallocx)(50000, flags()), flags());
	stats_collect_arena(arena, &before);
	memset(&sum, 0, sizeof sum);
	stats_merge_arena(&sum, &before);
	stats_merge_arena(&sum, &before);
	expect(sum.pactive == 2 * before.pactive && sum.small.allocated == 2 * 1024 &&
		       sum.large.nmalloc == 20 && sum.base == 2 * before.base,
	       "twice the same is not twice as much");
	expect(sum.uptime == before.uptime, "a life is as long as the longest");
	expect(sum.bins[size_class_of(1000)].mutex.num_ops ==
		       2 * before.bins[size_class_of(1000)].mutex.num_ops,
	       "locks");
	expect(sum.dirty_decay_ms == -1, "a sum has no decay time");

	/* A destroyed arena: what it was once, and all is taken back. */
	memset(&dead, 0, sizeof dead);
	stats_merge_destroyed(&dead, &before);
	expect(dead.small.allocated == 0 && dead.large.allocated == 0 && dead.pactive == 0 &&
		       dead.retained == 0 && dead.base == 0,
	       "the dead have something");
	expect(dead.small.nmalloc == 1 && dead.small.ndalloc == 1 && dead.large.nmalloc == 10 &&
		       dead.large.ndalloc == 10,
	       "%lu of %lu taken back", dead.small.ndalloc, dead.small.nmalloc);
	memset(&merged, 0, sizeof merged);
	stats_merge_arena(&merged, &before);
	stats_collect_total(&total, &merged);
	expect(total.allocated == 1024 && total.active == before.pactive * os_page, "totals");
	expect(total.allocated <= total.active && total.active <= total.resident &&
		       total.resident <= total.mapped,
	       "%zu <= %zu <= %zu <= %zu", total.allocated, total.active, total.resident,
	       total.mapped);
	expect(total.metadata >= before.base, "metadata %zu", total.metadata);
	expect(stats_zero_reallocs() == 0, "nobody called realloc with 0");
	H(free)(H(realloc)(H(malloc)(10), (size_t)(_i * 0)));
	expect(stats_zero_reallocs() == 1, "realloc with 0 is not counted");
	H(dallocx)(p, flags());
}
END_TEST

START_TEST(locks_back_to_zero)
{
	set_up();
	H(dallocx)(H(mallocx)(100, flags()), flags());
	H(dallocx)(H(mallocx)(100000, flags()), flags());
	unsigned cache;
	expect(tcaches_create(arena, &cache) == 0 && tcaches_destroy(cache) == 0, "no cache");
	stats_collect_arena(arena, &stats);
	expect(stats.mutexes.large.num_ops > 0 && stats.mutexes.extents_dirty.num_ops > 0 &&
		       stats.mutexes.extents_retained.num_ops > 0 &&
		       stats.mutexes.base.num_ops > 0 && stats.mutexes.extent_avail.num_ops > 0 &&
		       stats.mutexes.tcache_list.num_ops > 0,
	       "a lock that was never taken");
	stats_reset_mutexes(arena);
	stats_collect_arena(arena, &stats);
	/* The lock is taken to be reset, and not to be read. */
	expect(stats.mutexes.large.num_ops == 0 && stats.mutexes.extents_dirty.num_ops == 0 &&
		       stats.mutexes.base.num_ops == 0 && stats.bins[3].mutex.num_ops == 0,
	       "counters survive their reset");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {known_population,
				      through_a_cache,
				      large_through_a_cache,
				      sums_over_shards,
				      sums_over_arenas,
				      locks_back_to_zero,
				      NULL};

	return suite_run("stats", cases);
}
