/* test_bin.c - one bin on pages of its own: which slab serves next, when slabs go back, what is
 * counted, and what misuse says before it ends the process. */
#include "bin.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include "child.h"
#include "expect.h"
#include "misuse.h"
#include "random.h"
#include "suite.h"

enum { ARENA = 78, CLASS = 12, MANY = 4000 };

static struct pages pages;
static struct base base;
static struct bin bin;
static const struct bin_info *info;
static void *regions[MANY];
static bool grew; /* what bin_fill() said of fills that are looked at */

static void set_up(unsigned class)
{
	base_init(&base);
	pages_init(&pages, ARENA, &base, &hooks_default, -1, -1);
	bin_init(&bin, class);
	info = &bin_infos[class];
}

static unsigned list_length(const struct list *list)
{
	unsigned n = 0;

	list_for_each(link, list) n++;
	return n;
}

/* All that must hold between operations. */
static void check_bin(void)
{
	unsigned nonfull = 0, slabs = 0, free_regions = 0;

	for (unsigned bucket = 0; bucket < BIN_BUCKETS; bucket++) {
		list_for_each(link, &bin.buckets[bucket])
		{
			const struct extent *slab = container_of(link, struct extent, link);
			unsigned quarter = (4u * slab->nfree + info->nregs - 1) / info->nregs;

			expect(slab->nfree > 0 && slab->nfree < info->nregs, "%u of %u free",
			       slab->nfree, info->nregs);
			expect(slab->bucket == bucket && quarter == bucket + 1,
			       "%u of %u free in bucket %u", slab->nfree, info->nregs, bucket);
			free_regions += slab->nfree;
		}
		expect((bin.filled >> bucket & 1) == !list_is_empty(&bin.buckets[bucket]),
		       "bit of bucket %u", bucket);
		nonfull += list_length(&bin.buckets[bucket]);
	}
	list_for_each(link, &bin.full)
		expect(container_of(link, struct extent, link)->nfree == 0, "full, but has room");
	slabs = nonfull + list_length(&bin.full) + (bin.current != NULL);
	free_regions += bin.current != NULL ? bin.current->nfree : 0;
	expect(bin.nonfull == nonfull, "%u slabs with room, counted %zu", nonfull, bin.nonfull);
	expect(bin.curslabs == slabs, "%u slabs, counted %zu", slabs, bin.curslabs);
	expect(bin_curregs(&bin) == (size_t)slabs * info->nregs - free_regions, "%zu regions out",
	       bin_curregs(&bin));
	expect(pages.nactive * os_page == slabs * info->slab_size, "%zu pages for %u slabs",
	       pages.nactive, slabs);
}

static void expect_marked(void *region)
{
	expect(*(void **)region == region, "a region was given out twice");
}

START_TEST(scripts)
{
	struct random random;
	unsigned live = 0;
	uint64_t requests = 0, fills = 0, flushes = 0;

	random_init(&random, test_seed());
	set_up((unsigned)_i);
	for (int round = 0; round < 3000; round++) {
		if (random_below(&random, 2) == 0 || live == 0) {
			void *fresh[128];
			unsigned want = 1 + (unsigned)random_below(&random, 128);

			if (live + want > MANY)
				continue;
			if (want == 1) {
				fresh[0] = bin_take(&bin, &pages);
				requests++;
			} else {
				unsigned got = bin_fill(&bin, &pages, fresh + want, want, 7, &grew);

				expect(got == want, "%u of %u regions", got, want);
				requests += 7;
				fills++;
			}
			for (unsigned i = 0; i < want; i++) {
				*(void **)fresh[i] = fresh[i];
				regions[live++] = fresh[i];
			}
		} else {
			void *back[128];
			unsigned n = 1 + (unsigned)random_below(&random, live < 128 ? live : 128);

			for (unsigned i = 0; i < n; i++) {
				unsigned at = (unsigned)random_below(&random, live);

				expect_marked(regions[at]);
				back[i] = regions[at];
				regions[at] = regions[--live];
			}
			if (n == 1) {
				bin_put(&bin, &pages, back[0]);
			} else {
				expect(bin_flush(&bin, &pages, back, n, 3) == 0, "foreign regions");
				requests += 3;
				flushes++;
			}
		}
		expect(bin_curregs(&bin) == live, "%u out, counted %zu", live, bin_curregs(&bin));
		if (round % 50 == 0)
			check_bin();
	}
	expect(bin.nrequests == requests, "%lu requests, counted %lu", requests, bin.nrequests);
	expect(bin.nfills == fills && bin.nflushes == flushes, "visits of caches");
	expect(bin_flush(&bin, &pages, regions, live, 0) == 0, "foreign regions");
	check_bin();
	expect(bin_curregs(&bin) == 0 && bin.curslabs <= 1, "%zu slabs for nothing", bin.curslabs);
	bin_forget_counts(&bin);
	expect(bin.nmalloc == 0 && bin.ndalloc == 0 && bin.nrequests == 0 && bin.nslabs == 0,
	       "counts survive");
	bin_reset(&bin, &pages);
	expect(pages.nactive == 0, "%zu pages are left", pages.nactive);
	pages_destroy(&pages);
}
END_TEST

