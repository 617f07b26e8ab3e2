#include "arena_spread.h"

#include "cgroup.h"
#include "options.h"

static unsigned nauto;
static unsigned nspread; /* of the automatic arenas, those that threads are spread over */

/* The quota of time is looked at when a second thread comes: it takes longer than to start a small
 * program, which never asks. */
enum { QUOTA_UNKNOWN, QUOTA_ASKED, QUOTA_KNOWN };
static int quota_state; /* atomic */

unsigned arena_spread_for(uint32_t cpus)
{
	uint64_t n = ((uint64_t)cpus * options.narenas_ratio + (1u << 15)) >> 16;
	return n < 1 || cpus == 1 ? 1 : n > UINT32_MAX ? UINT32_MAX : (unsigned)n;
}

void arena_spread_boot(unsigned most, bool is_given)
{
	nauto = most;
	nspread = most;
	quota_state = is_given ? QUOTA_KNOWN : QUOTA_UNKNOWN;
}

unsigned arena_spread(bool is_shared)
{
	int unknown = QUOTA_UNKNOWN;
	if (likely(__atomic_load_n(&quota_state, __ATOMIC_ACQUIRE) == QUOTA_KNOWN) || !is_shared ||
	    !__atomic_compare_exchange_n(&quota_state, &unknown, QUOTA_ASKED, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return shared_load(nspread);
	uint32_t cpus = cgroup_cpus();
	unsigned n = cpus != CGROUP_NO_LIMIT ? arena_spread_for(cpus) : nauto;
	shared_store(nspread, n < nauto ? n : nauto);
	__atomic_store_n(&quota_state, QUOTA_KNOWN, __ATOMIC_RELEASE);
	return shared_load(nspread);
}

void arena_spread_postfork_child(void)
{
	if (quota_state == QUOTA_ASKED) /* by a thread that is not there any more, or goes on */
		quota_state = QUOTA_UNKNOWN;
}
