/* utilization.h - how well the memory round an object is used: of its slab, and of its bin.
 *
 * What a program needs that wants to move objects out of slabs that are nearly empty. Takes the
 * lock of the object's bin.
 */
#ifndef UTILIZATION_H
#define UTILIZATION_H

#include <assert.h>
#include "build.h"

/* The layout is that of mallctl()'s experimental.utilization.query. */
struct utilization {
	const void
		*current; /* the slab that the bin hands out from; NULL: none, or a large object */
	size_t nfree;     /* free regions of the slab that the object is in */
	size_t nregs;     /* all of them; 1 for an object with pages of its own */
	size_t size;      /* bytes of that slab, or of the object's pages */
	size_t bin_nfree; /* free regions in all slabs of the bin; 0 for a large object */
	size_t bin_nregs;
};

static_assert(sizeof(struct utilization) == 6 * sizeof(size_t), "no padding");

/* Of an object; all zero for what is none. */
INTERNAL void utilization_of(const void *p, struct utilization *to);

#endif
