/* test_page_alloc.c - random scripts over the pages of one arena, on sources that keep, release,
 * decline and fail; a walk over all extents says after each part whether everything still agrees.
 */
#include "page_alloc.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "child.h"
#include "expect.h"
#include "failing_source.h"
#include "options.h"
#include "os.h"
#include "page_recent.h"
#include "pages_walk.h"
#include "random.h"
#include "suite.h"

enum { SLOTS = 120, ARENA = 77 };

static struct pages pages;
static struct base base;
static struct tracked_source source;
static struct extent *extents[SLOTS];
static unsigned char marks[SLOTS]; /* what is written into the pages of a slot */
static struct random random_source;

static void set_up(extent_hooks_t *hooks, ssize_t dirty_ms, ssize_t muzzy_ms)
{
	memset(&pages, 0, sizeof pages);
	memset(extents, 0, sizeof extents);
	base_init(&base);
	pages_init(&pages, ARENA, &base, hooks, dirty_ms, muzzy_ms);
}

static size_t below(size_t bound)
{
	return random_below(&random_source, bound);
}

/* Marks both ends of every page from the offset on. */
static void mark(unsigned slot, size_t from)
{
	for (size_t at = from; at < extents[slot]->size; at += os_page) {
		((unsigned char *)extents[slot]->address)[at] = marks[slot];
		((unsigned char *)extents[slot]->address)[at + os_page - 1] = marks[slot];
	}
}

static void expect_marks(unsigned slot, size_t size)
{
	const unsigned char *p = extents[slot]->address;

	for (size_t at = 0; at < size; at += os_page)
		expect(p[at] == marks[slot] && p[at + os_page - 1] == marks[slot],
		       "page %zu of %zu has lost its contents", at / os_page, size / os_page);
}

static void expect_zero(const void *p, size_t size)
{
	const unsigned char *bytes = p;

	for (size_t i = 0; i < size; i += 16)
		expect(bytes[i] == 0, "byte %zu of %zu is %d", i, size, bytes[i]);
}

static size_t some_size(void)
{
	size_t most = below(20) == 0 ? 600 : below(3) == 0 ? 64 : 8;

	return (1 + below(most)) * os_page;
}

/* False without memory. */
static bool fill_slot(unsigned slot)
{
	size_t size = some_size();
	size_t alignment = below(4) == 0 ? os_page << below(8) : 0;
	bool zero = below(3) == 0;
	struct extent *extent = pages_alloc(&pages, size, alignment, zero);

	if (extent == NULL)
		return false;
	expect(extent->size == size, "%zu bytes instead of %zu", extent->size, size);
	expect(alignment == 0 || ((uintptr_t)extent->address & (alignment - 1)) == 0,
	       "%p is not aligned to %zu", extent->address, alignment);
	expect(extent->state == PAGES_ACTIVE && extent->arena == ARENA && extent->committed,
	       "state %u", extent->state);
	expect(pagemap_lookup(extent->address) == extent &&
		       pagemap_lookup((char *)extent_end(extent) - 1) == extent,
	       "not in the pagemap");
	if (zero || extent->zeroed)
		expect_zero(extent->address, size);
	extents[slot] = extent;
	marks[slot] = (unsigned char)(1 + below(255));
	mark(slot, 0);
	return true;
}

static void empty_slot(unsigned slot)
{
	expect_marks(slot, extents[slot]->size);
	pages_dalloc(&pages, extents[slot]);
	extents[slot] = NULL;
}

static void resize_slot(unsigned slot)
{
	struct extent *extent = extents[slot];
	size_t old = extent->size, size = some_size();
	bool zero = below(2) == 0;

	if (size == old)
		return;
	if (size > old) {
		if (!pages_expand(&pages, extent, size, zero))
			size = old;
		else if (zero)
			expect_zero(ptr_add(extent->address, old), size - old);
	} else if (!pages_shrink(&pages, extent, size)) {
		size = old;
	}
	expect(extent->size == size && extent->state == PAGES_ACTIVE, "%zu bytes, not %zu",
	       extent->size, size);
	expect(pagemap_lookup((char *)extent_end(extent) - 1) == extent, "the end has no word");
	expect_marks(slot, size < old ? size : old);
	mark(slot, 0);
}

static void set_some_decay(void)
{
	static const ssize_t times[] = {-1, 0, 1, 10000};

	pages_set_decay_ms(&pages, (enum page_state)below(2), times[below(4)]);
}

