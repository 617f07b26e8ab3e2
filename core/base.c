#include "base.h"

#include "bits.h"
#include "os.h"

/* Blocks double from the first to the last size: a small program has little address space taken, a
 * large one few mappings. */
#define BLOCK_FIRST ((size_t)128 << 10)
#define BLOCK_LAST  ((size_t)2 << 20)

struct base base_first = {.lock = {.rank = RANK_BASE}, .block = BLOCK_FIRST};

void base_init(struct base *base)
{
	*base = (struct base){.block = BLOCK_FIRST};
	lock_init(&base->lock, RANK_BASE);
}

static bool add_block(struct base *base, size_t room)
{
	size_t size = base->block;
	if (size < room)
		size = align_up(room, os_page);
	char *block = os_map(size, os_page);
	if (block == NULL)
		return false;
	/* The rest of the old block stays unused; it is less than what did not fit. A neighbour
	 * above simply continues it. */
	if (block != base->end)
		base->next = block;
	base->end = block + size;
	base->mapped += size;
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
	base->resident +=
		align_up((uintptr_t)p + size, os_page) - align_up((uintptr_t)base->next, os_page);
	base->next = p + size;
	base->allocated += size;
	lock_drop(&base->lock);
	return p;
}