static void *slab_of(void *region)
{
	return pagemap_lookup(region)->address;
}

START_TEST(fullest_slab_first)
{
	unsigned nregs;

	set_up(CLASS);
	nregs = info->nregs;
	expect(bin_fill(&bin, &pages, regions + 4 * nregs, 4 * nregs, 0, &grew) == 4 * nregs,
	       "no memory");
	/* Regions of four slabs, the lowest first; three of them get room: much, little, half. */
	void *sorted[4][SLAB_REGIONS_MAX];
	unsigned filled[4] = {0}, nslabs = 0;
	void *starts[4];

	for (unsigned i = 0; i < 4 * nregs; i++) {
		unsigned s = 0;

		while (s < nslabs && starts[s] != slab_of(regions[i]))
			s++;
		if (s == nslabs)
			starts[nslabs++] = slab_of(regions[i]);
		expect(nslabs <= 4, "more than four slabs");
		sorted[s][filled[s]++] = regions[i];
	}
	unsigned others[3], n = 0;

	for (unsigned s = 0; s < 4; s++)
		if (starts[s] != bin.current->address)
			others[n++] = s;
	expect(n == 3, "the current slab is none of them");
	bin_flush(&bin, &pages, sorted[others[0]], nregs - 1, 0);
	bin_flush(&bin, &pages, sorted[others[1]], nregs / 8, 0);
	bin_flush(&bin, &pages, sorted[others[2]], nregs / 2, 0);
	check_bin();
	for (unsigned i = 0; i < 3; i++) {
		static const unsigned order[] = {1, 2, 0};
		unsigned room[] = {nregs - 1, nregs / 8, nregs / 2};

		for (unsigned r = 0; r < room[order[i]]; r++) {
			void *region = bin_take(&bin, &pages);

			expect(slab_of(region) == starts[others[order[i]]],
			       "not the fullest slab: number %u", i);
		}
	}
	expect(bin.nreslabs == 3, "%lu slabs became current again", bin.nreslabs);
	expect(bin.nslabs == 4, "%lu slabs were made", bin.nslabs);
	check_bin();
}
END_TEST

START_TEST(regions_of_other_arenas)
{
	static struct pages other_pages;
	static struct base other_base;
	static struct bin other;
	void *mixed[20];

	set_up(CLASS);
	base_init(&other_base);
	pages_init(&other_pages, ARENA + 1, &other_base, &hooks_default, -1, -1);
	bin_init(&other, CLASS);
	for (int i = 0; i < 20; i++)
		mixed[i] = i % 3 == 0 ? bin_take(&other, &other_pages) : bin_take(&bin, &pages);
	expect(bin_flush(&bin, &pages, mixed, 20, 0) == 7, "seven belong to the other");
	for (int i = 0; i < 7; i++)
		expect(pagemap_lookup(mixed[i])->arena == ARENA + 1, "not moved to the front");
	expect(bin_curregs(&bin) == 0 && bin_curregs(&other) == 7, "counted %zu and %zu",
	       bin_curregs(&bin), bin_curregs(&other));
	expect(bin_flush(&other, &other_pages, mixed, 7, 0) == 0, "back to the other");
	expect(bin_curregs(&other) == 0, "counted %zu", bin_curregs(&other));
}
END_TEST

