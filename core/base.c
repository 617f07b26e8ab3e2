#include "base.h"

#include "bits.h"
#include "options.h"
#include "os.h"
#include "os_map.h"
#include "thp.h"

/* Blocks double from the first to the last size: a small program has little address space taken, a
 * large one few mappings. */
#define BLOCK_FIRST ((size_t)128 << 10)
#define BLOCK_LAST  ((size_t)2 << 20)

/* metadata_thp:auto waits until a base has this much; the first one, which every process has, more.
 */
#define AUTO_THP       ((size_t)4 << 20)
#define AUTO_THP_FIRST ((size_t)10 << 20)

struct base base_first = {.lock = {.rank = RANK_BASE}, .block = BLOCK_FIRST};

void base_init(struct base *base)
{
	*base = (struct base){.block = BLOCK_FIRST};
	lock_init(&base->lock, RANK_BASE);
}

static bool wants_huge(const struct base *base)
{
	size_t enough = base == &base_first ? AUTO_THP_FIRST : AUTO_THP;
	return thp_is_usable() &&
	       (options.metadata_thp == METADATA_THP_ALWAYS ||
		(options.metadata_thp == METADATA_THP_AUTO && base->mapped >= enough));
}

static bool add_block(struct base *base, size_t room)
{
	size_t size = base->block > room ? base->block : align_up(room, os_page);
	size_t huge_size = align_up(size, THP_SIZE);
	char *block = wants_huge(base) ? thp_map(huge_size) : NULL;
	bool is_huge = block != NULL;
	if (is_huge)
		size = huge_size;
	else
		block = os_map(size, os_page);
	if (block == NULL)
		return false;
	/* The rest of the old block stays unused; it is less than what did not fit. A neighbour
	 * above, of the same kind, simply continues it. */
	if (block != base->end || is_huge != base->is_huge)
		base->next = block;
	base->end = block + size;
	base->is_huge = is_huge;
	shared_add(base->mapped, size);
	if (base->block < BLOCK_LAST)
		base->block *= 2;
	return true;
}

void *base_alloc(struct base *base, size_t size, size_t alignment)
{
	if (alignment < CACHE_LINE)
		alignment = CACHE_LINE;
	size = align_up(size, CACHE_LINE);

	lock_take(&base->lock);
	char *p = (char *)align_up((uintptr_t)base->next, alignment);
	if (base->next == NULL || p > base->end || (size_t)(base->end - p) < size) {
		if (!add_block(base, size + alignment)) {
			lock_drop(&base->lock);
			return NULL;
		}
		p = (char *)align_up((uintptr_t)base->next, alignment);
	}
	size_t grain = base->is_huge ? THP_SIZE : os_page;
	size_t touched =
		align_up((uintptr_t)p + size, grain) - align_up((uintptr_t)base->next, grain);
	shared_add(base->resident, touched);
	if (base->is_huge)
		shared_add(base->thp, touched >> THP_LG_SIZE);
	base->next = p + size;
	shared_add(base->allocated, size);
	lock_drop(&base->lock);
	return p;
}
