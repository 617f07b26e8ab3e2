#include "pagemap.h"

#include "options.h"
#include "os.h"
#include "os_map.h"
#include "thp.h"

APART struct pagemap pagemap;

static size_t leaves_mapped;  /* relaxed */
static size_t leaves_huge;    /* relaxed; bytes of those above that are huge pages */
static size_t granules_known; /* relaxed; that there are now */
static size_t granules_most;  /* relaxed; that there ever were. Others come at the same places */

static uint64_t *word_at(const void *p)
{
	uintptr_t top = (uintptr_t)p >> PAGEMAP_LG_LEAF;
	return pagemap_word_in(__atomic_load_n(&pagemap.distance[top], __ATOMIC_RELAXED), p);
}

static void set_word(const void *p, uint64_t word)
{
	__atomic_store_n(word_at(p), word, __ATOMIC_RELEASE);
}

static uint64_t make_word(const struct extent *extent, unsigned cache_bin)
{
	return (uint64_t)(uintptr_t)extent | (uint64_t)cache_bin << PAGEMAP_CACHE_SHIFT;
}

#define LEAF_BYTES (PAGEMAP_LEAF_WORDS * sizeof(uint64_t))
static_assert(LEAF_BYTES == THP_SIZE, "a leaf can be one huge page");

/* In a leaf mostly a few pages are touched; a huge page for it must be asked for by metadata_thp.
 */
static uint64_t *map_leaf(bool *is_huge)
{
	uint64_t *leaf = NULL;
	if (options.metadata_thp == METADATA_THP_ALWAYS && thp_is_usable())
		leaf = thp_map(LEAF_BYTES);
	*is_huge = leaf != NULL;
	return leaf != NULL ? leaf : os_map(LEAF_BYTES, os_page);
}

bool pagemap_ensure(const void *address, size_t size)
{
	uintptr_t first = (uintptr_t)address >> PAGEMAP_LG_LEAF;
	uintptr_t last = ((uintptr_t)address + size - 1) >> PAGEMAP_LG_LEAF;
	if (last >= PAGEMAP_LEAVES)
		return false;
	for (uintptr_t i = first; i <= last; i++) {
		uintptr_t distance = __atomic_load_n(&pagemap.distance[i], __ATOMIC_ACQUIRE);
		if (distance != 0)
			continue;
		bool is_huge;
		uint64_t *fresh = map_leaf(&is_huge);
		if (fresh == NULL)
			return false;
		/* Two arenas may get here at once; the later one gives its leaf back. The release
		 * pairs with the loads of those who read words: a leaf starts as zero pages of the
		 * kernel. */
		uintptr_t from_none = (uintptr_t)fresh - (uintptr_t)pagemap.none;
		if (__atomic_compare_exchange_n(&pagemap.distance[i], &distance, from_none, false,
						__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
			__atomic_add_fetch(&leaves_mapped, LEAF_BYTES, __ATOMIC_RELAXED);
			if (is_huge)
				__atomic_add_fetch(&leaves_huge, LEAF_BYTES, __ATOMIC_RELAXED);
		} else {
			os_discard(fresh, LEAF_BYTES);
		}
	}
	size_t n = size >> PAGEMAP_LG_GRANULE;
	size_t known = __atomic_add_fetch(&granules_known, n, __ATOMIC_RELAXED);
	size_t most = shared_load(granules_most);
	while (known > most && !__atomic_compare_exchange_n(&granules_most, &most, known, true,
							    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return true;
}

void pagemap_forget(size_t size)
{
	__atomic_sub_fetch(&granules_known, size >> PAGEMAP_LG_GRANULE, __ATOMIC_RELAXED);
}

size_t pagemap_known(void)
{
	return __atomic_load_n(&granules_known, __ATOMIC_RELAXED) << PAGEMAP_LG_GRANULE;
}

void pagemap_stats(struct pagemap_stats *stats)
{
	size_t mapped = __atomic_load_n(&leaves_mapped, __ATOMIC_RELAXED);
	size_t huge = __atomic_load_n(&leaves_huge, __ATOMIC_RELAXED);
	size_t touched = align_up(shared_load(granules_most) * sizeof(uint64_t), os_page);
	*stats = (struct pagemap_stats){
		.mapped = mapped,
		.resident = touched + huge < mapped ? touched + huge : mapped,
		.thp = huge >> THP_LG_SIZE,
	};
}

void pagemap_set_ends(struct extent *extent, unsigned cache_bin)
{
	uint64_t word = make_word(extent, cache_bin);
	set_word(extent->address, word);
	set_word((char *)extent_end(extent) - 1, word);
}

/* Sets the words of a range, which the caller knows to exist. */
static void set_range(uintptr_t start, uintptr_t end, uint64_t word)
{
	while (start < end) {
		uintptr_t leaf_end = (start | (((uintptr_t)1 << PAGEMAP_LG_LEAF) - 1)) + 1;
		uintptr_t stop = leaf_end < end ? leaf_end : end;
		uint64_t *at = word_at((const void *)start);
		for (size_t n = (stop - start) >> PAGEMAP_LG_GRANULE; n > 0; n--)
			__atomic_store_n(at++, word, __ATOMIC_RELEASE);
		start = stop;
	}
}

void pagemap_set_all(struct extent *extent, unsigned cache_bin)
{
	set_range((uintptr_t)extent->address, (uintptr_t)extent_end(extent),
		  make_word(extent, cache_bin));
}

void pagemap_clear_inside(const struct extent *extent)
{
	size_t granule = (size_t)1 << PAGEMAP_LG_GRANULE;
	set_range((uintptr_t)extent->address + granule, (uintptr_t)extent_end(extent) - granule, 0);
}

void pagemap_clear_ends(const struct extent *extent)
{
	set_word(extent->address, 0);
	set_word((char *)extent_end(extent) - 1, 0);
}

void pagemap_clear_own_ends(const struct extent *extent)
{
	const void *const ends[] = {extent->address, (char *)extent_end(extent) - 1};
	for (unsigned i = 0; i < ARRAY_LEN(ends); i++)
		if (pagemap_lookup(ends[i]) == extent)
			set_word(ends[i], 0);
}