static unsigned long run_script(unsigned long operations)
{
	unsigned long failures = 0;

	while (operations-- > 0) {
		unsigned slot = (unsigned)below(SLOTS);

		if (extents[slot] == NULL)
			failures += !fill_slot(slot);
		else if (below(3) == 0)
			resize_slot(slot);
		else
			empty_slot(slot);
		switch (below(200)) {
		case 0:
			pages_purge(&pages, true);
			break;
		case 1:
			pages_purge(&pages, false);
			break;
		case 2:
			set_some_decay();
			break;
		case 3:
			pages_decay(&pages, os_now_ns() + 30000000000);
			break;
		default:
			break;
		}
		if (below(50) == 0)
			pages_walk(&pages, &source);
	}
	return failures;
}

static void empty_all(void)
{
	for (unsigned slot = 0; slot < SLOTS; slot++)
		if (extents[slot] != NULL)
			empty_slot(slot);
}

static void tear_down(void)
{
	empty_all();
	pages_walk(&pages, &source);
	expect(pages.nactive == 0, "%zu pages are active", pages.nactive);
	pages_destroy(&pages);
	expect(source.extents.count == 0, "%zu ranges were left", source.extents.count);
	pages_walk(&pages, &source);
	tracked_source_fini(&source);
}

static const struct setting {
	enum source_policy policy;
	bool retain;
} settings[] = {
	{SOURCE_RELEASE, true}, {SOURCE_RELEASE, false},    {SOURCE_KEEP, true},
	{SOURCE_KEEP, false},   {SOURCE_DECLINE_ALL, true}, {SOURCE_DECLINE_ALL, false},
	{SOURCE_FORWARD, true}, {SOURCE_FORWARD, false},    {SOURCE_PIN, true},
	{SOURCE_PIN, false},
};

START_TEST(scripts)
{
	const struct setting *setting = &settings[_i];

	random_init(&random_source, test_seed());
	options.retain = setting->retain;
	tracked_source_init(&source, setting->policy);
	set_up(&source.hooks, 10000, 10000);
	expect(run_script(test_scaled(6000)) == 0, "out of memory");
	tear_down();
}
END_TEST

/* Any call of the source may fail or decline: the allocator goes on or says that it cannot, and
 * everything agrees afterwards. */
START_TEST(every_call_fails_once)
{
	const struct setting *setting = &settings[_i];
	struct failing_source failing;

	random_init(&random_source, test_seed());
	options.retain = setting->retain;
	tracked_source_init(&source, setting->policy);
	failing_source_init(&failing, &source.hooks);
	set_up(&failing.hooks, 10000, 10000);
	for (unsigned long round = 0; round < test_scaled(400); round++) {
		unsigned long failures;

		failing_source_fail_at(&failing, 1 + below(60), below(4) == 0);
		failures = run_script(20);
		expect(failures == 0 || failing.failed > 0, "failed without a reason");
		pages_walk(&pages, &source);
		/* And works as before when the source does. */
		failing_source_fail_at(&failing, 0, false);
		expect(run_script(20) == 0, "out of memory for ever");
	}
	tear_down();
}
END_TEST

START_TEST(neighbours_become_one)
{
	struct extent *parts[16];

	options.retain = true;
	tracked_source_init(&source, SOURCE_KEEP);
	set_up(&source.hooks, -1, -1);
	for (int i = 0; i < 16; i++)
		parts[i] = pages_alloc(&pages, os_page, 0, false);
	expect(source.calls.alloc == 1, "%lu mappings for 16 pages", source.calls.alloc);
	expect(source.extents.count == 17, "16 extents and a rest: %zu", source.extents.count);
	/* Freed in an order that leaves islands: each joins what is free beside it. */
	for (int i = 0; i < 16; i += 2)
		pages_dalloc(&pages, parts[i]);
	recent_settle(&pages);
	expect(pages.sets[PAGES_DIRTY].counts[0] == 8, "eight islands");
	for (int i = 1; i < 16; i += 2)
		pages_dalloc(&pages, parts[i]);
	recent_settle(&pages);
	expect(pages.sets[PAGES_DIRTY].npages == 16 && source.extents.count == 2,
	       "sixteen pages in %zu ranges", source.extents.count - 1);
	pages_walk(&pages, &source);
	/* And is used again before anything else. */
	struct extent *again = pages_alloc(&pages, 16 * os_page, 0, false);
	expect(again != NULL && source.calls.alloc == 1 && pages.sets[PAGES_DIRTY].npages == 0,
	       "the dirty pages were not used");
	pages_dalloc(&pages, again);
	tear_down();
}
END_TEST

