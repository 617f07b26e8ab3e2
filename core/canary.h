/* canary.h - what stands behind an object in its region when every object is checked.
 *
 *     | size bytes of the program | filling ........ | word |
 *     ^ region                                              ^ its end
 *
 * The word is the size, and whether the object lives or was freed, mixed with the address, so that
 * no plausible overwriting makes another valid word, and a word that was copied from elsewhere is
 * none. Pure.
 */
#ifndef CANARY_H
#define CANARY_H

#include "build.h"

#define CANARY_BYTES sizeof(uint64_t)

enum canary_state { CANARY_LIVE, CANARY_FREED, CANARY_BROKEN };

/* An object of size bytes begins, and ends: the filling and the word are written. */
INTERNAL void canary_begin(void *region, size_t region_bytes, size_t size);
INTERNAL void canary_end(void *region, size_t region_bytes);

/* What the word says; *size is set unless it is broken. */
INTERNAL enum canary_state canary_look(const void *region, size_t region_bytes, size_t *size);

/* Bytes behind the end of a living object that were written to, up to the last one; 0: none. */
INTERNAL size_t canary_overrun(const void *region, size_t region_bytes, size_t size);

/* The same pieces, for objects whose size is kept elsewhere. */
INTERNAL void canary_fill(void *from, size_t bytes);
INTERNAL size_t canary_changed(const void *from, size_t bytes);

#endif