/* Two shards of one bin, in one arena: each takes back what is its own. */
START_TEST(regions_of_other_shards)
{
	static struct bin more[1];
	void *mixed[20];

	set_up(CLASS);
	expect(bin_nshards(&bin) == 1 && bin_of_turn(&bin, 7) == &bin, "shards from nowhere");
	bin_shards[CLASS] = 2;
	bin_init(more, CLASS);
	bin.more = more;
	expect(bin_nshards(&bin) == 2 && bin_shard(&bin, 0) == &bin && bin_shard(&bin, 1) == more,
	       "two shards");
	expect(bin_of_turn(&bin, 6) == &bin && bin_of_turn(&bin, 7) == more, "by turns");
	for (int i = 0; i < 20; i++)
		mixed[i] = bin_take(i % 3 == 0 ? more : &bin, &pages);
	for (int i = 0; i < 20; i++)
		expect(bin_of_slab(&bin, pagemap_lookup(mixed[i])) == (i % 3 == 0 ? more : &bin),
		       "region %d is another's", i);
	expect(bin_flush(&bin, &pages, mixed, 20, 0) == 7, "seven belong to the other");
	for (int i = 0; i < 7; i++)
		expect(pagemap_lookup(mixed[i])->bin == more, "not moved to the front");
	expect(bin_curregs(&bin) == 0 && bin_curregs(more) == 7, "counted %zu and %zu",
	       bin_curregs(&bin), bin_curregs(more));
	expect(bin_flush(more, &pages, mixed, 7, 0) == 0, "back to the other");
	expect(bin_curregs(more) == 0, "counted %zu", bin_curregs(more));

	/* A pointer that is freed too late: no bin but one of its class may be asked. */
	void *stale = bin_take(more, &pages);
	const struct extent *slab = pagemap_lookup(stale);
	bin_reset(more, &pages);
	static struct bin other_class;
	bin_init(&other_class, CLASS + 1);
	expect(bin_of_slab(&other_class, slab) == &other_class, "a bin of another class");
	bin_shards[CLASS] = 1;
}
END_TEST

static void *no_alloc(extent_hooks_t *hooks, void *addr, size_t size, size_t alignment, bool *zero,
		      bool *commit, unsigned arena)
{
	(void)hooks, (void)addr, (void)size, (void)alignment, (void)zero, (void)commit, (void)arena;
	return NULL;
}

/* Pages that were not resident are told from those that are used again. */
START_TEST(growth_is_told)
{
	const unsigned nregs = bin_infos[CLASS].nregs;

	set_up(CLASS);
	grew = false;
	expect(bin_fill(&bin, &pages, regions + nregs / 2, nregs / 2, 0, &grew) == nregs / 2 &&
		       grew,
	       "the first slab is new");
	grew = false;
	expect(bin_fill(&bin, &pages, regions + nregs, nregs - nregs / 2, 0, &grew) > 0 && !grew,
	       "the rest of the slab was there");
	for (unsigned i = 0; i < 2; i++) {
		expect(bin_flush(&bin, &pages, regions, nregs, 0) == 0, "its own regions");
		bin_trim(&bin, &pages);
		if (i == 1)
			pages_purge(&pages, true);
		grew = false;
		expect(bin_fill(&bin, &pages, regions + nregs, nregs, 0, &grew) == nregs,
		       "no memory");
		expect(grew == (i == 1),
		       i == 0 ? "dirty pages are resident" : "purged ones are not");
	}
}
END_TEST

START_TEST(out_of_memory)
{
	extent_hooks_t none = hooks_default;
	unsigned got;

	none.alloc = no_alloc;
	set_up(CLASS);
	expect(bin_fill(&bin, &pages, regions + 10, 10, 0, &grew) == 10, "no memory");
	pages_set_hooks(&pages, &none);
	/* What is mapped serves on; then there is less than was asked for, and nothing. */
	while ((got = bin_fill(&bin, &pages, regions + 1000, 1000, 0, &grew)) == 1000)
		;
	expect(got < 1000 && bin_take(&bin, &pages) == NULL, "memory from nowhere");
	expect(bin.current == NULL, "a slab that is not");
	check_bin();
	/* One region comes back: it can be had again. */
	bin_put(&bin, &pages, regions[999]);
	expect(bin_take(&bin, &pages) == regions[999], "not the only free region");
	check_bin();
}
END_TEST

/* ---- misuse -------------------------------------------------------------------------------------
 */

