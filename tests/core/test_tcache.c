/* test_tcache.c - one cache over an arena of its own: filling, flushing, growing, upkeep, being
 * off, and the extremes of its options. */
#include "tcache.h"

#include <signal.h>
#include <string.h>
#include "child.h"
#include "expect.h"
#include "options.h"
#include "os.h"
#include "large_class.h"
#include "suite.h"
#include "thread.h"

static struct arena *arena;
static struct tcache cache;

static void set_up(void)
{
	unsigned index;

	expect(arenas_create(NULL, NULL, &index) == 0, "no arena");
	arena = arenas_get(index);
	memset(&cache, 0xff, sizeof cache);
	cache.thread = NULL;
	tcache_init(&cache, arena, true);
}

static void *get(unsigned class)
{
	struct cache_bin *bin = tcache_bin_of(&cache, class);
	void *region = cache_bin_peek(bin);

	if (region == NULL)
		return tcache_refill(&cache, class);
	cache_bin_drop(bin);
	return region;
}

/* A large object may be refused: it goes back as free() would send it. */
static void put(unsigned class, void *region)
{
	if (cache_bin_push(tcache_bin_of(&cache, class), region) ||
	    tcache_push_slow(&cache, class, region))
		return;
	expect(class >= size_class_nbins, "class %u is refused", class);
	large_dalloc(&arena->large, pagemap_lookup(region));
}

static size_t held_bytes(void)
{
	return tcache_bytes(&cache);
}

static size_t in_use(unsigned class)
{
	return bin_curregs(&arena->bins[class]);
}

START_TEST(fills_and_gives_back)
{
	enum { MANY = 3000 };
	static char *regions[MANY];

	set_up();
	for (unsigned class = 0; class < size_class_nbins; class ++) {
		size_t size = size_class_sizes[class];
		unsigned many = MANY / (1 + class / 4);
		uint64_t nrequests[TCACHE_CLASSES] = {0};

		for (unsigned i = 0; i < many; i++) {
			regions[i] = get(class);
			expect(regions[i] != NULL, "no memory");
			memset(regions[i], (int)(i & 127), size);
		}
		expect(in_use(class) == many + held_bytes() / size, "%zu out for %u and %zu bytes",
		       in_use(class), many, held_bytes());
		for (unsigned i = 0; i < many; i++) {
			expect(regions[i][0] == (char)(i & 127) &&
				       regions[i][size - 1] == (char)(i & 127),
			       "class %u: region %u is somebody else's too", class, i);
			put(class, regions[i]);
		}
		expect(held_bytes() / size <= cache.slow[class + 1].most, "holds %zu regions",
		       held_bytes() / size);
		expect(in_use(class) * size == held_bytes(), "%zu out, %zu bytes held",
		       in_use(class), held_bytes());
		tcache_unreported(&cache, nrequests);
		expect(arena->bins[class].nrequests + nrequests[class] == many,
		       "class %u: %lu requests and %lu unreported, for %u", class,
		       arena->bins[class].nrequests, nrequests[class], many);
		tcache_flush(&cache);
		expect(in_use(class) == 0 && held_bytes() == 0, "something stays");
		expect(arena->bins[class].nrequests == many, "flushing reports requests");
	}
	tcache_fini(&cache);
	expect(list_is_empty(&arena->threads), "still bound to its arena");
}
END_TEST

START_TEST(ascending_addresses)
{
	set_up();
	char *before = get(8);

	for (int i = 0; i < 64; i++) {
		char *region = get(8);

		expect(region == before + size_class_sizes[8], "not the next: %p after %p",
		       (void *)region, (void *)before);
		before = region;
	}
}
END_TEST

START_TEST(large_classes)
{
	unsigned class = size_class_nbins;
	void *p;

	set_up();
	expect(tcache_refill(&cache, class) == NULL, "large objects are fetched ahead");
	p = large_of_class(&arena->large, class, 0, false);
	put(class, p);
	expect(held_bytes() == size_class_sizes[class], "%zu bytes", held_bytes());
	expect(get(class) == p, "not what was put");
	put(class, p);
	tcache_flush(&cache);
	expect(arena->large.counts[class].ndalloc == 1, "not given back");
	expect(arena->large.counts[class].nserved == 1, "%lu requests",
	       arena->large.counts[class].nserved);
	expect(!tcache_push_slow(&cache, size_class_ncached, p), "a class that is not cached");
	expect(tcache_refill(&cache, size_class_ncached) == NULL, "a class that is not cached");
}
END_TEST

