/* hpa_purge.h - memory of huge pages goes back, and full ones become huge.
 *
 * When too many pages of a shard have been dirty for purge_interval_ns, the emptiest slabs give
 * theirs up until no more than that are; a huge one is then made of small pages again, unless it is
 * empty altogether. A slab that has been full enough for hugify_delay_ns is made huge. Both are
 * done without the lock, slab by slab: a slab that is worked on hands nothing out, but takes pages
 * back.
 *
 * Who calls, and when, is the purger's business; it goes by due_ns of the shard.
 */
#ifndef HPA_PURGE_H
#define HPA_PURGE_H

#include "hpa_shard.h"

/* Does the next part of what is due; returns when there is more. */
INTERNAL uint64_t hpa_purge_step(struct hpa_shard *shard, uint64_t now_ns);

/* Every dirty page goes now. */
INTERNAL void hpa_purge_all(struct hpa_shard *shard);

/* In the child of a fork, with all locks free: nobody works on any slab. */
INTERNAL void hpa_purge_postfork_child(struct hpa_shard *shard);

#endif
