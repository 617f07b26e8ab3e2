/* test_page_move.c - contents that are moved by page tables are whole at their new place; and the
 * mappings that the kernel has more for it become one again. */
#include "page_move.h"

#include <errno.h>
#include <string.h>
#include "expect.h"
#include "options.h"
#include "os_call.h"
#include "page_alloc.h"
#include "random.h"
#include "resident.h"
#include "suite.h"

enum { SLOTS = 40, ARENAS = 2, ARENA = 77 };

static const size_t MiB = (size_t)1 << 20;
static struct pages pages[ARENAS];
static struct base base;
static struct extent *extents[SLOTS];
static struct random random_source;
static unsigned moves; /* that succeeded */

static void set_up(ssize_t dirty_ms)
{
	options.retain = true;
	base_init(&base);
	random_init(&random_source, test_seed());
	for (unsigned i = 0; i < ARENAS; i++) {
		pages_init(&pages[i], ARENA + i, &base, &hooks_default, dirty_ms, 0);
		/* All the address space that there will be. */
		pages_dalloc(&pages[i], pages_alloc(&pages[i], 200 * MiB, 0, false));
		pages_purge(&pages[i], true);
	}
}

static size_t below(size_t bound)
{
	return random_below(&random_source, bound);
}

static struct pages *pages_of(const struct extent *extent)
{
	return &pages[extent->arena - ARENA];
}

/* Each page says which slot it is of, and where in it. */
static void mark(unsigned slot)
{
	for (size_t at = 0; at < extents[slot]->size; at += os_page)
		*(size_t *)ptr_add(extents[slot]->address, at) = slot + at;
}

static void expect_marks(unsigned slot, size_t size)
{
	for (size_t at = 0; at < size; at += os_page)
		expect(*(size_t *)ptr_add(extents[slot]->address, at) == slot + at,
		       "page %zu of %zu has other contents", at / os_page, size / os_page);
}

static void take(unsigned slot)
{
	/* More small ones than large ones, so that these seldom find the same place again. */
	size_t size = below(3) == 0 ? MiB + below(3 * MiB) : 1 + below(64 * os_page);
	extents[slot] = pages_alloc(&pages[below(ARENAS)], align_up(size, os_page), 0, false);
	expect(extents[slot] != NULL, "no memory");
	mark(slot);
}

static void put(unsigned slot)
{
	expect_marks(slot, extents[slot]->size);
	pages_dalloc(pages_of(extents[slot]), extents[slot]);
	extents[slot] = NULL;
}

static void move(unsigned slot, size_t more)
{
	struct extent *from = extents[slot];
	size_t size = from->size;
	struct pages *to_pages = below(4) == 0 ? &pages[below(ARENAS)] : pages_of(from);
	struct extent *to = pages_alloc(to_pages, size + more, 0, true);
	if (!pages_move(pages_of(from), from, to_pages, to)) {
		pages_dalloc(to_pages, to);
		return;
	}
	moves++;
	extents[slot] = to;
	expect_marks(slot, size);
	for (size_t at = size; at < to->size; at += os_page)
		expect(*(size_t *)ptr_add(to->address, at) == 0, "not zero behind what was moved");
	mark(slot);
}

static void step(void)
{
	unsigned slot = (unsigned)below(SLOTS);
	if (extents[slot] == NULL)
		take(slot);
	else if (below(2) == 0)
		move(slot, below(4) * os_page);
	else
		put(slot);
}

static void purge_all(void)
{
	for (unsigned i = 0; i < ARENAS; i++)
		pages_purge(&pages[i], true);
}

static void put_all(void)
{
	for (unsigned slot = 0; slot < SLOTS; slot++)
		if (extents[slot] != NULL)
			put(slot);
}

/* Of retained extents those that can be mended come first, and it is known whether there are any.
 */
static bool has_seams(const struct pages *of)
{
	const struct list *all = &of->sets[PAGES_RETAINED].by_age;
	bool before = true, any = false;
	for (const struct list *link = all->next; link != all; link = link->next) {
		bool now = container_of(link, struct extent, link)->seams != 0;
		expect(before || !now, "one with seams stands behind one without");
		before = now;
		any |= now;
	}
	expect(pages_need_mending(of) == any, "%s seams", any ? "missed" : "imagined");
	return any;
}

START_TEST(purged_it_is_one_mapping)
{
	set_up(-1);
	size_t before = mappings();
	unsigned seen = 0;
	for (unsigned long steps = test_scaled(5000); steps > 0; steps--) {
		step();
		unsigned i = (unsigned)below(ARENAS);
		if (has_seams(&pages[i]))
			seen++;
		if (below(200) != 0)
			continue;
		purge_all();
		expect(!has_seams(&pages[i]), "not mended");
	}
	expect(seen > 0, "no move left seams");
	expect(moves > test_scaled(5000) / 100, "only %u moves", moves);
	put_all();
	purge_all();
	expect(mappings() <= before + 1, "%zu mappings have become %zu", before, mappings());
}
END_TEST

/* Nobody purges everything: each now and then a move pays for those before. */
START_TEST(moves_mend)
{
	unsigned mended = 0, tries = 0;

	set_up(0);
	extents[0] = pages_alloc(&pages[0], 2 * MiB, 0, false);
	mark(0);
	while (moves < 4 * MOVES_UNTIL_MENDED) {
		move(0, 0);
		for (unsigned i = 0; i < ARENAS; i++) {
			expect(pages[i].moves < MOVES_UNTIL_MENDED, "%u moves", pages[i].moves);
			mended += pages[i].moves == 0 && !has_seams(&pages[i]);
		}
		expect(++tries < 100 * MOVES_UNTIL_MENDED, "only %u moves", moves);
	}
	expect(mended >= 2, "mended %u times", mended);
}
END_TEST

static unsigned refusals;

static int refuse_mmap(enum os_call call)
{
	if (call != OS_CALL_mmap)
		return 0;
	refusals++;
	return ENOMEM;
}

START_TEST(a_refusal_changes_nothing)
{
	set_up(0);
	extents[0] = pages_alloc(&pages[0], 2 * MiB, 0, false);
	mark(0);
	while (moves == 0)
		move(0, 0);
	size_t retained = pages[0].sets[PAGES_RETAINED].npages, most = mappings();
	os_call_fault = refuse_mmap;
	pages_mend(&pages[0]);
	os_call_fault = NULL;
	expect(refusals > 0 && has_seams(&pages[0]), "nothing was refused");
	expect(pages[0].sets[PAGES_RETAINED].npages == retained && pages[0].mending == 0,
	       "not all is there");
	expect(mappings() <= most, "%zu mappings have become %zu", most, mappings());
	expect_marks(0, 2 * MiB);
	pages_mend(&pages[0]); /* the next time it works */
	expect(!has_seams(&pages[0]), "not mended");
	expect_marks(0, 2 * MiB);
	put(0);
}
END_TEST

int main(void)
{
	return suite_run("page_move", (const TTest *[]){purged_it_is_one_mapping, moves_mend,
							a_refusal_changes_nothing, NULL});
}