START_TEST(states_by_decay)
{
	struct extent *extent;

	options.retain = true;
	tracked_source_init(&source, SOURCE_FORWARD);
	set_up(&source.hooks, 1000, 1000);
	extent = pages_alloc(&pages, 32 * os_page, 0, false);
	memset(extent->address, 1, 32 * os_page);
	pages_dalloc(&pages, extent);
	expect(pages.nrecent == 32, "not kept for a moment");
	recent_settle(&pages);
	expect(pages.sets[PAGES_DIRTY].npages == 32, "not dirty");
	expect(pages_deadline(&pages) != UINT64_MAX, "no deadline");

	uint64_t now = os_now_ns();
	pages_decay(&pages, now);
	expect(pages.sets[PAGES_DIRTY].npages == 32, "purged too early");
	for (int step = 0; step < 10 && pages.sets[PAGES_DIRTY].npages > 0; step++)
		pages_decay(&pages, now += 120000000);
	expect(pages.sets[PAGES_DIRTY].npages == 0, "%zu pages dirty after their time",
	       pages.sets[PAGES_DIRTY].npages);
	expect(pages.sets[PAGES_MUZZY].npages == 32, "%zu pages muzzy",
	       pages.sets[PAGES_MUZZY].npages);
	expect(pages.purged[PAGES_DIRTY].pages == 32, "%lu pages counted",
	       pages.purged[PAGES_DIRTY].pages);
	pages_walk(&pages, &source);
	for (int step = 0; step < 22; step++)
		pages_decay(&pages, now += 120000000);
	expect(pages.sets[PAGES_MUZZY].npages == 0 && pages.purged[PAGES_MUZZY].pages == 32,
	       "muzzy pages after their time");
	expect(pages_deadline(&pages) == UINT64_MAX, "a deadline without unused pages");
	pages_walk(&pages, &source);
	pages_forget_counts(&pages);
	expect(pages.purged[PAGES_DIRTY].pages == 0 && pages.purged[PAGES_MUZZY].calls == 0,
	       "counts remain");

	/* Purged pages read as zero without anybody writing them. */
	extent = pages_alloc(&pages, 32 * os_page, 0, true);
	expect_zero(extent->address, 32 * os_page);
	pages_dalloc(&pages, extent);
	tear_down();
}
END_TEST

/* Large pieces that are to be zero are not made resident by clearing them; smaller ones are cleared
 * where they are. The option says what is large. */
START_TEST(zero_by_the_system)
{
	enum { LARGE = 2048, SMALL = 64 };
	unsigned char present[LARGE];

	options.retain = true;
	set_up(&hooks_default, -1, -1);
	const size_t usual = options.calloc_madvise_threshold;
	const struct {
		size_t npages;
		size_t threshold;
		bool is_resident;
	} rounds[] = {{LARGE, usual, false},
		      {SMALL, usual, true},
		      {SMALL, SMALL * os_page, false},
		      {LARGE, LARGE * os_page + 1, true}};
	for (unsigned round = 0; round < ARRAY_LEN(rounds); round++) {
		size_t npages = rounds[round].npages;
		options.calloc_madvise_threshold = rounds[round].threshold;
		struct extent *extent = pages_alloc(&pages, npages * os_page, 0, false);

		memset(extent->address, 1, extent->size);
		pages_dalloc(&pages, extent);
		extent = pages_alloc(&pages, npages * os_page, 0, true);
		expect(mincore(extent->address, extent->size, present) == 0, "mincore");
		size_t n = 0;
		for (size_t i = 0; i < npages; i++)
			n += present[i] & 1;
		expect(n == (rounds[round].is_resident ? npages : 0),
		       "%zu of %zu pages are resident", n, npages);
		expect_zero(extent->address, extent->size);
		pages_dalloc(&pages, extent);
	}
	options.calloc_madvise_threshold = usual;
	pages_purge(&pages, true);
}
END_TEST

