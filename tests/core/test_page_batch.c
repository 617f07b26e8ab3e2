/* test_page_batch.c - extents on their way out: whatever the size of a batch and however many go by
 * one call, each is in the set of its new state and reads as it should. */
#include "page_batch.h"

#include <errno.h>
#include <string.h>
#include "expect.h"
#include "options.h"
#include "os.h"
#include "os_purge.h"
#include "os_call.h"
#include "page_alloc.h"
#include "pages_walk.h"
#include "suite.h"

enum { EXTENTS = 41 };

static struct pages pages;
static struct base base;
static struct extent *extents[2 * EXTENTS];
static unsigned asked[OS_CALLS];
static int refusal; /* of process_madvise */

static int count_calls(enum os_call call)
{
	asked[call]++;
	return call == OS_CALL_process_madvise ? refusal : 0;
}

/* Every other one of many extents is dirty. */
static void set_up(ssize_t muzzy_ms)
{
	memset(&pages, 0, sizeof pages);
	options.retain = true;
	base_init(&base);
	pages_init(&pages, 77, &base, &hooks_default, -1, muzzy_ms);
	for (unsigned i = 0; i < 2 * EXTENTS; i++) {
		extents[i] = pages_alloc(&pages, 2 * os_page, 0, false);
		expect(extents[i] != NULL, "no memory");
		memset(extents[i]->address, 1, extents[i]->size);
	}
	for (unsigned i = 0; i < 2 * EXTENTS; i += 2)
		pages_dalloc(&pages, extents[i]);
	memset(asked, 0, sizeof asked);
	os_call_fault = count_calls;
}

static void expect_all_retained(void)
{
	expect(pages.sets[PAGES_DIRTY].npages == 0 && pages.in_transit == 0 &&
		       list_is_empty(&pages.transit),
	       "something stays");
	expect(pages.sets[PAGES_RETAINED].npages >= 2 * (size_t)EXTENTS, "%zu pages",
	       pages.sets[PAGES_RETAINED].npages);
	expect(pages.purged[PAGES_DIRTY].pages == 2 * (size_t)EXTENTS, "counted");
	for (unsigned i = 0; i < 2 * EXTENTS; i++) {
		const char *p = extents[i]->address;
		if (i % 2 != 0) {
			expect(p[0] == 1 && p[2 * os_page - 1] == 1, "extent %u lost something", i);
			continue;
		}
		struct extent *again = pages_alloc(&pages, 2 * os_page, 0, false);
		expect(again != NULL && again->zeroed, "not known to be zero");
		for (size_t at = 0; at < again->size; at += 16)
			expect(((char *)again->address)[at] == 0, "byte %zu is not zero", at);
	}
}

START_TEST(one_by_one)
{
	set_up(0);
	pages_purge(&pages, true);
	expect(pages.purged[PAGES_DIRTY].calls == EXTENTS, "%lu calls",
	       (unsigned long)pages.purged[PAGES_DIRTY].calls);
	expect(asked[OS_CALL_process_madvise] == 0, "nobody asked for batches");
	expect_all_retained();
}
END_TEST

/* process_madvise_max_batch: 41 extents by 16 are three calls. The first purge of a process finds
 * out what purging does, one by one. */
START_TEST(several_by_one_call)
{
	os_trust_purge();
	set_up(0);
	options.process_madvise_max_batch = 16;
	pages_purge(&pages, true);
	expect(asked[OS_CALL_process_madvise] == 3 || asked[OS_CALL_madvise] == EXTENTS,
	       "%u and %u calls", asked[OS_CALL_process_madvise], asked[OS_CALL_madvise]);
	expect(pages.purged[PAGES_DIRTY].calls ==
		       (asked[OS_CALL_madvise] == 0 ? 3 : (uint64_t)EXTENTS),
	       "%lu calls", (unsigned long)pages.purged[PAGES_DIRTY].calls);
	expect_all_retained();
}
END_TEST

START_TEST(several_where_the_system_cannot)
{
	os_trust_purge();
	set_up(0);
	options.process_madvise_max_batch = OS_BATCH_MOST;
	refusal = ENOSYS;
	pages_purge(&pages, true);
	expect(asked[OS_CALL_process_madvise] == 1 && asked[OS_CALL_madvise] == EXTENTS,
	       "%u and %u calls", asked[OS_CALL_process_madvise], asked[OS_CALL_madvise]);
	expect_all_retained();
}
END_TEST

/* On the way to muzzy the contents are not dropped. */
START_TEST(not_for_muzzy_pages)
{
	os_trust_purge();
	set_up(10000);
	options.process_madvise_max_batch = 16;
	pages_set_decay_ms(&pages, PAGES_DIRTY, 0);
	expect(pages.sets[PAGES_MUZZY].npages == 2 * (size_t)EXTENTS, "%zu pages",
	       pages.sets[PAGES_MUZZY].npages);
	expect(asked[OS_CALL_process_madvise] == 0, "dropped");
	pages_purge(&pages, true);
	expect(pages.sets[PAGES_MUZZY].npages == 0 && asked[OS_CALL_process_madvise] != 0,
	       "muzzy ones go together as well");
}
END_TEST

/* Hooks of the program's own see one extent after the other. */
START_TEST(not_with_hooks)
{
	static struct tracked_source source;

	os_trust_purge();
	tracked_source_init(&source, SOURCE_KEEP);
	memset(&pages, 0, sizeof pages);
	options.retain = true;
	options.process_madvise_max_batch = 16;
	base_init(&base);
	pages_init(&pages, 77, &base, &source.hooks, -1, 0);
	for (unsigned i = 0; i < 9; i++)
		extents[i] = pages_alloc(&pages, os_page, 0, false);
	for (unsigned i = 0; i < 9; i += 2)
		pages_dalloc(&pages, extents[i]);
	os_call_fault = count_calls;
	pages_purge(&pages, true);
	expect(asked[OS_CALL_process_madvise] == 0, "past the hooks");
	expect(source.calls.dalloc == 5, "%lu calls", source.calls.dalloc);
	pages_walk(&pages, &source);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {
		one_by_one,          several_by_one_call, several_where_the_system_cannot,
		not_for_muzzy_pages, not_with_hooks,      NULL};

	return suite_run("page_batch", cases);
}