/* The cache of a thread keeps large objects of a class that came back, not of one that the program
 * only passed through. */
START_TEST(a_large_class_earns_its_place)
{
	unsigned class = size_class_nbins;

	set_up();
	tcache_set_max(&cache, TCACHE_MAX_LIMIT);
	cache.thread = thread_get();
	void *regions[3];
	for (unsigned i = 0; i < 3; i++)
		regions[i] = large_of_class(&arena->large, class + i, 0, false);
	expect(!tcache_push_slow(&cache, class, regions[0]), "kept at once");
	expect(tcache_refill(&cache, class + 1) == NULL, "fetched ahead");
	expect(!tcache_push_slow(&cache, class + 1, regions[1]), "kept without having come back");
	for (unsigned i = 0; i < 2; i++) {
		expect(tcache_refill(&cache, class + i) == NULL, "fetched ahead");
		expect(tcache_push_slow(&cache, class + i, regions[i]), "not kept");
		expect(get(class + i) == regions[i], "not the one that was kept");
	}

	/* Long ago is as never. */
	expect(!tcache_push_slow(&cache, class + 2, regions[2]), "kept at once");
	for (unsigned i = 3; i < 12; i++)
		expect(!tcache_push_slow(&cache, class + i, regions[0]), "kept at once");
	expect(tcache_refill(&cache, class + 2) == NULL, "fetched ahead");
	expect(!tcache_push_slow(&cache, class + 2, regions[2]), "kept though it was long ago");

	/* And a class that nobody uses has to earn it again. */
	put(class, regions[0]);
	for (unsigned i = 0; i < 2; i++)
		stack_trim(&cache, class);
	expect(held_bytes() == 0, "%zu bytes of what nobody asks for", held_bytes());
	for (unsigned i = 1; i < 3; i++)
		large_dalloc(&arena->large, pagemap_lookup(regions[i]));
	cache.thread = NULL;
	tcache_fini(&cache);
}
END_TEST

/* A large object is in the cache when its arena is reset, and a slab takes its place
 * (a full one: what is left of it might be told by accident). */
static int flush_over_a_slab(void *unused)
{
	unsigned class = size_class_nbins, small = size_class_of(64);

	(void)unused;
	set_up();
	void *stale = large_of_class(&arena->large, class, 0, false);
	put(class, stale);
	arena_reset(arena);
	for (unsigned i = 0; i < bin_infos[small].nregs; i++) {
		void *region = bin_take(&arena->bins[small], &arena->pages);
		expect(i > 0 || region == stale, "%p is not where %p was", region, stale);
	}
	tcache_flush(&cache);
	return 0;
}

START_TEST(a_slab_is_not_taken_for_a_large_object)
{
	struct child_end end;

	if (bin_infos[size_class_of(64)].slab_size != size_class_large_min)
		return; /* at larger pages: no slab of that size */
	child_run(flush_over_a_slab, NULL, 20, &end);
	expect(end.signal == SIGABRT, "%s: %s", child_describe(&end), end.output);
	expect(strstr(end.output, "whose memory is gone") != NULL, "%s", end.output);
}
END_TEST

static bool put_if_wanted(unsigned class, void *region)
{
	return cache_bin_push(tcache_bin_of(&cache, class), region) ||
	       tcache_push_slow(&cache, class, region);
}

START_TEST(large_classes_share_their_bytes)
{
	unsigned first = size_class_of(size_class_large_min);
	unsigned last = size_class_ncached - 1;
	size_t most = options.tcache_max;

	set_up();
	for (int round = 0; round < 3; round++) {
		for (unsigned class = first; class <= last; class ++) {
			void *region = large_of_class(&arena->large, class, 0, false);

			if (!put_if_wanted(class, region))
				large_dalloc(&arena->large, pagemap_lookup(region));
			expect(held_bytes() <= most, "%zu bytes of large objects", held_bytes());
		}
	}
	/* The largest of all takes the place of the others once it has come by twice. */
	void *region = large_of_class(&arena->large, last, 0, false);
	if (!put_if_wanted(last, region))
		expect(put_if_wanted(last, region), "no place for the largest");
	expect(held_bytes() == size_class_sizes[last], "%zu bytes", held_bytes());
	expect(get(last) == region, "not the largest");
	large_dalloc(&arena->large, pagemap_lookup(region));
	/* What nobody asks for goes. */
	for (int visit = 0; visit < 3 * 32; visit++)
		tcache_collect(&cache);
	expect(cache.large_left == most && held_bytes() == 0, "%zu of %zu bytes are left",
	       cache.large_left, most);
	tcache_fini(&cache);
}
END_TEST

