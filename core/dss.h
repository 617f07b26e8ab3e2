/* dss.h - address space from sbrk(): the data segment of the program, which some programs want used
 * before what mmap() gives, and which may still have room when that gives nothing.
 *
 * What it gave is never unmapped: the program may use sbrk() itself, and moves the end of the
 * segment past ours and back. Ranges that come back are kept, purged, and given again, unless they
 * are the end of the segment, which then goes back. One lock, taken by nobody as long as mmap()
 * serves.
 */
#ifndef DSS_H
#define DSS_H

#include "build.h"

/* Zeroed memory at a multiple of alignment, itself a multiple of the page; NULL: there is none. */
INTERNAL void *dss_alloc(size_t size, size_t alignment);
/* Takes a range back; its contents are gone. */
INTERNAL void dss_dalloc(void *address, size_t size);
/* Bytes that are kept. */
INTERNAL size_t dss_retained(void);
/* Did an extent come from here? */
INTERNAL bool dss_owns(const void *address);

/* DSS_DISABLED, DSS_PRIMARY or DSS_SECONDARY, for arenas to come; at first as the option says. */
INTERNAL uint8_t dss_default(void);
INTERNAL void dss_set_default(uint8_t precedence);

INTERNAL void dss_prefork(void);
INTERNAL void dss_postfork_parent(void);
INTERNAL void dss_postfork_child(void);

#endif
