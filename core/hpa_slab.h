/* hpa_slab.h - one huge page of address space, cut into runs of small pages.
 *
 * A page of it is active (handed out), dirty (free, with memory behind it) or untouched (free,
 * none, reads as zero). Two bitmaps say which:
 *
 *     active    within    touched,    dirty = touched without active
 *
 * While the kernel backs the slab by one huge page, or was asked to (is_huge), every page counts as
 * touched. Pure: nothing here asks the system. The lock of the shard that owns the slab covers all
 * of it.
 */
#ifndef HPA_SLAB_H
#define HPA_SLAB_H

#include "bits.h"
#include "build.h"
#include "heap.h"
#include "list.h"
#include "thp.h"

/* Slabs exist only where the small page is 4 KiB (hpa.h), so this is constant. */
#define HPA_LG_PAGE    12
#define HPA_SLAB_PAGES ((unsigned)(THP_SIZE >> HPA_LG_PAGE))
#define HPA_SLAB_WORDS (HPA_SLAB_PAGES / 64)

/* A set of pages of one slab. */
struct hpa_pages {
	uint64_t words[HPA_SLAB_WORDS];
};

struct hpa_slab {
	char *address;
	uint16_t nactive;
	uint16_t ntouched;
	uint16_t longest; /* pages of the longest free run */
	bool is_huge;
	bool is_refused;    /* the system did not make it huge: not asked again while it is full */
	bool is_busy;       /* of hpa_set: somebody works on it without the lock */
	bool is_to_be_huge; /* of hpa_set: in the list */
	uint8_t room;       /* of hpa_set: page class of the longest free run */
	uint8_t purge_bucket;  /* of hpa_set: where it waits to be purged */
	uint64_t hugify_from;  /* since when it is to be huge, in ns */
	uint64_t purge_from;   /* since when it could be purged, in ns */
	struct heap_node node; /* of hpa_set: by room */
	struct list hugify_link;
	struct list purge_link;
	struct list link; /* of hpa_set: among all */
	struct hpa_pages active;
	struct hpa_pages touched;
};

/* A slab of untouched pages. */
INTERNAL void hpa_slab_init(struct hpa_slab *slab, void *address);

/* The first free run of npages becomes active; there is one (longest). zeroed: none of its pages
 * was ever touched. */
INTERNAL void *hpa_slab_take(struct hpa_slab *slab, unsigned npages, bool *zeroed);
/* An active run becomes dirty. */
INTERNAL void hpa_slab_put(struct hpa_slab *slab, const void *address, unsigned npages);

/* The dirty pages; and the first run among some pages at or after *first: its length, 0 when there
 * is none. */
INTERNAL void hpa_slab_dirty(const struct hpa_slab *slab, struct hpa_pages *dirty);
INTERNAL unsigned hpa_pages_next_run(const struct hpa_pages *pages, unsigned *first);
INTERNAL void hpa_pages_remove(struct hpa_pages *pages, unsigned first, unsigned npages);

/* These pages, dirty ones, were purged. */
INTERNAL void hpa_slab_clean(struct hpa_slab *slab, const struct hpa_pages *gone);

/* All pages have memory behind them, now or soon; or it goes by pages again. */
INTERNAL void hpa_slab_set_huge(struct hpa_slab *slab, bool is_huge);

ALWAYS_INLINE unsigned hpa_slab_ndirty(const struct hpa_slab *slab)
{
	return (unsigned)slab->ntouched - slab->nactive;
}

ALWAYS_INLINE bool hpa_slab_is_empty(const struct hpa_slab *slab)
{
	return slab->nactive == 0;
}

ALWAYS_INLINE bool hpa_slab_is_full(const struct hpa_slab *slab)
{
	return slab->nactive == HPA_SLAB_PAGES;
}

#endif