START_TEST(pushing_alone_keeps_a_stack_short)
{
	enum { MANY = 3000 };
	static void *regions[MANY];

	set_up();
	/* Taken past the cache, as by another thread. */
	for (unsigned i = 0; i < MANY; i++)
		regions[i] = bin_take(&arena->bins[4], &arena->pages);
	for (unsigned i = 0; i < MANY; i++)
		put(4, regions[i]);
	expect(held_bytes() <= 8192, "%zu bytes that nobody asked for", held_bytes());
	tcache_flush(&cache);
	/* Up and down: each time that it runs empty it may grow. */
	for (int round = 0; round < 5; round++) {
		for (unsigned i = 0; i < 800; i++)
			regions[i] = get(4);
		for (unsigned i = 0; i < 800; i++)
			put(4, regions[i]);
	}
	expect(held_bytes() >= 800 * 64, "%zu bytes after going up and down", held_bytes());
	tcache_fini(&cache);
}
END_TEST

START_TEST(hidden_regions_come_back)
{
	void *regions[64];
	unsigned order[64];

	set_up();
	for (unsigned i = 0; i < 64; i++)
		regions[i] = get(4);
	tcache_flush(&cache); /* of what was fetched beyond those */
	for (unsigned i = 0; i < 64; i++)
		put(4, regions[i]);
	unsigned held = stack_held(&cache, 4);
	for (int visit = 0; visit < 32; visit++) {
		if (cache.slow[5].hidden == 0) {
			tcache_collect(&cache);
			continue;
		}
		expect(cache.slow[5].hidden == (held + 1) / 2, "%u of %u are hidden",
		       cache.slow[5].hidden, held);
		expect(stack_held(&cache, 4) == held, "hiding loses some");
		/* All can be had, the hidden ones too, and in their old order. */
		unsigned fills = (unsigned)arena->bins[4].nfills;
		for (unsigned i = 0; i < held; i++) {
			void *region = get(4);
			for (order[i] = 0; regions[order[i]] != region; order[i]++)
				expect(order[i] < 63, "a region that was never put");
			expect(i == 0 || order[i] == order[i - 1] - 1, "another order");
		}
		expect(arena->bins[4].nfills == fills, "fetched, though it had some");
		expect(cache.slow[5].hidden == 0 && stack_held(&cache, 4) == 0, "some are left");
		for (unsigned i = 0; i < held; i++)
			put(4, regions[order[i]]);
		tcache_flush(&cache);
		expect(in_use(4) == 64 - held, "%zu regions out", in_use(4));
		return;
	}
	expect(false, "upkeep hides nothing");
}
END_TEST

START_TEST(upkeep_takes_what_is_not_needed)
{
	enum { MANY = 150 };
	void *regions[MANY];

	set_up();
	for (unsigned round = 0; round < 2; round++) { /* the first one teaches the stack */
		for (unsigned i = 0; i < MANY; i++)
			regions[i] = get(4);
		for (unsigned i = 0; i < MANY; i++)
			put(4, regions[i]);
	}
	size_t before = held_bytes(), least = SIZE_MAX;

	expect(before >= MANY * 64 / 2, "%zu bytes held", before);
	for (int visit = 0; visit < 20 * 16; visit++) {
		tcache_collect(&cache);
		expect(held_bytes() <= before, "upkeep adds");
		least = held_bytes() < least ? held_bytes() : least;
	}
	expect(least == 0, "%zu bytes are left of a cache that nobody uses", least);
	expect(in_use(4) == 0, "%zu regions out", in_use(4));
	expect(cache.slow[5].slots == cache.first_slots[4], "the slots did not shrink");
	/* And is as good as before. */
	void *region = get(4);
	expect(region != NULL, "no memory");
	put(4, region);
	tcache_fini(&cache);
}
END_TEST

