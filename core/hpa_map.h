/* hpa_map.h - address -> the slab of a huge page, read without locks.
 *
 * A table with an entry per GiB, leaves with one per huge page. Leaves are metadata memory and
 * never given back; both are touched only where there are slabs.
 *
 * Who asks about an address holds something there (an active extent, or the lock of the shard): the
 * slab was entered before that came into its hands, and is not removed before it is back.
 */
#ifndef HPA_MAP_H
#define HPA_MAP_H

#include "base.h"
#include "hpa_slab.h"

/* Makes sure that there is an entry for the slab; false without memory. The leaf comes from base.
 */
INTERNAL bool hpa_map_ensure(const void *address, struct base *base);
INTERNAL void hpa_map_set(const void *address, struct hpa_slab *slab);

/* The slab that an address lies in; NULL: in none. */
INTERNAL struct hpa_slab *hpa_map_find(const void *address);

#endif
