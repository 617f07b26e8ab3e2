/* batch.h - many objects of one size at once.
 *
 * Small ones come straight out of the slabs of their bin, many under one lock; the thread's cache
 * is passed by, and keeps what it has. Everything else is allocated one by one.
 */
#ifndef BATCH_H
#define BATCH_H

#include "alloc.h"

/* Up to n objects, by ascending address where they are neighbours; returns how many there are,
 * fewer without memory. */
INTERNAL size_t batch_alloc(void **objects, size_t n, size_t size, const struct alloc_how *how);

#endif