/* Regions of a class that nobody wants any more hold slabs whose pages others could use. */
START_TEST(growth_takes_what_is_not_needed)
{
	enum { IDLE = 4, GROWING = 6, MANY = 64, SLABS = 160 }; /* beyond 1 MiB */
	void *regions[MANY];

	for (int is_on = 0; is_on < 2; is_on++) {
		options.experimental_tcache_gc = is_on;
		set_up();
		for (unsigned i = 0; i < MANY; i++)
			regions[i] = get(IDLE);
		for (unsigned i = 0; i < MANY; i++)
			put(IDLE, regions[i]);
		size_t held = stack_held(&cache, IDLE);
		size_t small_heap = ((size_t)1 << 20) / bin_infos[GROWING].size;
		for (size_t i = 0; i < small_heap / 2; i++)
			expect(get(GROWING) != NULL, "no memory");
		expect(stack_held(&cache, IDLE) == held, "a small heap is looked after");
		for (size_t i = 0; i < small_heap + SLABS * bin_infos[GROWING].nregs; i++)
			expect(get(GROWING) != NULL, "no memory");
		expect(stack_held(&cache, IDLE) == (is_on ? 0 : held), "%u of %zu are held",
		       stack_held(&cache, IDLE), held);
		tcache_fini(&cache);
	}
}
END_TEST

START_TEST(switched_off_and_on)
{
	void *region;

	set_up();
	region = get(4);
	put(4, region);
	tcache_set_enabled(&cache, false);
	expect(held_bytes() == 0 && in_use(4) == 0, "a disabled cache holds something");
	expect(cache_bin_peek(tcache_bin_of(&cache, 4)) == NULL, "and gives it");
	expect(tcache_refill(&cache, 4) == NULL, "and fills");
	expect(!tcache_push_slow(&cache, 4, region), "and takes");
	tcache_set_enabled(&cache, true);
	region = get(4);
	expect(region != NULL, "does not work any more");
	put(4, region);
	tcache_fini(&cache);
}
END_TEST

START_TEST(another_arena)
{
	struct arena *first;
	void *old, *fresh;
	unsigned index;

	set_up();
	first = arena;
	old = get(4);
	expect(arenas_create(NULL, NULL, &index) == 0, "no arena");
	tcache_flush(&cache);
	tcache_set_arena(&cache, arenas_get(index));
	fresh = get(4);
	expect(arenas_of(old) == first && arenas_of(fresh) == arenas_get(index), "wrong arena");
	expect(list_is_empty(&first->threads), "still bound to the first");
	put(4, old);
	put(4, fresh);
	tcache_fini(&cache);
	expect(bin_curregs(&first->bins[4]) == 0 && bin_curregs(&arenas_get(index)->bins[4]) == 0,
	       "a region did not go home");
}
END_TEST

static uint64_t reported(const struct arena *of)
{
	return of->bins[4].nrequests;
}

START_TEST(requests_are_reported_once)
{
	unsigned index, n = 0;

	set_up();
	/* Nothing is held that could go back with them. */
	do {
		expect(get(4) != NULL, "no memory");
		n++;
	} while (stack_held(&cache, 4) > 0);
	tcache_flush(&cache);
	expect(reported(arena) == n, "%lu of %u requests", reported(arena), n);

	/* What is held belongs to another arena, whose own requests these are not. */
	expect(arenas_create(NULL, NULL, &index) == 0, "no arena");
	struct arena *other = arenas_get(index);
	put(4, bin_take(&other->bins[4], &other->pages));
	for (int i = 0; i < 3; i++)
		put(4, get(4));
	n += 3;
	tcache_flush(&cache);
	expect(reported(arena) == n && reported(other) == 1, "%lu and %lu requests",
	       reported(arena), reported(other));

	/* The cache goes over to the other arena: so do later requests, not those of before. */
	for (int i = 0; i < 40; i++)
		put(4, get(4));
	n += 40;
	tcache_set_arena(&cache, other);
	expect(reported(arena) == n, "%lu of %u requests", reported(arena), n);
	tcache_flush(&cache);
	expect(reported(other) == 1, "%lu requests are another arena's", reported(other));
	tcache_fini(&cache);
}
END_TEST

static const struct extreme {
	size_t max;
	ssize_t mul;
	unsigned least, most, large;
} extremes[] = {
	{0, 1, 1, 1, 1},          {8388608, 16, 2048, 2048, 2048},
	{32768, -16, 2048, 1, 1}, {8388608, 0, 1, 2048, 1},
	{64, -16, 1, 2, 1},       {14336, 1, 2048, 2048, 20},
	{1, 16, 20, 200, 2048},
};

