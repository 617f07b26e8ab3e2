/* test_hpa.c - packing as an arena has it: what comes out of huge pages and what does not, where it
 * cannot be, and that reset, destroy, hooks, fork and statistics know of it. */
#include "hpa.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "arenas.h"
#include "boot.h"
#include "child.h"
#include "ctl_snapshot.h"
#include "expect.h"
#include "hpa_walk.h"
#include "jemalloc/jemalloc.h"
#include "moonheap/moonheap.h"
#include "options.h"
#include "os.h"
#include "os_purge.h"
#include "page_alloc.h"
#include "page_guard.h"
#include "page_move.h"
#include "resident.h"
#include "suite.h"
#include "thp.h"

#define H(name) MOONHEAP_NAME(name)

enum { ARENA = 77 };

static struct pages pages;
static struct base base;

/* As boot would, with this system's policy taken for one that gives huge pages when asked. */
static void set_options(void)
{
	os_boot();
	os_trust_purge();
	size_class_boot(os_page, NULL);
	options.hpa = true;
	thp_policy = THP_POLICY_MADVISE;
	hpa_boot();
	expect(options.hpa, "packing is off");
}

static void set_up(void)
{
	set_options();
	memset(&pages, 0, sizeof pages);
	base_init(&base);
	pages_init(&pages, ARENA, &base, &hooks_default, 10000, 0);
	pages_pack(&pages);
	expect(pages.hpa != NULL && pages.packs_up_to == 65536, "not packed");
}

static struct extent *take(size_t size, size_t alignment)
{
	struct extent *extent = pages_alloc(&pages, size, alignment, false);

	expect(extent != NULL && extent->state == PAGES_ACTIVE, "no memory");
	memset(extent->address, 1, extent->size);
	return extent;
}

static size_t active(void)
{
	return hpa_walk(&pages.hpa->shard);
}

START_TEST(small_ones_are_packed)
{
	set_up();
	struct extent *small = take(os_page, 0), *limit = take(65536, 0);
	struct extent *large = take(65536 + os_page, 0), *aligned = take(os_page, 65536);
	struct extent *apart = pages_alloc_apart(&pages, os_page, 0, false);
	expect(hpa_owns(pages.hpa, small) && hpa_owns(pages.hpa, limit), "not packed");
	expect(!hpa_owns(pages.hpa, large) && !hpa_owns(pages.hpa, aligned) &&
		       !hpa_owns(pages.hpa, apart),
	       "packed");
	expect(active() == 17 && pages.nactive == 17 + 1 + 1, "%zu and %zu pages are active",
	       active(), pages.nactive);
	struct extent *extents[] = {small, limit, large, aligned, apart};
	for (unsigned i = 0; i < 5; i++)
		pages_dalloc(&pages, extents[i]);
	hpa_sec_flush(&pages.hpa->sec);
	expect(active() == 0 && pages.nactive == 0, "not everything came back");
}
END_TEST

START_TEST(zeroed_when_asked)
{
	set_up();
	for (unsigned i = 0; i < 300; i++) {
		struct extent *extent = pages_alloc(&pages, 32768, 0, true);
		for (size_t at = 0; at < extent->size; at += 8)
			expect(*(uint64_t *)ptr_add(extent->address, at) == 0, "not zero");
		memset(extent->address, 1, extent->size);
		if (i % 3 != 0)
			pages_dalloc(&pages, extent);
	}
}
END_TEST

START_TEST(resized)
{
	set_up();
	struct extent *extent = take(65536, 0);
	expect(!pages_expand(&pages, extent, 2 * 65536, false), "grown into its neighbours");
	expect(pages_shrink(&pages, extent, 20480) && extent->size == 20480, "not shrunk");
	expect(active() == 5, "%zu pages are active", active());
	uint64_t count = 0;
	struct extent *to = pages_alloc_to_grow(&pages, 65536, false, &count);
	expect(count == 1, "not counted");
	expect(hpa_owns(pages.hpa, to) && !pages_move(&pages, extent, &pages, to), "moved");
	pages_dalloc(&pages, extent);
	pages_dalloc_counted(&pages, to, &count);
	expect(count == 2, "not counted");
	pages_purge(&pages, true);
	expect(active() == 0 && pages.hpa->shard.set.ndirty == 0, "not everything is purged");
}
END_TEST

START_TEST(hooks_end_it)
{
	extent_hooks_t hooks = hooks_default;

	set_up();
	struct extent *before = take(os_page, 0);
	expect(pages_set_hooks(&pages, &hooks) == &hooks_default, "the old ones");
	struct extent *after = take(os_page, 0);
	expect(hpa_owns(pages.hpa, before) && !hpa_owns(pages.hpa, after), "still packed");
	pages_dalloc(&pages, before);
	pages_dalloc(&pages, after);
	expect(take(os_page, 0) != NULL && !hpa_owns(pages.hpa, take(os_page, 0)), "packed again");
	pages_set_hooks(&pages, &hooks_default);
	expect(!hpa_owns(pages.hpa, take(os_page, 0)), "packed again");
}
END_TEST

