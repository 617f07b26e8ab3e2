/* alloc_flags.h - what the flags of mallocx() and its like ask for.
 *
 * Stateless. Naming a cache or an arena boots core, and starts an automatic arena.
 */
#ifndef ALLOC_FLAGS_H
#define ALLOC_FLAGS_H

#include "alloc.h"
#include "boot.h"

/* Flag bits: 0-5 lg of the alignment, 6 zero, 8-19 cache + 2 (1: none), 20-31 arena + 1. */
#define ALLOC_FLAG_LG_ALIGN 0x3fu
#define ALLOC_FLAG_ZERO     0x40u
#define ALLOC_CACHE_SHIFT   8
#define ALLOC_CACHE_MASK    0xfffu
#define ALLOC_CACHE_NONE    1u
#define ALLOC_ARENA_SHIFT   20

/* What the flags ask for; false when they name a cache or an arena that does not exist. */
static inline bool alloc_decode(unsigned flags, struct alloc_how *how)
{
	*how = (struct alloc_how){.zero = (flags & ALLOC_FLAG_ZERO) != 0};
	if ((flags & ALLOC_FLAG_LG_ALIGN) != 0)
		how->alignment = (size_t)1 << (flags & ALLOC_FLAG_LG_ALIGN);
	unsigned cache = flags >> ALLOC_CACHE_SHIFT & ALLOC_CACHE_MASK;
	unsigned arena = flags >> ALLOC_ARENA_SHIFT;
	if (unlikely((cache | arena) != 0) && !boot_ensure())
		return false;
	if (cache == ALLOC_CACHE_NONE) {
		how->bypass_cache = true;
	} else if (cache != 0) {
		how->cache = tcaches_get(cache - 2);
		if (how->cache == NULL)
			return false;
	}
	if (arena != 0) {
		how->arena = arenas_get_or_start(arena - 1);
		if (how->arena == NULL)
			return false;
	}
	return true;
}

#endif
