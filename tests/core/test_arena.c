/* test_arena.c - one arena as an owner: where its metadata lives, its settings, reset and a second
 * life on other hooks. */
#include "arena.h"

#include <errno.h>
#include <string.h>
#include "expect.h"
#include "os.h"
#include "pages_walk.h"
#include "random.h"
#include "large_class.h"
#include "suite.h"
#include "tracked_source.h"

enum { ARENA = 80 };

static struct tracked_source source;

static void *take(struct arena *arena, unsigned class)
{
	return class < size_class_nbins ? bin_take(&arena->bins[class], &arena->pages)
					: large_of_class(&arena->large, class, 0, false);
}

static void use(struct arena *arena)
{
	struct random random;

	random_init(&random, test_seed());
	for (int i = 0; i < 3000; i++) {
		unsigned class = (unsigned)random_below(&random, 60);
		char *p = take(arena, class);

		expect(p != NULL, "no memory");
		memset(p, 1, size_class_sizes[class]);
		if (i % 3 == 0 && class < size_class_nbins)
			bin_put(&arena->bins[class], &arena->pages, p);
		else if (i % 3 == 0)
			large_dalloc(&arena->large, pagemap_lookup(p));
	}
}

START_TEST(metadata)
{
	static struct base given;
	struct arena *own = arena_create(ARENA, true, NULL, &hooks_default, -1, -1);

	base_init(&given);
	struct arena *guest = arena_create(ARENA + 1, true, &given, &hooks_default, -1, -1);
	expect(own != NULL && guest != NULL, "no memory");
	expect(own->base == &own->own_base && own->base->allocated >= sizeof *own, "its own base");
	expect(guest->base == &given && given.allocated >= sizeof *guest, "the base it was given");
	size_t before = own->base->allocated;
	use(own);
	expect(own->base->allocated > before, "descriptors come from elsewhere");
	before = given.allocated;
	use(own);
	expect(given.allocated == before, "one arena uses the base of another");
}
END_TEST

START_TEST(settings)
{
	struct arena *arena = arena_create(ARENA, true, NULL, &hooks_default, 11, 22);

	expect(arena_decay_ms(arena, PAGES_DIRTY) == 11 && arena_decay_ms(arena, PAGES_MUZZY) == 22,
	       "not as created");
	expect(arena_set_decay_ms(arena, PAGES_MUZZY, -1) == 0 &&
		       arena_decay_ms(arena, PAGES_MUZZY) == -1,
	       "not as set");
	expect(arena_is_decay_ms(-1) && arena_is_decay_ms(0) && !arena_is_decay_ms(-2) &&
		       !arena_is_decay_ms(PTRDIFF_MAX),
	       "what a decay time is");
	expect(arena_set_decay_ms(arena, PAGES_DIRTY, PTRDIFF_MIN) == EFAULT, "the least number");

	expect(arena_set_retain_grow_limit(arena, 5 << 20) == 0 &&
		       arena_retain_grow_limit(arena) == 5 << 20,
	       "a page class");
	expect(arena_set_retain_grow_limit(arena, (5 << 20) + 12345) == 0 &&
		       arena_retain_grow_limit(arena) == 5 << 20,
	       "rounded to %zu", arena_retain_grow_limit(arena));
	expect(arena_set_retain_grow_limit(arena, os_page) == 0 &&
		       arena_retain_grow_limit(arena) == os_page,
	       "one page");
	expect(arena_set_retain_grow_limit(arena, os_page - 1) == EFAULT, "less than a page");
	expect(arena_set_retain_grow_limit(arena, SIZE_MAX) == EFAULT, "-1");
	expect(arena_retain_grow_limit(arena) == os_page, "a failure sets");
	expect(arena_set_retain_grow_limit(arena, SIZE_MAX - 1) == 0 &&
		       arena_retain_grow_limit(arena) == SIZE_MAX_CLASS,
	       "more than any step is %zx", arena_retain_grow_limit(arena));
}
END_TEST

START_TEST(a_purge_of_all_takes_empty_slabs)
{
	struct arena *arena = arena_create(ARENA, true, NULL, &hooks_default, -1, -1);
	void *slots[1];
	bool grew = false;
	expect(bin_fill(&arena->bins[3], &arena->pages, slots + 1, 1, 1, &grew) == 1, "no memory");
	arena_decay(arena, true);
	expect(arena->bins[3].curslabs == 1, "a slab in use is taken");
	expect(pagemap_lookup(slots[0])->arena == ARENA, "whose is it");
	expect(bin_flush(&arena->bins[3], &arena->pages, slots, 1, 0) == 0, "not its own");
	arena_decay(arena, false);
	expect(arena->bins[3].curslabs == 1, "an empty slab waits for the next fill");
	arena_decay(arena, true);
	expect(arena->bins[3].curslabs == 0 && arena->pages.nactive == 0, "the slab stays");
}
END_TEST