START_TEST(destroyed)
{
	set_up();
	pages_dalloc(&pages, take(os_page, 0)); /* what maps need */
	size_t before = mapped_bytes();
	struct extent *extents[2000];
	for (unsigned i = 0; i < 2000; i++)
		extents[i] = take(65536, 0);
	for (unsigned i = 0; i < 2000; i++)
		pages_dalloc(&pages, extents[i]);
	pages_destroy(&pages);
	expect(mapped_bytes() < before + ((size_t)4 << 20), "%zu bytes stay mapped",
	       mapped_bytes() - before);
	expect(hpa_owns(pages.hpa, take(os_page, 0)), "not packed any more");
}
END_TEST

/* What is to be done is told to those who purge, with its time, and they do it. */
START_TEST(told_when_due)
{
	options.hpa_min_purge_interval_ms = 1000;
	options.hpa_hugify_style = HPA_HUGIFY_NONE;
	set_up();
	pages_due_ns = UINT64_MAX;
	struct extent *extents[64];
	for (unsigned i = 0; i < 64; i++)
		extents[i] = take(65536, 0);
	expect(pages_due_ns == UINT64_MAX, "due already");
	uint64_t now = os_now_ns();
	for (unsigned i = 0; i < 60; i++)
		pages_dalloc(&pages, extents[i]);
	expect(pages_due_ns >= now + 900000000 && pages_due_ns <= now + 2000000000, "due in %ld ms",
	       (long)(pages_due_ns - now) / 1000000);
	expect(pages_has_due(&pages), "nothing will be due");
	expect(pages_step_hpa(&pages, now) != UINT64_MAX, "done at once");
	expect(pages_step_hpa(&pages, now + 3000000000) == UINT64_MAX, "not done");
	expect(pages.hpa->shard.npurges > 0, "nothing was purged");
	hpa_walk(&pages.hpa->shard);
}
END_TEST

/* ---- where it cannot be ---- */

static int boot_unsupported(void *policy)
{
	os_boot();
	options.hpa = true;
	thp_policy = *(enum thp_policy *)policy;
	hpa_boot();
	return options.hpa ? 1 : 0;
}

static int boot_with_larger_pages(void *unused)
{
	(void)unused;
	os_boot();
	os_page = 16384;
	options.hpa = true;
	thp_policy = THP_POLICY_ALWAYS;
	hpa_boot();
	return options.hpa ? 1 : 0;
}

static int boot_and_abort(void *policy)
{
	options.abort_conf = true;
	return boot_unsupported(policy);
}

START_TEST(not_supported)
{
	static const char message[] =
		"<jemalloc>: HPA not supported in the current configuration; ";
	enum thp_policy none = THP_POLICY_NONE, never = THP_POLICY_NEVER;
	struct child_end end;

	child_run(boot_unsupported, &none, 10, &end);
	expect(end.status == 0 && end.signal == 0, "%s", child_describe(&end));
	expect(strstr(end.output, message) != NULL && strstr(end.output, "disabling.\n") != NULL,
	       "%s", end.output);
	child_run(boot_unsupported, &never, 10, &end);
	expect(end.status == 0 && strstr(end.output, message) != NULL, "%s", end.output);
	child_run(boot_with_larger_pages, NULL, 10, &end);
	expect(end.status == 0 && strstr(end.output, message) != NULL, "%s", end.output);
	child_run(boot_and_abort, &none, 10, &end);
	expect(end.signal == SIGABRT && strstr(end.output, "aborting.\n") != NULL, "%s",
	       end.output);
}
END_TEST

/* ---- the whole allocator ---- */

static void refresh(void)
{
	uint64_t epoch = 1;
	expect(H(mallctl)("epoch", NULL, NULL, &epoch, sizeof epoch) == 0, "epoch");
}

static size_t number(const char *name)
{
	size_t value = 0, size = sizeof value;
	expect(H(mallctl)(name, &value, &size, NULL, 0) == 0, "%s", name);
	return value;
}

/* The process has booted with its options before main(): the first arena gets what it would have.
 */
static void boot(void)
{
	expect(boot_ensure(), "boot");
	set_options();
	pages_pack(&arenas_get(0)->pages);
}

static unsigned create_arena(extent_hooks_t *hooks)
{
	unsigned index;
	expect(arenas_create(hooks != NULL ? hooks : &hooks_default, NULL, &index) == 0,
	       "no arena");
	return index;
}

