/* os_map.h - address space: mapped, reserved, forbidden, given back.
 *
 * Owns the ranges that the system would not take back: a part of a mapping cannot be unmapped where
 * no more mappings can be had. Such a range keeps a note of itself, and is tried again when more is
 * mapped.
 *
 * Sizes and addresses are multiples of os_page. Functions that can fail return NULL or false and
 * leave errno as it was: running out of memory is a normal result. No locks.
 */
#ifndef OS_MAP_H
#define OS_MAP_H

#include "build.h"

/* Address space that reads as zero and gets memory when it is touched. */
INTERNAL void *os_map(size_t size, size_t alignment);
/* The same, at an address or not at all. */
INTERNAL void *os_map_at(void *address, size_t size);
/* Gives address space back; false when the system refused (too many mappings). */
INTERNAL bool os_unmap(void *address, size_t size);
/* The same without a refusal: what cannot be given back now loses its contents and is tried again
 * when more is mapped. */
INTERNAL void os_discard(void *address, size_t size);
/* Says in /proc/PID/maps whose memory it is. May change errno. */
INTERNAL void os_map_name(void *address, size_t size);

/* Address space that is only reserved: no access, no memory; and a range turned back into that, its
 * contents dropped, whatever it was. */
INTERNAL void *os_reserve(size_t size);
INTERNAL bool os_forbid(void *address, size_t size);
/* Allows or forbids access, contents stay. false: the kernel has no room for one mapping more. */
INTERNAL bool os_protect(void *address, size_t size, bool may_access);
/* Fresh memory in the place of whatever mapping is there. */
INTERNAL bool os_replace(void *address, size_t size);

/* Moves the end of the data segment; returns where it was, NULL when it cannot be moved. */
INTERNAL void *os_sbrk(ptrdiff_t by);

#endif
