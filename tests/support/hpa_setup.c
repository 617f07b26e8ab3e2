#include "hpa_setup.h"
#include "os.h"
#include "os_purge.h"
#include <string.h>

#define SECOND_NS 1000000000ull

struct hpa_policy hpa_setup_policy(void)
{
	return (struct hpa_policy){
		.hugify_least = 480,
		.purge_least = 1,
		.dirty_mult = 1u << 14,
		.hugify_delay_ns = 10 * SECOND_NS,
		.purge_interval_ns = 5 * SECOND_NS,
		.purge_most = SIZE_MAX,
		.start_huge_least = SIZE_MAX,
		.keeps_space = true,
	};
}

void hpa_setup(struct hpa_shard *shard, struct extent_pool *pool, struct base *base,
	       struct hpa_policy *policy)
{
	os_boot();
	os_trust_purge();
	size_class_boot(os_page, NULL);
	memset(shard, 0, sizeof *shard);
	base_init(base);
	extent_pool_init(pool, base);
	*policy = hpa_setup_policy();
	static struct extent_events events;
	memset(&events, 0, sizeof events);
	hpa_shard_init(shard, HPA_SETUP_ARENA, base, pool, policy, &events);
}
