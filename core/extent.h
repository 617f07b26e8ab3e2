/* extent.h - descriptor of a run of pages: where it is, whose, and in which state.
 *
 * Every page that an arena has belongs to exactly one extent. An extent is either active (a slab or
 * a large object, handed out by its arena) or unused in one of four states, which say what stands
 * behind the pages:
 *
 *     dirty     contents of the last user, memory still there
 *     muzzy     given to the kernel to take when it likes (lazily purged)
 *     retained  no memory, only address space; reads as zero
 *     pinned    memory that can never be given back, by the word of the program's hooks
 *
 * Descriptors live in metadata memory that is never given back and are recycled within their arena,
 * so reading one through a stale pointer is always a valid memory access. The pagemap leads from an
 * address to the descriptor.
 *
 * Locks: state, address, size and the list and heap nodes of an unused extent belong to the page
 * lock of its arena; the bitmap and nfree of a slab to the lock of its bin; an active large extent
 * to its owner. arena and state are also read without lock, by neighbours that look for somebody to
 * coalesce with: they are written by extent_publish() and read by extent_is_mergeable().
 */
#ifndef EXTENT_H
#define EXTENT_H

#include "bits.h"
#include "build.h"
#include "heap.h"
#include "list.h"
#include "size_class.h"

#include <assert.h>
#include <string.h>

enum page_state {
	PAGES_DIRTY,
	PAGES_MUZZY,
	PAGES_RETAINED,
	PAGES_PINNED,
	PAGES_UNUSED_STATES, /* how many states unused pages have */
	PAGES_ACTIVE = PAGES_UNUSED_STATES,
	PAGES_IN_TRANSIT /* taken out of its set by somebody who is about to purge it */
};

enum extent_guards {
	EXTENT_NOT_GUARDED,
	EXTENT_GUARDED_BEHIND, /* the page behind it has no access */
	EXTENT_GUARDED_BOTH
};

/* What os_move() leaves behind, until it is mended (page_move.h). */
#define SEAMS_IN_CONTENTS 1u /* parts may be mappings of their own, until they are purged */
#define SEAMS_IN_SPACE    2u /* and so may their neighbours */

struct bin;

struct extent {
	void *address;
	size_t size;
	uint32_t arena; /* index */
	uint8_t state;  /* enum page_state */
	uint8_t class;  /* size class of what is in it, when active */
	union {
		uint16_t nfree; /* slab: free regions */
		uint16_t lead;  /* large: bytes of its first page before the object; else 0 */
	};
	uint16_t refile_at;  /* nfree at which a slab changes its list in the bin */
	uint16_t nfree_then; /* slab: nfree when a pass last saw it; 0: it has handed out since */
	bool is_slab;
	bool is_head;        /* starts a mapping: never merged with what is before it */
	bool zeroed;         /* reads as zero */
	uint8_t seams;       /* SEAMS_*: where mappings of the kernel may meet in it */
	bool committed;      /* usable; false only with hooks that reserve without committing */
	uint8_t bucket;      /* of the bin's lists, when a slab with free regions */
	uint8_t next_state;  /* enum page_state after the purge, when in transit */
	bool is_guarded : 1; /* neither slab nor large: an object in a slot of guard.h */
	bool is_pinned : 1;  /* unused it is PAGES_PINNED, and in no other state */
	bool is_held : 1;    /* large: freed, and kept without access by quarantine.h */
	bool is_exact : 1;   /* large: the object has no class, but the pages that it needs */
	uint8_t guards;      /* enum extent_guards, of page_guard.h; when active */
	uint8_t holes;       /* slab: of its first eight pages those without memory (sparse.h) */
	uint8_t sparse_pass; /* slab: the latest pass that saw it */
	struct bin *bin;     /* slab: the shard of a bin that it belongs to */
	struct list link;    /* unused: in its set, by age; slab: in its bin; large: in its arena */
	union {
		uint64_t free_regions[SLAB_REGIONS_MAX /
				      64]; /* slab: bit i is set when region i is free */
		struct heap_node node;     /* unused: in its set, by size and place */
		size_t requested; /* large, with safety:full: bytes that the program asked for */
	};
};

static_assert(sizeof(struct extent) <= (size_t)2 * CACHE_LINE, "a descriptor fits two cache lines");

#define EXTENT_ALIGNMENT ((size_t)64) /* the pagemap keeps other things in the low bits */

ALWAYS_INLINE void *extent_end(const struct extent *extent)
{
	return ptr_add(extent->address, extent->size);
}

/* Where the object starts that an extent other than a slab is. */
ALWAYS_INLINE void *extent_object(const struct extent *extent)
{
	return ptr_add(extent->address, extent->lead);
}

/* Bytes that the program may use of an object in it. */
ALWAYS_INLINE size_t extent_usable(const struct extent *extent)
{
	if (likely(!extent->is_exact))
		return size_class_sizes[extent->class];
	return extent->size - (extent->guards == EXTENT_NOT_GUARDED ? size_class_large_pad : 0);
}

/* Sets owner and state; pairs with extent_is_mergeable(). The caller holds the page lock. */
ALWAYS_INLINE void extent_publish(struct extent *extent, uint32_t arena, enum page_state state)
{
	__atomic_store_n(&extent->arena, arena, __ATOMIC_RELAXED);
	__atomic_store_n(&extent->state, (uint8_t)state, __ATOMIC_RELAXED);
}

/* Makes a recycled descriptor an empty one that is nobody's. A neighbour that follows a word which
 * is out of date may be reading it, and must not take it for one of its arena. */
ALWAYS_INLINE void extent_clear(struct extent *extent)
{
	extent_publish(extent, UINT32_MAX, PAGES_IN_TRANSIT);
	const size_t rest = offsetof(struct extent, class);
	extent->address = NULL;
	extent->size = 0;
	memset(ptr_add(extent, rest), 0, sizeof(*extent) - rest);
}

/* Is this neighbour an unused extent of this arena in this state? Called with the page lock of the
 * arena held, under which an extent of this arena cannot change either of the two; an extent of any
 * other arena may, but never becomes one of ours meanwhile. */
ALWAYS_INLINE bool extent_is_mergeable(const struct extent *extent, uint32_t arena,
				       enum page_state state)
{
	return __atomic_load_n(&extent->arena, __ATOMIC_RELAXED) == arena &&
	       __atomic_load_n(&extent->state, __ATOMIC_RELAXED) == (uint8_t)state;
}

#endif