START_TEST(decay_at_once_and_never)
{
	options.retain = true;
	tracked_source_init(&source, SOURCE_FORWARD);
	set_up(&source.hooks, 0, 0);
	pages_dalloc(&pages, pages_alloc(&pages, 8 * os_page, 0, false));
	expect(pages.sets[PAGES_DIRTY].npages == 0 && pages.sets[PAGES_MUZZY].npages == 0,
	       "pages stay with decay 0");
	pages_set_decay_ms(&pages, PAGES_MUZZY, -1);
	pages_dalloc(&pages, pages_alloc(&pages, 8 * os_page, 0, false));
	expect(pages.sets[PAGES_MUZZY].npages == 8, "not muzzy: %zu",
	       pages.sets[PAGES_MUZZY].npages);
	pages_decay(&pages, os_now_ns() + ((uint64_t)1 << 60));
	expect(pages.sets[PAGES_MUZZY].npages == 8, "muzzy for ever, but purged");
	pages_set_decay_ms(&pages, PAGES_DIRTY, -1);
	struct extent *extent = pages_alloc(&pages, 3000 * os_page, 0, false);
	expect(extent != NULL, "no memory");
	pages_dalloc(&pages, extent);
	pages_decay(&pages, os_now_ns() + ((uint64_t)1 << 60));
	expect(pages.sets[PAGES_DIRTY].npages + pages.nrecent == 3000,
	       "dirty for ever, but purged");
	expect(pages_decay_ms(&pages, PAGES_DIRTY) == -1, "the time is not what was set");
	pages_purge(&pages, false);
	expect(pages.sets[PAGES_DIRTY].npages == 3000, "decay purges what may stay");
	pages_purge(&pages, true);
	expect(pages.sets[PAGES_DIRTY].npages == 0 && pages.sets[PAGES_MUZZY].npages == 0,
	       "purge leaves something");
	pages_walk(&pages, &source);
	tear_down();
}
END_TEST

/* Dirty pages after an extent came back. */
static size_t dirty_after(size_t npages)
{
	pages_dalloc(&pages, pages_alloc(&pages, npages * os_page, 0, false));
	recent_settle(&pages);
	return pages.sets[PAGES_DIRTY].npages;
}

START_TEST(oversize_is_purged_at_once)
{
	options.retain = true;
	tracked_source_init(&source, SOURCE_FORWARD);
	set_up(&source.hooks, 10000, 0);
	expect(pages_oversize(&pages) == options.oversize_threshold, "not as the option says");
	pages_set_oversize(&pages, 20 * os_page);
	expect(pages_oversize(&pages) == 20 * os_page, "set");
	expect(dirty_after(20) == 0, "oversize, but dirty");
	expect(dirty_after(16) == 16, "not oversize, but purged");
	pages_purge(&pages, true);
	pages_set_decay_ms(&pages, PAGES_MUZZY, -1);
	expect(dirty_after(24) == 24, "purged, although muzzy pages stay for ever");
	pages_set_decay_ms(&pages, PAGES_MUZZY, 0);
	pages_set_decay_ms(&pages, PAGES_DIRTY, -1);
	expect(dirty_after(24) == 24, "purged, although dirty pages stay for ever");
	pages_set_decay_ms(&pages, PAGES_DIRTY, 10000);
	pages_set_oversize(&pages, 0);
	pages_purge(&pages, true);
	expect(dirty_after(4000) == 4000, "nothing is oversize, but was purged");
	pages_walk(&pages, &source);
	tear_down();
}
END_TEST

START_TEST(steps_grow_up_to_the_limit)
{
	size_t before = 0;

	options.retain = true;
	tracked_source_init(&source, SOURCE_KEEP);
	set_up(&source.hooks, -1, -1);
	for (unsigned slot = 0; slot < 30; slot++) {
		extents[slot] = pages_alloc(&pages, (size_t)1 << 20, 0, false);
		expect(extents[slot] != NULL, "no memory");
		marks[slot] = 1;
		mark(slot, 0);
	}
	expect(source.calls.alloc < 10, "%lu mappings for 30 MiB", source.calls.alloc);
	/* A limit set later holds from the next step on. */
	pages.grow_limit = page_class_floor((size_t)4 << 20);
	before = tracked_source_bytes(&source);
	pages_purge(&pages, true);
	struct extent *rest = pages_alloc(
		&pages, pages.sets[PAGES_RETAINED].npages > 256 ? (size_t)1 << 20 : os_page, 0,
		false);
	struct extent *big = pages_alloc(&pages, (size_t)100 << 20, 0, false);
	expect(tracked_source_bytes(&source) - before == (size_t)112 << 20 ||
		       tracked_source_bytes(&source) - before == (size_t)100 << 20,
	       "%zu MiB for 100", (tracked_source_bytes(&source) - before) >> 20);
	before = tracked_source_bytes(&source);
	unsigned long mappings = source.calls.alloc;
	unsigned slot = 30;
	while (source.calls.alloc == mappings) {
		expect(slot < SLOTS, "no step");
		extents[slot] = pages_alloc(&pages, (size_t)1 << 20, 0, false);
		marks[slot] = 1;
		mark(slot++, 0);
	}
	expect(tracked_source_bytes(&source) - before == (size_t)4 << 20, "a step of %zu MiB",
	       (tracked_source_bytes(&source) - before) >> 20);
	pages_dalloc(&pages, rest);
	pages_dalloc(&pages, big);
	tear_down();
	expect(pages.grow_next == page_class_ceil((size_t)2 << 20), "a used arena starts large");
}
END_TEST

