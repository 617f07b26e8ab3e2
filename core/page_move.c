#include "page_move.h"

#include "options.h"
#include "os_move.h"
#include "thp.h"

/* Contents at least this large are moved by page tables, copying less is cheap enough. A move
 * leaves the kernel with some mappings more than before until the pages are purged, and a process
 * may have only some ten thousands: where it has so much address space that they could become that
 * many, only larger contents are moved. */
#define MOVE_LEAST     ((size_t)1 << 20)
#define MOVE_LG_PIECES 13

static bool is_worth_a_move(size_t size)
{
	return size >= MOVE_LEAST && size >= pagemap_known() >> MOVE_LG_PIECES;
}

bool pages_map_again(struct extent *extent)
{
	if (!os_map_again(extent->address, extent->size))
		return false;
	thp_advise(extent->address, extent->size);
	extent->seams &= (uint8_t)~SEAMS_IN_CONTENTS;
	extent->zeroed = true;
	return true;
}

/* The next one to be mended. */
static struct extent *find_mendable(const struct pages *pages)
{
	const struct extent_set *set = &pages->sets[PAGES_RETAINED];
	struct extent *first = set->npages != 0 ? extent_set_oldest(set) : NULL;
	return first != NULL && extent_is_mendable(first) ? first : NULL;
}

static bool can_mend(const struct pages *pages)
{
	return options.retain && hooks_are_default(pages->hooks);
}

bool pages_need_mending(const struct pages *pages)
{
	return can_mend(pages) && find_mendable(pages) != NULL;
}

/* One after the other, so that who needs space meanwhile finds the rest; and who finds none waits
 * for the grow lock, and for what is mended, before more is mapped. No fork can come in between: it
 * waits for that lock, too. */
void pages_mend(struct pages *pages)
{
	lock_take(&pages->grow_lock);
	lock_take(&pages->lock);
	bool can = can_mend(pages);
	pages->moves = 0;
	struct extent *extent;
	while (can && (extent = find_mendable(pages)) != NULL) {
		extent_set_remove(&pages->sets[PAGES_RETAINED], extent);
		extent_publish(extent, pages->arena, PAGES_IN_TRANSIT);
		shared_store(pages->mending, pages_in(extent->size));
		lock_drop(&pages->lock);
		can = pages_map_again(extent);
		lock_take(&pages->lock);
		shared_store(pages->mending, 0);
		if (can)
			extent->seams = 0;
		pages_put_unused(pages, extent, PAGES_RETAINED);
	}
	lock_drop(&pages->lock);
	lock_drop(&pages->grow_lock);
}

static void count_move(struct pages *pages)
{
	lock_take(&pages->lock);
	bool is_to_be_mended = ++pages->moves >= MOVES_UNTIL_MENDED;
	lock_drop(&pages->lock);
	if (is_to_be_mended)
		pages_mend(pages);
}

bool pages_move(struct pages *from_pages, struct extent *from, struct pages *to_pages,
		struct extent *to)
{
	/* What is moved from stays as address space without memory: not wanted without retain. */
	if (!is_worth_a_move(from->size) || from->size > to->size || !options.retain)
		return false;
	if (hpa_owns(from_pages->hpa, from) || hpa_owns(to_pages->hpa, to))
		return false;
	if (from->is_pinned || to->is_pinned)
		return false;
	if (!hooks_are_default(__atomic_load_n(&from_pages->hooks, __ATOMIC_ACQUIRE)) ||
	    !hooks_are_default(__atomic_load_n(&to_pages->hooks, __ATOMIC_ACQUIRE)))
		return false;
	if (!os_move(from->address, to->address, from->size))
		return false;

	to->seams = from->seams = SEAMS_IN_CONTENTS | SEAMS_IN_SPACE;
	pages_map_again(from);
	from->zeroed = true;
	lock_take(&from_pages->lock);
	shared_sub(from_pages->nactive, pages_in(from->size));
	pages_put_unused(from_pages, from, PAGES_RETAINED);
	lock_drop(&from_pages->lock);
	count_move(from_pages);
	if (to_pages != from_pages)
		count_move(to_pages);
	return true;
}
