#include "page_guard.h"

#include "os.h"
#include "os_map.h"

/* An eighth of the mappings that Linux lets a process have by default: each guarded extent is
 * between two more. */
#define GUARDED_MAX ((size_t)65530 / 8 / 2)

static size_t guarded;                   /* relaxed */
static uint64_t asked[PAGE_GUARD_KINDS]; /* relaxed */

/* ---- which ---- */

bool page_guard_may_be(struct pages *pages)
{
	return page_guard_count() < GUARDED_MAX &&
	       hooks_are_default(__atomic_load_n(&pages->hooks, __ATOMIC_ACQUIRE));
}

bool page_guard_is_turn(struct pages *pages, enum page_guard_kind kind)
{
	size_t n = page_guard_one_in(kind);
	if (__atomic_fetch_add(&asked[kind], 1, __ATOMIC_RELAXED) % n != n - 1)
		return false;
	return page_guard_may_be(pages);
}

/* ---- closing and opening ---- */

static size_t before(const struct extent *extent)
{
	return extent->guards == EXTENT_GUARDED_BOTH ? os_page : 0;
}

static void *guard_before(const struct extent *extent)
{
	return (char *)extent->address - before(extent);
}

static void mark(struct pages *pages, struct extent *extent, enum extent_guards guards)
{
	extent->guards = (uint8_t)guards;
	extent->address = ptr_add(extent->address, before(extent));
	extent->size -= before(extent) + os_page;
	pages_count_apart(pages, pages_in(before(extent) + os_page), true);
	pagemap_set_ends(extent, CACHE_BIN_NONE);
	__atomic_add_fetch(&guarded, 1, __ATOMIC_RELAXED);
}

bool page_guard_close(struct pages *pages, struct extent *extent, size_t alignment)
{
	void *first = extent->address;
	void *last = (char *)extent_end(extent) - os_page;
	bool both = alignment <= os_page;
	if (!os_protect(last, os_page, false))
		return false;
	if (both && !os_protect(first, os_page, false)) {
		mark(pages, extent, EXTENT_GUARDED_BEHIND);
		page_guard_open(pages, extent);
		return false;
	}
	mark(pages, extent, both ? EXTENT_GUARDED_BOTH : EXTENT_GUARDED_BEHIND);
	return true;
}

static bool allow(void *page)
{
	return os_protect(page, os_page, true) || os_replace(page, os_page);
}

void page_guard_open(struct pages *pages, struct extent *extent)
{
	size_t lead = before(extent);
	void *first = guard_before(extent);
	void *behind = extent_end(extent);
	size_t room = lead + os_page;

	__atomic_sub_fetch(&guarded, 1, __ATOMIC_RELAXED);
	extent->guards = EXTENT_NOT_GUARDED;
	if ((lead == 0 || allow(first)) && allow(behind)) {
		pagemap_clear_ends(extent);
		extent->address = first;
		extent->size += room;
		pagemap_set_ends(extent, CACHE_BIN_NONE);
		pages_count_apart(pages, pages_in(room), false);
		return;
	}
	struct extent lost = {.address = first, .size = os_page};
	if (lead != 0)
		pagemap_clear_ends(&lost);
	lost.address = behind;
	pagemap_clear_ends(&lost);
	lock_take(&pages->lock);
	shared_add(pages->abandoned, room);
	lock_drop(&pages->lock);
}

/* ---- for the signal handler ---- */

bool page_guard_find(const void *address, struct extent **extent)
{
	/* Where a page has several words, the outermost of the extent with its guards is set. */
	uintptr_t page = (uintptr_t)address & ~(uintptr_t)(os_page - 1);
	const uintptr_t places[] = {page, page + os_page - 1};
	for (unsigned i = 0; i < ARRAY_LEN(places); i++) {
		struct extent *found = pagemap_lookup((const void *)places[i]);
		if (found == NULL || found->guards == EXTENT_NOT_GUARDED)
			continue;
		if ((const char *)address >= (char *)found->address &&
		    (const char *)address < (char *)extent_end(found))
			return false;
		*extent = found;
		return true;
	}
	return false;
}

size_t page_guard_count(void)
{
	return __atomic_load_n(&guarded, __ATOMIC_RELAXED);
}