/* A source that does not split gets requests of exactly the size that is needed, not one step after
 * the other of which nothing can be used. */
START_TEST(room_to_grow)
{
	size_t size = (size_t)1 << 20;

	options.retain = true;
	set_up(&hooks_default, 10000, 0);
	struct extent *small = pages_alloc(&pages, os_page, 0, false);
	struct extent *extent = pages_alloc_to_grow(&pages, size, true, NULL);
	const char *address = extent->address;
	expect_zero(address, size);
	memset(extent->address, 1, size);
	/* What comes meanwhile is put where it fits best, not into the room. */
	struct extent *other = pages_alloc(&pages, size / 2, 0, false);
	for (size_t more = size; more < 8 * size; more += size / 4)
		expect(pages_expand(&pages, extent, more + size / 4, true), "no room at %zu", more);
	expect(extent->address == address && extent->size == 8 * size && address[0] == 1 &&
		       address[size - 1] == 1,
	       "moved");
	expect_zero(address + size, 7 * size);
	pages_dalloc(&pages, extent);
	pages_dalloc(&pages, other);
	/* Unused memory with as much room is as good as new, and serves first. */
	extent = pages_alloc_to_grow(&pages, size, false, NULL);
	expect(extent->address == address, "elsewhere");
	pages_dalloc(&pages, extent);

	/* The room behind is not without bounds, and may be none. */
	extent = pages_alloc_to_grow(&pages, 1024 * size, false, NULL);
	expect(extent != NULL && extent->size == 1024 * size, "no memory");
	expect(pages.sets[PAGES_RETAINED].npages << os_lg_page <= 1024 * size, "%zu pages more",
	       pages.sets[PAGES_RETAINED].npages);
	pages_dalloc(&pages, extent);
	expect(pages_alloc_to_grow(&pages, align_down(SIZE_MAX / 2, os_page), false, NULL) == NULL,
	       "half of everything");
	options.retain = false;
	size_t retained = pages.sets[PAGES_RETAINED].npages;
	pages_purge(&pages, true);
	extent = pages_alloc_to_grow(&pages, 64 * size, false, NULL);
	expect(extent != NULL && pages.sets[PAGES_RETAINED].npages <= retained, "room is mapped");
	pages_dalloc(&pages, extent);
	options.retain = true;
	pages_dalloc(&pages, small);
}
END_TEST

/* With lg_extent_max_active_fit large dirty extents stay whole, but only as long as most of the
 * memory is used: or nobody could have it. */
START_TEST(large_dirty_extents_stay_whole)
{
	size_t size = (size_t)1 << 20;

	options.retain = true;
	options.lg_extent_max_active_fit = 1;
	set_up(&hooks_default, -1, 0);
	struct extent *used = pages_alloc(&pages, 8 * size, 0, false);
	struct extent *behind = pages_alloc(&pages, 4 * size, 0, false);
	struct extent *end = pages_alloc(&pages, os_page, 0, false);
	pages_dalloc(&pages, behind);
	struct extent *small = pages_alloc(&pages, size, 0, false);
	expect(pages.sets[PAGES_DIRTY].npages == 4 * size >> os_lg_page, "it was cut");
	struct extent *half = pages_alloc(&pages, 2 * size, 0, false);
	expect(pages.sets[PAGES_DIRTY].npages == 2 * size >> os_lg_page, "half of it was not");
	pages_dalloc(&pages, half);
	pages_dalloc(&pages, used);
	size_t dirty = pages.sets[PAGES_DIRTY].npages + pages.nrecent;
	struct extent *other = pages_alloc(&pages, size / 2, 0, false);
	expect(pages.sets[PAGES_DIRTY].npages < dirty, "new memory, with %zu dirty pages", dirty);
	pages_dalloc(&pages, other);
	pages_dalloc(&pages, small);
	pages_dalloc(&pages, end);
	options.lg_extent_max_active_fit = 64;
}
END_TEST