START_TEST(which_arenas)
{
	extent_hooks_t hooks = hooks_default;

	boot();
	expect(arenas_get(0)->pages.packs_up_to == 65536, "the first one");
	if (arenas_auto() > 1)
		expect(arenas_get_or_start(1)->pages.hpa != NULL, "an automatic one");
	expect(arenas_get_or_start(arenas_auto())->pages.hpa == NULL, "that of huge objects");
	unsigned plain = create_arena(NULL), own = create_arena(&hooks);
	expect(arenas_get(plain)->pages.hpa != NULL && arenas_get(own)->pages.hpa == NULL,
	       "one with hooks of its own");
	/* The index of a destroyed one serves another. */
	expect(arenas_destroy(plain) == 0 && create_arena(&hooks) == plain, "destroy");
	expect(arenas_get(plain)->pages.packs_up_to == 0, "with hooks of its own");
	expect(arenas_destroy(plain) == 0 && create_arena(NULL) == plain, "destroy");
	expect(arenas_get(plain)->pages.packs_up_to == 65536, "not packed again");
}
END_TEST

START_TEST(reset_and_statistics)
{
	boot();
	unsigned index = create_arena(NULL);
	struct arena *arena = arenas_get(index);
	int flags = MALLOCX_ARENA(index) | MALLOCX_TCACHE_NONE;
	for (unsigned i = 0; i < 3000; i++) {
		void *p = H(mallocx)(i % 3 == 0 ? 20000 : i % 700 + 1, flags);
		expect(p != NULL, "no memory");
		memset(p, 1, 8);
	}
	refresh();
	char name[100];
	snprintf(name, sizeof name, "stats.arenas.%u.hpa_shard.nactive", index);
	size_t in_shard = number(name);
	expect(in_shard == hpa_walk(&arena->pages.hpa->shard) && in_shard >= 1000 * 5,
	       "%zu pages are active", in_shard);
	snprintf(name, sizeof name, "stats.arenas.%u.pactive", index);
	expect(number(name) == in_shard + arena->pages.nactive, "pactive is %zu", number(name));
	snprintf(name, sizeof name, "stats.arenas.%u.hpa_shard.npageslabs", index);
	size_t sum = 0, slabs = number(name);
	for (unsigned room = 0; room < 64; room++) {
		for (unsigned huge = 0; huge < 2; huge++) {
			snprintf(name, sizeof name,
				 "stats.arenas.%u.hpa_shard.nonfull_slabs.%u.npageslabs_%s", index,
				 room, huge ? "huge" : "nonhuge");
			sum += number(name);
		}
	}
	snprintf(name, sizeof name, "stats.arenas.%u.hpa_shard.full_slabs.npageslabs_nonhuge",
		 index);
	expect(sum + number(name) == slabs, "%zu slabs, %zu of them in rooms", slabs, sum);
	size_t all[2] = {0};
	for (unsigned i = 0; i < 2; i++) {
		snprintf(name, sizeof name, "stats.arenas.%u.hpa_shard.slabs.npageslabs_%shuge",
			 index, i == 0 ? "non" : "");
		all[i] = number(name);
	}
	expect(all[0] + all[1] == slabs, "%zu and %zu slabs", all[0], all[1]);
	snprintf(name, sizeof name, "stats.arenas.%u.hpa_shard.slabs.nactive_nonhuge", index);
	size_t nonhuge = number(name);
	snprintf(name, sizeof name, "stats.arenas.%u.hpa_shard.slabs.nactive_huge", index);
	expect(nonhuge + number(name) == in_shard, "%zu pages", nonhuge);
	/* Who got extents, and what the cache before them did. */
	static const char *const sec[] = {"hits", "misses", "dalloc_noflush", "dalloc_flush",
					  "overfills"};
	size_t in_sec[5];
	for (unsigned i = 0; i < 5; i++) {
		snprintf(name, sizeof name, "stats.arenas.%u.hpa_sec_%s", index, sec[i]);
		in_sec[i] = number(name);
	}
	expect(in_sec[1] >= 1000 && in_sec[2] == 0 && in_sec[3] == 0 && in_sec[4] == 0,
	       "%zu misses", in_sec[1]);
	snprintf(name, sizeof name, "stats.arenas.%u.hpa_shard.alloc.1.extents", index);
	expect(number(name) == in_sec[1], "%zu extents, %zu misses", number(name), in_sec[1]);
	snprintf(name, sizeof name, "stats.arenas.%u.hpa_shard.alloc.1.min_extents", index);
	expect(number(name) == 1 && number("stats.arenas.4096.hpa_shard.alloc.1.min_extents") == 1,
	       "at least %zu", number(name));
	/* Time is counted when all locks have been dropped: others may have refreshed by then. */
	struct hpa_shard *shard = &arena->pages.hpa->shard;
	snprintf(name, sizeof name, "stats.arenas.%u.hpa_shard.alloc.1.total_elapsed_ns_per_ps",
		 index);
	size_t ns = number(name);
	expect(shard->ntimed == in_sec[1] && ns == shard->batches[1].ns_per_slab,
	       "%zu ns of %lu calls", ns, (unsigned long)shard->ntimed);
	shard->batches[1].ns_per_slab += 1000;
	shard->ntimed++;
	refresh();
	expect(number(name) == ns + 1000, "%zu ns have become %zu", ns, number(name));
	/* The merged arena has them too. */
	expect(number("stats.arenas.4096.hpa_shard.npageslabs") >= slabs, "not merged");

	expect(arenas_reset(index) == 0, "reset");
	refresh();
	snprintf(name, sizeof name, "stats.arenas.%u.pactive", index);
	expect(number(name) == 0, "%zu pages stay active", number(name));
	snprintf(name, sizeof name, "stats.arenas.%u.hpa_sec_bytes", index);
	size_t kept = number(name);
	for (unsigned i = 2; i < 4; i++) {
		snprintf(name, sizeof name, "stats.arenas.%u.hpa_sec_%s", index, sec[i]);
		expect(number(name) > 100, "%s of %zu", sec[i], number(name));
	}
	expect(kept == hpa_walk(&arena->pages.hpa->shard) * os_page, "%zu bytes are kept", kept);
	snprintf(name, sizeof name, "stats.arenas.%u.pdirty", index);
	expect(number(name) * os_page >= kept, "what is kept is not dirty");
	arena_decay(arena, true);
	refresh();
	expect(number(name) == 0, "%zu pages stay dirty", number(name));
	expect(arenas_destroy(index) == 0 && arena->pages.hpa->shard.set.nslabs == 0, "destroy");
}
END_TEST

