/* hooks.h - extent hooks: a program's own source of pages for an arena.
 *
 * An arena asks its hook table for address space, and tells it when pages become unused. A program
 * installs a table when it creates an arena (mallctl "arenas.create", newp points to a pointer to
 * the table) or later (mallctl "arena.<i>.extent_hooks", which returns the table before). The table
 * must live as long as the arena; for automatic arenas that is for ever.
 *
 * Every hook gets the table first and the arena's index last. Sizes, offsets and lengths are
 * multiples of the page, alignments powers of two and at least a page. A bool result of false means
 * done, true means declined: the allocator then goes on in another way. Only alloc must be given;
 * any other may be NULL, which declines (destroy: does nothing).
 *
 * Hooks run on whichever thread needs pages, several at once, some of them with locks of their
 * arena held. A hook may allocate: such calls are served by the first arena (index 0), without a
 * thread cache. So a hook of the first arena itself must not allocate. No hook may install hooks.
 */
#ifndef MOONHEAP_HOOKS_H
#define MOONHEAP_HOOKS_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct extent_hooks_s extent_hooks_t;

/* size bytes at a multiple of alignment, or NULL. With new_addr: there exactly, or NULL. *zero and
 * *commit say on entry what the memory must be (zeroed, usable), on return what it is. The low bits
 * of the result (EXTENT_ALLOC_FLAG_MASK) may be flags. Pinned is memory that must be usable and can
 * never be given back while the arena lives: no purge, dalloc or decommit is called for it. */
#define EXTENT_ALLOC_FLAG_PINNED 0x1U
#define EXTENT_ALLOC_FLAG_MASK   0xFFU
typedef void *(extent_alloc_t)(extent_hooks_t *hooks, void *new_addr, size_t size, size_t alignment,
			       bool *zero, bool *commit, unsigned arena);

/* Gives a range up. Declined: it stays mapped, and the allocator keeps it for later. */
typedef bool(extent_dalloc_t)(extent_hooks_t *hooks, void *addr, size_t size, bool committed,
			      unsigned arena);

/* Releases a range in full; called while its arena is being destroyed, and cannot fail. */
typedef void(extent_destroy_t)(extent_hooks_t *hooks, void *addr, size_t size, bool committed,
			       unsigned arena);

/* Makes [offset, offset + length) of the extent at addr usable and zero; or no longer usable. */
typedef bool(extent_commit_t)(extent_hooks_t *hooks, void *addr, size_t size, size_t offset,
			      size_t length, unsigned arena);
typedef bool(extent_decommit_t)(extent_hooks_t *hooks, void *addr, size_t size, size_t offset,
				size_t length, unsigned arena);

/* Gives the physical pages of [offset, offset + length) back. Lazily: contents may vanish at any
 * time from now on. Forced: they are gone, and the range reads as zero. */
typedef bool(extent_purge_t)(extent_hooks_t *hooks, void *addr, size_t size, size_t offset,
			     size_t length, unsigned arena);

/* Allows an extent to be treated as two, of size_a and size_b bytes; or two neighbours as one. */
typedef bool(extent_split_t)(extent_hooks_t *hooks, void *addr, size_t size, size_t size_a,
			     size_t size_b, bool committed, unsigned arena);
typedef bool(extent_merge_t)(extent_hooks_t *hooks, void *addr_a, size_t size_a, void *addr_b,
			     size_t size_b, bool committed, unsigned arena);

struct extent_hooks_s {
	extent_alloc_t *alloc;
	extent_dalloc_t *dalloc;
	extent_destroy_t *destroy;
	extent_commit_t *commit;
	extent_decommit_t *decommit;
	extent_purge_t *purge_lazy;
	extent_purge_t *purge_forced;
	extent_split_t *split;
	extent_merge_t *merge;
};

#ifdef __cplusplus
}
#endif

#endif