START_TEST(no_steps_where_none_is_split)
{
	options.retain = true;
	tracked_source_init(&source, SOURCE_DECLINE_ALL);
	set_up(&source.hooks, -1, -1);
	for (unsigned slot = 0; slot < SLOTS; slot++) {
		extents[slot] = pages_alloc(&pages, 3 * os_page, 0, false);
		expect(extents[slot] != NULL, "no memory");
		marks[slot] = 1;
		mark(slot, 0);
	}
	expect(tracked_source_bytes(&source) < ((size_t)2 << 20) + (SLOTS + 1) * 3 * os_page,
	       "%zu bytes for %d times three pages", tracked_source_bytes(&source), SLOTS);
	tear_down();
}
END_TEST

static bool refuse_commit(extent_hooks_t *hooks, void *addr, size_t size, size_t offset,
			  size_t length, unsigned arena)
{
	(void)hooks, (void)addr, (void)size, (void)offset, (void)length, (void)arena;
	return true;
}

static bool count_lazy(extent_hooks_t *hooks, void *addr, size_t size, size_t offset, size_t length,
		       unsigned arena)
{
	(void)hooks, (void)addr, (void)size, (void)offset, (void)length, (void)arena;
	expect(false, "pages that are not committed are purged");
	return true;
}

static void *reserve(extent_hooks_t *hooks, void *new_addr, size_t size, size_t alignment,
		     bool *zero, bool *commit, unsigned arena)
{
	bool wanted = *commit;
	void *p = hooks_default.alloc(hooks, new_addr, size, alignment, zero, commit, arena);

	*commit = wanted;
	return p;
}

/* Pages that the hooks would not commit stay what they were: retained, untouched. */
START_TEST(commit_is_refused)
{
	extent_hooks_t hooks = hooks_default;

	hooks.alloc = reserve;
	hooks.commit = refuse_commit;
	hooks.purge_lazy = count_lazy;
	hooks.purge_forced = count_lazy;
	options.retain = true;
	set_up(&hooks, 0, 1000);
	for (int i = 0; i < 3; i++)
		expect(pages_alloc(&pages, 5 * os_page, 0, false) == NULL, "not committed");
	expect(pages.nactive == 0 && pages.sets[PAGES_DIRTY].npages == 0 &&
		       pages.sets[PAGES_MUZZY].npages == 0,
	       "the pages are not retained");
	expect(pages.sets[PAGES_RETAINED].npages == (2 << 20) / os_page, "%zu pages retained",
	       pages.sets[PAGES_RETAINED].npages);
	hooks.commit = NULL;
	expect(pages_alloc(&pages, 5 * os_page, 0, false) == NULL, "nobody commits");
	pages_destroy(&pages);
}
END_TEST

/* ---- memory that cannot be given back ---- */

static unsigned long purged;
static bool pins, commits;

static void *alloc_pinned(extent_hooks_t *hooks, void *new_addr, size_t size, size_t alignment,
			  bool *zero, bool *commit, unsigned arena)
{
	char *p =
		hooks_default.alloc(&hooks_default, new_addr, size, alignment, zero, commit, arena);

	expect(hooks != NULL && p != NULL, "no memory");
	*commit = commits;
	return pins ? p + EXTENT_ALLOC_FLAG_PINNED : p;
}

static bool count_purge(extent_hooks_t *hooks, void *addr, size_t size, size_t offset,
			size_t length, unsigned arena)
{
	purged++;
	return hooks_default.purge_forced(hooks, addr, size, offset, length, arena);
}

static bool count_dalloc(extent_hooks_t *hooks, void *addr, size_t size, bool committed,
			 unsigned arena)
{
	purged++;
	return hooks == NULL || addr == NULL || size == 0 || !committed || arena != ARENA;
}

static void set_up_pinning(extent_hooks_t *hooks)
{
	*hooks = hooks_default;
	hooks->alloc = alloc_pinned;
	hooks->dalloc = count_dalloc;
	hooks->purge_lazy = hooks->purge_forced = hooks->decommit = count_purge;
	pins = commits = true;
	options.retain = true;
	set_up(hooks, 10000, 0);
}

