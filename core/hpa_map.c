#include "hpa_map.h"

#define LG_LEAF    30 /* address bits that one leaf covers */
#define LEAVES     ((size_t)1 << (LG_VADDR - LG_LEAF))
#define LEAF_SLABS ((size_t)1 << (LG_LEAF - THP_LG_SIZE))

struct leaf {
	struct hpa_slab *slabs[LEAF_SLABS];
};

static APART struct leaf *leaves[LEAVES];

static struct leaf *leaf_of(const void *address)
{
	size_t top = (uintptr_t)address >> LG_LEAF;
	/* Pairs with the release in hpa_map_ensure(): a leaf starts as zeroes. */
	return top < LEAVES ? __atomic_load_n(&leaves[top], __ATOMIC_ACQUIRE) : NULL;
}

static struct hpa_slab **entry_in(struct leaf *leaf, const void *address)
{
	return &leaf->slabs[((uintptr_t)address >> THP_LG_SIZE) & (LEAF_SLABS - 1)];
}

bool hpa_map_ensure(const void *address, struct base *base)
{
	size_t top = (uintptr_t)address >> LG_LEAF;
	if (top >= LEAVES)
		return false;
	if (leaf_of(address) != NULL)
		return true;
	struct leaf *fresh = base_alloc(base, sizeof(*fresh), 0);
	if (fresh == NULL)
		return false;
	/* Two arenas may get here at once. The later one's leaf is lost: metadata has no way back.
	 */
	struct leaf *none = NULL;
	__atomic_compare_exchange_n(&leaves[top], &none, fresh, false, __ATOMIC_ACQ_REL,
				    __ATOMIC_ACQUIRE);
	return true;
}

void hpa_map_set(const void *address, struct hpa_slab *slab)
{
	__atomic_store_n(entry_in(leaf_of(address), address), slab, __ATOMIC_RELEASE);
}

struct hpa_slab *hpa_map_find(const void *address)
{
	struct leaf *leaf = leaf_of(address);
	return leaf != NULL ? __atomic_load_n(entry_in(leaf, address), __ATOMIC_ACQUIRE) : NULL;
}