START_TEST(extreme_options)
{
	const struct extreme *extreme = &extremes[_i];
	static void *regions[5000];

	options.tcache_max = extreme->max;
	options.lg_tcache_nslots_mul = extreme->mul;
	options.tcache_nslots_small_min = extreme->least;
	options.tcache_nslots_small_max = extreme->most;
	options.tcache_nslots_large = extreme->large;
	tcache_boot();
	expect(size_class_ncached >= 1 && size_class_ncached <= TCACHE_CLASSES, "%u classes",
	       size_class_ncached);
	set_up();
	for (unsigned class = 0; class < size_class_ncached; class ++) {
		unsigned many = class < 8 ? 5000 : class < size_class_nbins ? 100 : 3;

		expect(cache.slow[class + 1].most >= 1 &&
			       (class >= size_class_nbins ||
				cache.slow[class + 1].most <= extreme->most),
		       "class %u: %u slots", class, cache.slow[class + 1].most);
		for (unsigned i = 0; i < many; i++) {
			regions[i] = get(class);
			if (regions[i] == NULL)
				regions[i] = large_of_class(&arena->large, class, 0, false);
			expect(regions[i] != NULL, "no memory");
			*(void **)regions[i] = regions[i];
		}
		for (unsigned i = 0; i < many; i++) {
			expect(*(void **)regions[i] == regions[i], "a region is shared");
			put(class, regions[i]);
		}
		/* Slots of every size go back and are taken again. */
		tcache_collect(&cache);
	}
	tcache_fini(&cache);
	for (unsigned class = 0; class < size_class_nbins; class ++)
		expect(in_use(class) == 0, "class %u: %zu out", class, in_use(class));
}
END_TEST

/* Pushes until the stack was full once; returns what it held before and after that. */
static unsigned fill_up(unsigned class, unsigned *before)
{
	static void *regions[4 * TCACHE_SLOTS_MAX];
	unsigned n = 0;
	for (; n < ARRAY_LEN(regions); n++)
		regions[n] = bin_take(&arena->bins[class], &arena->pages);
	tcache_flush(&cache);
	for (n = 0; n < ARRAY_LEN(regions); n++) {
		unsigned held = stack_held(&cache, class);
		put(class, regions[n]);
		if (stack_held(&cache, class) <= held) {
			*before = held;
			return stack_held(&cache, class);
		}
	}
	expect(false, "never full");
	return 0;
}

START_TEST(a_full_stack_gives_up_what_the_option_says)
{
	unsigned before, after;
	set_up();
	after = fill_up(4, &before);
	expect(after == before - before / 2 + 1 || after == before / 2 + 1, "%u of %u", after,
	       before);
	tcache_flush(&cache);
	options.lg_tcache_flush_small_div = 3;
	after = fill_up(4, &before);
	expect(after == (before >> 3) + 1, "%u of %u", after, before);
	tcache_flush(&cache);
	options.lg_tcache_flush_small_div = 16;
	after = fill_up(4, &before);
	expect(after == 1, "%u of %u", after, before);
}
END_TEST

/* Pushes regions until the stack has given some up; returns how many it had then and has kept. */
static unsigned push_until_flushed(unsigned class, void **regions, unsigned *next, unsigned *before)
{
	unsigned held;
	do {
		held = stack_held(&cache, class);
		put(class, regions[(*next)++]);
	} while (stack_held(&cache, class) > held);
	*before = held;
	return stack_held(&cache, class) - 1; /* without the one that was pushed */
}

/* It was refilled a moment ago, so it keeps most of it; and then, as nobody asks, less and less. */
START_TEST(who_only_pushes_keeps_less_and_less)
{
	enum { CLASS = 4, REGIONS = 10 * TCACHE_SLOTS_MAX };
	static void *regions[REGIONS];
	unsigned next = 0, before;
	set_up();
	for (unsigned i = 0; i < REGIONS; i++)
		expect((regions[i] = get(CLASS)) != NULL, "no region");
	for (unsigned pass = 0; pass < 2; pass++) {
		unsigned kept = push_until_flushed(CLASS, regions, &next, &before);
		expect(kept == before - before / 4, "%u of %u first", kept, before);
		for (unsigned shift = 1; shift <= 5; shift++) {
			unsigned share = before >> (shift < 3 ? shift : 3);
			kept = push_until_flushed(CLASS, regions, &next, &before);
			expect(kept == share, "%u of %u, not %u", kept, before, share);
		}
		while (stack_held(&cache, CLASS) > 0) /* what was pushed comes again */
			regions[--next] = get(CLASS);
		regions[--next] = get(CLASS); /* a miss */
	}
	while (next < REGIONS)
		put(CLASS, regions[next++]);
	tcache_flush(&cache);
	expect(in_use(CLASS) == 0, "%zu are out", in_use(CLASS));
}
END_TEST