START_TEST(pinned_memory_stays)
{
	extent_hooks_t hooks;
	const size_t step = (2 << 20) / os_page;

	set_up_pinning(&hooks);
	struct extent *one = pages_alloc(&pages, os_page, 0, false);
	struct extent *large = pages_alloc(&pages, 100 * os_page, 0, false);
	const struct extent_set *set = &pages.sets[PAGES_PINNED];
	expect(one->is_pinned && large->is_pinned && set->npages == step - 101,
	       "%zu pages are pinned", set->npages);
	expect(((uintptr_t)one->address & (os_page - 1)) == 0, "flags in the address");
	expect(pages.sets[PAGES_RETAINED].npages == 0, "pinned ones count as retained");
	void *place = large->address;
	memset(place, 1, large->size);
	/* Neither the clock, nor a decay time of 0, nor the size, nor a purge of everything. */
	pages.oversize = 50 * os_page;
	pages_dalloc(&pages, large);
	pages_set_decay_ms(&pages, PAGES_DIRTY, 0);
	pages_decay(&pages, os_now_ns() + 60000000000);
	pages_purge(&pages, true);
	expect(purged == 0 && set->npages == step - 1 && pages.due_ns == UINT64_MAX,
	       "%lu calls, %zu pages", purged, set->npages);
	/* It is handed out again before other memory is asked for, and cleared when it has to be.
	 */
	large = pages_alloc(&pages, 100 * os_page, 0, true);
	expect(large->address == place && large->zeroed, "not the same");
	expect_zero(large->address, large->size);
	expect(pages_expand(&pages, large, 200 * os_page, false) && large->is_pinned, "growth");
	expect(pages_shrink(&pages, large, 10 * os_page) && set->npages == step - 11, "shrinking");
	pages_dalloc(&pages, large);
	pages_dalloc(&pages, one);
	expect(set->npages == step && set->counts[page_class_floor(2 << 20)] == 1,
	       "pieces of it do not become one again");
	pages_destroy(&pages);
	expect(set->npages == 0 && purged == 1, "not given up with its arena");
}
END_TEST

/* Two pieces that are neighbours, one of them pinned, stay two. */
START_TEST(pinned_or_not)
{
	extent_hooks_t hooks;

	set_up_pinning(&hooks);
	options.retain = false;
	size_t size = (size_t)1 << 20;
	for (unsigned i = 0; i < 40; i++) {
		pins = i % 2 == 0;
		extents[i] = pages_alloc(&pages, size, 0, false);
		expect(extents[i]->is_pinned == pins, "extent %u", i);
		expect(!pages_expand(&pages, extents[i], size + os_page, false), "grown");
	}
	for (unsigned i = 0; i < 40; i++)
		pages_dalloc(&pages, extents[i]);
	recent_settle(&pages);
	expect(pages.sets[PAGES_PINNED].npages == 20 * size / os_page &&
		       pages.sets[PAGES_DIRTY].npages == 20 * size / os_page,
	       "%zu pages are pinned", pages.sets[PAGES_PINNED].npages);
	pins = true;
	commits = false;
	struct extent *extent = pages_alloc(&pages, 64 * size, 0, false);
	expect(extent == NULL || !extent->is_pinned, "reserved space cannot be pinned memory");
}
END_TEST

START_TEST(hooks_are_exchanged)
{
	extent_hooks_t *old;
	struct extent *extent;

	options.retain = true;
	tracked_source_init(&source, SOURCE_KEEP);
	set_up(&hooks_default, -1, -1);
	old = pages_set_hooks(&pages, &source.hooks);
	expect(old == &hooks_default, "another table than was set");
	extent = pages_alloc(&pages, os_page, 0, false);
	expect(source.calls.alloc == 1, "the new table is not asked");
	pages_dalloc(&pages, extent);
	pages_walk(&pages, &source);
	tear_down();
}
END_TEST

/* ---- several threads ----------------------------------------------------------------------------
 */

static bool stop;

static void *purge_all_the_time(void *unused)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		pages_purge(&pages, true);
		pages_decay(&pages, os_now_ns() + 60000000000);
	}
	return unused;
}

