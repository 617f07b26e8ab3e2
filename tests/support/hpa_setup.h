/* hpa_setup.h - packed huge pages of no arena, for a test to have for itself. */
#ifndef TESTS_SUPPORT_HPA_SETUP_H
#define TESTS_SUPPORT_HPA_SETUP_H

#include "hpa_shard.h"

/* What tests of packing begin with; each changes what it is about, before or after. Slabs become
 * huge from 480 pages in use on, 10 s later; passes of purging are 5 s apart, and one dirty page is
 * enough.
 */
struct hpa_policy hpa_setup_policy(void);

/* The arena that the shard says it is of. */
enum { HPA_SETUP_ARENA = 77 };

/* An empty shard with that policy, on metadata of its own. */
void hpa_setup(struct hpa_shard *shard, struct extent_pool *pool, struct base *base,
	       struct hpa_policy *policy);

#endif