START_TEST(a_full_stack_of_large_objects_too)
{
	unsigned class = size_class_nbins, before = 0, after = 0;
	void *objects[64];
	set_up();
	options.lg_tcache_flush_large_div = 16;
	for (unsigned i = 0; i < ARRAY_LEN(objects); i++)
		objects[i] = large_of_class(&arena->large, class, 0, false);
	for (unsigned i = 0; i < ARRAY_LEN(objects) && after >= before; i++) {
		before = stack_held(&cache, class);
		put(class, objects[i]);
		after = stack_held(&cache, class);
	}
	expect(before == cache.slow[class + 1].most && after == 1, "%u of %u stay", after, before);
}
END_TEST

/* What the option says, though the size was missed and its capacity earned. */
START_TEST(half_of_the_large_objects_stay)
{
	unsigned class = size_class_nbins, before = 0, after = 0;

	set_up();
	if (cache.slow[class + 1].most < 2)
		return; /* at larger pages a cache has bytes for one */
	cache.thread = thread_get();
	options.lg_tcache_flush_large_div = 1;
	put(class, large_of_class(&arena->large, class, 0, false));
	expect(tcache_refill(&cache, class) == NULL, "fetched ahead");
	for (unsigned i = 0; i < 64 && after >= before; i++) {
		before = stack_held(&cache, class);
		put(class, large_of_class(&arena->large, class, 0, false));
		after = stack_held(&cache, class);
	}
	expect(before > 1 && after == (before >> 1) + 1, "%u of %u stay", after, before);
	tcache_flush(&cache);
	cache.thread = NULL;
}
END_TEST

START_TEST(upkeep_leaves_little_things_alone)
{
	void *regions[5];
	set_up();
	for (unsigned late = 0; late < 2; late++) {
		options.tcache_gc_delay_bytes = late ? 1 << 20 : 0;
		for (unsigned i = 0; i < 5; i++)
			regions[i] = get(4);
		for (unsigned i = 0; i < 5; i++)
			put(4, regions[i]);
		for (unsigned i = 0; i < 500; i++)
			tcache_collect(&cache);
		unsigned held = stack_held(&cache, 4);
		expect(late ? held >= 5 : held == 0, "%u regions stay", held);
	}
}
END_TEST

static int boot_with_slots(void *unused)
{
	(void)unused;
	option_set(&options, OPTION_tcache_ncached_max, "8-64:3|20000-9000000:0", 22);
	tcache_boot();
	set_up();
	return cache.slow[0 + 1].most == 3 && cache.slow[4 + 1].most == 3 &&
			       cache.slow[5 + 1].most > 3 &&
			       cache.slow[size_class_of(20000) + 1].most == 0
		       ? 0
		       : 1;
}

START_TEST(the_option_says_how_many_regions)
{
	struct child_end end;
	set_up();
	child_run(boot_with_slots, NULL, 20, &end);
	expect(end.signal == 0 && end.status == 0, "%s: %s", child_describe(&end), end.output);
}
END_TEST

int main(void)
{
	const TTest *const once[] = {fills_and_gives_back,
				     ascending_addresses,
				     large_classes,
				     a_large_class_earns_its_place,
				     a_slab_is_not_taken_for_a_large_object,
				     large_classes_share_their_bytes,
				     pushing_alone_keeps_a_stack_short,
				     hidden_regions_come_back,
				     upkeep_takes_what_is_not_needed,
				     growth_takes_what_is_not_needed,
				     switched_off_and_on,
				     another_arena,
				     requests_are_reported_once,
				     a_full_stack_gives_up_what_the_option_says,
				     who_only_pushes_keeps_less_and_less,
				     a_full_stack_of_large_objects_too,
				     half_of_the_large_objects_stay,
				     upkeep_leaves_little_things_alone,
				     the_option_says_how_many_regions,
				     NULL};
	const TTest *const each[] = {extreme_options, NULL};

	return suite_run("tcache", once) |
	       suite_run_rows("tcache at extremes", each, (int)ARRAY_LEN(extremes));
}