static void *alloc_all_the_time(void *seed)
{
	struct random random;
	struct extent *own[20] = {NULL};

	random_init(&random, test_seed() + (uintptr_t)seed);
	for (unsigned long i = 0; i < test_scaled(5000); i++) {
		unsigned slot = (unsigned)random_below(&random, 20);
		size_t size = (1 + random_below(&random, 32)) * os_page;

		if (own[slot] == NULL) {
			own[slot] = pages_alloc(&pages, size, 0, false);
			expect(own[slot] != NULL, "no memory");
			memset(own[slot]->address, (int)(uintptr_t)seed, own[slot]->size);
		} else {
			const char *p = own[slot]->address;

			expect(p[0] == (char)(uintptr_t)seed &&
				       p[own[slot]->size - 1] == (char)(uintptr_t)seed,
			       "somebody wrote into the pages of thread %zu", (size_t)seed);
			pages_dalloc(&pages, own[slot]);
			own[slot] = NULL;
		}
	}
	for (unsigned slot = 0; slot < 20; slot++)
		if (own[slot] != NULL)
			pages_dalloc(&pages, own[slot]);
	return NULL;
}

START_TEST(threads)
{
	const struct setting *setting = &settings[_i];
	pthread_t purger, workers[3];

	options.retain = setting->retain;
	stop = false;
	tracked_source_init(&source, setting->policy);
	set_up(&source.hooks, _i % 2 == 0 ? 10000 : 0, _i % 3 == 0 ? 10000 : 0);
	pthread_create(&purger, NULL, purge_all_the_time, NULL);
	for (size_t i = 0; i < 3; i++)
		pthread_create(&workers[i], NULL, alloc_all_the_time, (void *)(i + 1));
	for (size_t i = 0; i < 3; i++)
		pthread_join(workers[i], NULL);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(purger, NULL);
	pages_walk(&pages, &source);
	tear_down();
}
END_TEST

/* Destroying waits for who is purging, and leaves nothing to him. */
START_TEST(destroy_while_another_thread_purges)
{
	pthread_t purger;

	options.retain = true;
	stop = false;
	tracked_source_init(&source, SOURCE_RELEASE);
	set_up(&source.hooks, 10000, 10000);
	pthread_create(&purger, NULL, purge_all_the_time, NULL);
	for (unsigned long i = 0; i < test_scaled(2000); i++) {
		struct extent *extent = pages_alloc(&pages, 16 * os_page, 0, false);

		expect(extent != NULL, "no memory");
		pages_dalloc(&pages, extent);
		pages_destroy(&pages);
		expect(source.extents.count == 0, "%zu ranges were left", source.extents.count);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(purger, NULL);
	tear_down();
}
END_TEST

static struct extent somebody_elses;

/* Gives the address space up; another arena gets it at once; and then the process forks. */
static bool fork_when_given_up(extent_hooks_t *hooks, void *address, size_t size, bool committed,
			       unsigned arena)
{
	(void)hooks, (void)committed, (void)arena;
	somebody_elses = (struct extent){.address = address, .size = size / 2};
	pagemap_set_ends(&somebody_elses, 3);
	lock_self &= ~LOCK_SELF_IN_HOOK; /* this thread is not in the child */
	pages_postfork_child(&pages);
	const void *ends[] = {address, (char *)address + size / 2 - 1};
	for (unsigned i = 0; i < ARRAY_LEN(ends); i++)
		expect(pagemap_lookup(ends[i]) == &somebody_elses, "end %u is gone", i);
	_exit(7);
}

static int give_up_and_fork(void *unused)
{
	static extent_hooks_t hooks;

	(void)unused;
	hooks = hooks_default;
	hooks.dalloc = fork_when_given_up;
	set_up(&hooks, 0, 0);
	pages_dalloc(&pages, pages_alloc(&pages, 4 * os_page, 0, false));
	return 0;
}

START_TEST(a_fork_while_space_is_given_up)
{
	struct child_end end;

	child_run(give_up_and_fork, NULL, 20, &end);
	expect(end.signal == 0 && end.status == 7, "%s: %s", child_describe(&end), end.output);
}
END_TEST

int main(void)
{
	const TTest *const once[] = {neighbours_become_one,
				     states_by_decay,
				     zero_by_the_system,
				     decay_at_once_and_never,
				     oversize_is_purged_at_once,
				     room_to_grow,
				     steps_grow_up_to_the_limit,
				     large_dirty_extents_stay_whole,
				     no_steps_where_none_is_split,
				     commit_is_refused,
				     pinned_memory_stays,
				     pinned_or_not,
				     hooks_are_exchanged,
				     destroy_while_another_thread_purges,
				     a_fork_while_space_is_given_up,
				     NULL};
	const TTest *const each[] = {scripts, every_call_fails_once, threads, NULL};

	return suite_run("page_alloc", once) |
	       suite_run_rows("page_alloc on every source", each, (int)ARRAY_LEN(settings));
}
