/* cache_return.h - regions of one size class, out of a cache, back to the arenas they came from. */
#ifndef CACHE_RETURN_H
#define CACHE_RETURN_H

#include "arenas.h"

INTERNAL void cache_return_large(unsigned class, void **regions, unsigned n);
/* owner: the arena to which nrequests, served from the cache, are reported. The order of the
 * regions is lost. */
INTERNAL void cache_return_small(unsigned class, void **regions, unsigned n, struct arena *owner,
				 uint64_t nrequests);
/* Requests that were served from a cache, where no region goes back with them. */
INTERNAL void cache_report_requests(unsigned class, struct arena *owner, uint64_t nrequests);

#endif
