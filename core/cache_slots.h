/* cache_slots.h - memory for the stacks of thread caches: arrays of 8 * 4^k slots, recycled by
 * size.
 *
 * They come from the first arena's metadata and are never given back; a lock of their own guards
 * those that wait for reuse.
 */
#ifndef CACHE_SLOTS_H
#define CACHE_SLOTS_H

#include "build.h"

/* Slots of the smallest array that has room for n. */
INTERNAL unsigned cache_slots_room(unsigned n);

/* An array with room for n; NULL without memory. The contents are anything. */
INTERNAL void **cache_slots_take(unsigned n);
/* n: as it was taken. */
INTERNAL void cache_slots_put(void **slots, unsigned n);

INTERNAL void cache_slots_prefork(void);
INTERNAL void cache_slots_postfork_parent(void);
INTERNAL void cache_slots_postfork_child(void);

#endif