/* What is done to all bins is done to all shards of them. */
START_TEST(all_shards)
{
	enum { CLASS = 3, SHARDS = 5 };
	void *slots[SHARDS];

	bin_shards[CLASS] = SHARDS;
	bin_shards[CLASS + 1] = 64;
	struct arena *arena = arena_create(ARENA, true, NULL, &hooks_default, -1, -1);
	struct bin *first = &arena->bins[CLASS];
	expect(arena->base->allocated >= sizeof *arena + 67 * sizeof(struct bin), "no room");
	expect(bin_nshards(first) == SHARDS && bin_nshards(&first[1]) == 64 &&
		       bin_nshards(&first[2]) == 1,
	       "as many as were asked for");
	expect(bin_shard(first, SHARDS - 1) + 1 == bin_shard(&first[1], 1), "side by side");
	for (int life = 0; life < 2; life++) {
		for (unsigned i = 0; i < SHARDS; i++)
			slots[i] = bin_take(bin_shard(first, i), &arena->pages);
		expect(arena->pages.nactive * os_page == SHARDS * bin_infos[CLASS].slab_size,
		       "each has a slab: %zu pages", arena->pages.nactive);
		for (unsigned i = 0; i < SHARDS; i++)
			bin_put(bin_of_slab(first, pagemap_lookup(slots[i])), &arena->pages,
				slots[i]);
		arena_decay(arena, true);
		expect(arena->pages.nactive == 0, "empty slabs stay");
		for (unsigned i = 0; i < SHARDS; i++)
			bin_take(bin_shard(first, i), &arena->pages);
		arena_reset(arena);
		expect(arena->pages.nactive == 0, "slabs stay");
		for (unsigned i = 0; i < SHARDS; i++)
			expect(bin_curregs(bin_shard(first, i)) == 0 &&
				       bin_shard(first, i)->nmalloc == 2,
			       "shard %u after its reset", i);
		arena_destroy(arena);
		arena_revive(arena, &hooks_default, -1, -1);
		for (unsigned i = 0; i < SHARDS; i++)
			expect(bin_shard(first, i)->nmalloc == 0, "counts of an earlier life");
	}
}
END_TEST

START_TEST(reset_takes_all_back)
{
	tracked_source_init(&source, SOURCE_KEEP);
	struct arena *arena = arena_create(ARENA, true, NULL, &source.hooks, -1, -1);

	for (int round = 0; round < 3; round++) {
		use(arena);
		arena_reset(arena);
		pages_walk(&arena->pages, &source);
		expect(arena->pages.nactive == 0, "%zu pages are active", arena->pages.nactive);
		for (unsigned i = 0; i < size_class_nbins; i++)
			expect(bin_curregs(&arena->bins[i]) == 0 && arena->bins[i].curslabs == 0 &&
				       arena->bins[i].nmalloc == arena->bins[i].ndalloc,
			       "bin %u", i);
		for (unsigned i = 0; i < SIZE_CLASSES; i++)
			expect(arena->large.counts[i].nmalloc == arena->large.counts[i].ndalloc,
			       "class %u", i);
	}
	arena_decay(arena, true);
	expect(arena->pages.sets[PAGES_DIRTY].npages == 0, "decay leaves something");
	arena_destroy(arena);
	expect(source.extents.count == 0, "%zu ranges are left", source.extents.count);
	tracked_source_fini(&source);
}
END_TEST

START_TEST(second_life_on_other_hooks)
{
	static struct tracked_source other;

	tracked_source_init(&source, SOURCE_KEEP);
	tracked_source_init(&other, SOURCE_RELEASE);
	struct arena *arena = arena_create(ARENA, true, NULL, &source.hooks, 10, 10);

	use(arena);
	arena_reset(arena);
	arena_destroy(arena);
	size_t first_life = arena->base->allocated;
	arena_revive(arena, &other.hooks, 500, 600);
	expect(arena_hooks(arena) == &other.hooks, "the old hooks");
	expect(arena_decay_ms(arena, PAGES_DIRTY) == 500 &&
		       arena_decay_ms(arena, PAGES_MUZZY) == 600,
	       "the old decay times");
	use(arena);
	pages_walk(&arena->pages, &other);
	expect(source.extents.count == 0, "the old source has extents");
	expect(arena->base->allocated <= first_life + 40000, "descriptors are not used again");
	expect(arena_set_hooks(arena, &source.hooks) == &other.hooks, "another table was set");
	expect(arena_hooks(arena) == &source.hooks, "not set");
	arena_set_hooks(arena, &other.hooks);
	arena_reset(arena);
	arena_destroy(arena);
	expect(other.extents.count == 0, "%zu ranges are left", other.extents.count);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {metadata,
				      settings,
				      a_purge_of_all_takes_empty_slabs,
				      all_shards,
				      reset_takes_all_back,
				      second_life_on_other_hooks,
				      NULL};

	return suite_run("arena", cases);
}