START_TEST(sparse_slabs_stay)
{
	boot();
	struct arena *arena = arenas_get(0);
	expect(arena_set_decay_ms(arena, PAGES_DIRTY, 1000) == 0, "decay");
	struct bin *bin = &arena->bins[size_class_of(4096)];
	void *regions[2000];
	for (unsigned i = 0; i < 2000; i++)
		regions[i] = bin_take(bin, &arena->pages);
	for (unsigned i = 0; i < 2000; i++)
		if (i % 12 != 0)
			bin_put(bin, &arena->pages, regions[i]);
	uint64_t now = os_now_ns();
	sparse_begin(&arena->sparse, now, 1000);
	for (unsigned i = 0; i < 400; i++) {
		now += 50000000;
		if (sparse_step(&arena->sparse, arena->bins, &arena->pages, now) == UINT64_MAX)
			break;
	}
	expect(arena->sparse.purged == 0, "%lu pages of huge pages were purged",
	       (unsigned long)arena->sparse.purged);
	expect(arena->sparse.due_ns == UINT64_MAX, "passes go on without end");
}
END_TEST

START_TEST(forked)
{
	boot();
	void *before[500];
	for (unsigned i = 0; i < 500; i++)
		before[i] = H(malloc)(20000);
	pid_t child = fork();
	expect(child >= 0, "fork");
	if (child == 0) {
		for (unsigned i = 0; i < 500; i++)
			H(free)(before[i]);
		H(mallctl)("arena.4096.purge", NULL, NULL, NULL, 0);
		for (unsigned i = 0; i < arenas_count(); i++)
			if (arenas_get(i) != NULL && arenas_get(i)->pages.hpa != NULL)
				hpa_walk(&arenas_get(i)->pages.hpa->shard);
		H(free)(H(malloc)(30000));
		_exit(0);
	}
	int status = child_wait(child, "the child");
	expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
	for (unsigned i = 0; i < 500; i++)
		H(free)(before[i]);
}
END_TEST

START_TEST(contention_counts)
{
	boot();
	H(free)(H(malloc)(20000));
	refresh();
	expect(number("stats.arenas.0.mutexes.hpa_shard.num_ops") != 0, "the shard's lock");
	expect(number("stats.arenas.0.mutexes.hpa_shard_grow.num_ops") != 0, "the grow lock");
	expect(number("stats.arenas.0.mutexes.hpa_sec.num_ops") != 0, "the cache's");
	expect(H(mallctl)("stats.mutexes.reset", NULL, NULL, NULL, 0) == 0, "reset");
	refresh();
	expect(number("stats.arenas.0.mutexes.hpa_shard.num_ops") < 4, "not reset");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {small_ones_are_packed,
				      zeroed_when_asked,
				      resized,
				      hooks_end_it,
				      destroyed,
				      told_when_due,
				      not_supported,
				      which_arenas,
				      reset_and_statistics,
				      sparse_slabs_stay,
				      forked,
				      contention_counts,
				      NULL};

	return suite_run("hpa", cases);
}