static int free_twice(void *unused)
{
	(void)unused;
	set_up(CLASS);
	void *keep = bin_take(&bin, &pages), *region = bin_take(&bin, &pages);

	(void)keep;
	bin_put(&bin, &pages, region);
	bin_put(&bin, &pages, region);
	return 0;
}

static int free_twice_in_one_flush(void *unused)
{
	(void)unused;
	set_up(CLASS);
	void *twice[2];

	bin_take(&bin, &pages);
	twice[0] = twice[1] = bin_take(&bin, &pages);
	bin_flush(&bin, &pages, twice, 2, 0);
	return 0;
}

static int free_inside(void *unused)
{
	(void)unused;
	set_up(CLASS);
	bin_put(&bin, &pages, (char *)bin_take(&bin, &pages) + 16);
	return 0;
}

static int free_gone(void *unused)
{
	(void)unused;
	set_up(CLASS);
	void *region = bin_take(&bin, &pages);

	bin_reset(&bin, &pages); /* the slab is no slab any more */
	bin_put(&bin, &pages, region);
	return 0;
}

START_TEST(misuse)
{
	child_expect_abort(free_twice, "double free of 0x");
	child_expect_abort(free_twice_in_one_flush, "double free of 0x");
	child_expect_abort(free_inside, "(size class 256, arena 78), which is inside an object");
	child_expect_abort(free_gone, "double free of 0x");
}
END_TEST

static void say_nothing(const char *text)
{
	(void)text;
}

/* A slab runs empty within a flush, and then one of its regions comes a second time: the program
 * goes on, and so do the counts. */
START_TEST(free_twice_what_has_left)
{
	uint64_t findings = misuse_count(MISUSE_DOUBLE_FREE);
	unsigned nregs, n = 0;
	void *back[SLAB_REGIONS_MAX + 2], *other = NULL;

	set_up(CLASS);
	misuse_set_hook(say_nothing);
	nregs = info->nregs;
	expect(bin_fill(&bin, &pages, regions + 3 * nregs, 3 * nregs, 0, &grew) == 3 * nregs,
	       "no memory");
	void *start = slab_of(regions[0]);
	if (start == bin.current->address)
		start = slab_of(regions[3 * nregs - 1]);
	for (unsigned i = 0; i < 3 * nregs; i++) {
		if (slab_of(regions[i]) == start)
			back[n++] = regions[i];
		else if (slab_of(regions[i]) != bin.current->address)
			other = regions[i];
	}
	expect(n == nregs && other != NULL, "%u regions of one slab", n);
	back[n++] = other;
	back[n++] = back[0];
	expect(bin_flush(&bin, &pages, back, n, 0) == 0, "foreign regions");
	expect(misuse_count(MISUSE_DOUBLE_FREE) == findings + 1, "not told");
	check_bin();
	misuse_set_hook(NULL);
}
END_TEST

static void *work(void *unused)
{
	for (int i = 0; i < 3000; i++) {
		void *own[24];
		bool own_grew = false;
		unsigned got = bin_fill(&bin, &pages, own + 24, 24, 0, &own_grew);

		expect(got == 24, "no memory");
		for (int j = 0; j < 24; j++)
			*(void **)own[j] = own[j];
		for (int j = 0; j < 24; j++)
			expect_marked(own[j]);
		expect(bin_flush(&bin, &pages, own, 24, 0) == 0, "foreign");
	}
	return unused;
}

START_TEST(threads)
{
	pthread_t workers[4];

	set_up(CLASS);
	for (int i = 0; i < 4; i++)
		pthread_create(&workers[i], NULL, work, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(workers[i], NULL);
	check_bin();
	expect(bin_curregs(&bin) == 0 && bin.nmalloc == 4 * 3000 * 24, "%zu out, %lu ever",
	       bin_curregs(&bin), bin.nmalloc);
}
END_TEST

int main(void)
{
	const TTest *const once[] = {fullest_slab_first,
				     regions_of_other_arenas,
				     regions_of_other_shards,
				     growth_is_told,
				     out_of_memory,
				     misuse,
				     free_twice_what_has_left,
				     threads,
				     NULL};
	const TTest *const each[] = {scripts, NULL};

	return suite_run("bin", once) | suite_run_rows("every bin", each, (int)size_class_nbins);
}
