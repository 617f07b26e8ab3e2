#include "ctl.h"

#include <errno.h>
#include "boot.h"
#include "ctl_access.h"
#include "ctl_lookup.h"
#include "ctl_snapshot.h"
#include "ctl_tree.h"

static bool ready; /* atomic */

COLD static bool start_slow(void)
{
	if (!boot_ensure())
		return false;
	ctl_tree_start();
	lock_take(&ctl_lock);
	ctl_lookup_start();
	lock_drop(&ctl_lock);
	/* Two threads that come at once make two snapshots, which does no harm. */
	if (ctl_snapshot_epoch() == 0 && ctl_snapshot_refresh() != 0)
		return false;
	/* Pairs with the load below. */
	__atomic_store_n(&ready, true, __ATOMIC_RELEASE);
	return true;
}

bool ctl_is_started(void)
{
	return __atomic_load_n(&ready, __ATOMIC_ACQUIRE);
}

bool ctl_start(void)
{
	return likely(ctl_is_started()) || start_slow();
}

int ctl_name_to_mib(const char *name, size_t *mib, size_t *depth)
{
	struct ctl_place place;
	if (name == NULL || mib == NULL || depth == NULL)
		return EINVAL;
	if (!ctl_start())
		return EAGAIN;
	if (!(ctl_lookup(name, &place) && place.depth <= *depth) &&
	    !ctl_tree_resolve(name, *depth, CTL_NAMES, &place))
		return ENOENT;
	for (size_t i = 0; i < place.depth; i++)
		mib[i] = place.mib[i];
	*depth = place.depth;
	return 0;
}

int ctl_by_name(const char *name, void *oldp, size_t *oldlenp, const void *newp, size_t newlen)
{
	struct ctl_place place;
	if (name == NULL)
		return EINVAL;
	if (!ctl_start())
		return EAGAIN;
	if (!ctl_lookup(name, &place) &&
	    (!ctl_tree_resolve(name, MOONHEAP_CTL_DEPTH_MAX, CTL_NAMES, &place) ||
	     !ctl_place_is_leaf(&place)))
		return ENOENT;
	struct ctl_call call = ctl_tree_call(place.node, place.mib);
	return ctl_access(place.node->row, &call, oldp, oldlenp, newp, newlen);
}

/* Apart, so that a leaf without indices is reached with nothing to keep meanwhile. */
static __attribute__((noinline)) int by_mib_with_indices(const struct ctl_node *leaf,
							 const size_t *mib, void *oldp,
							 size_t *oldlenp, const void *newp,
							 size_t newlen)
{
	struct ctl_call call = ctl_tree_call(leaf, mib);
	return ctl_tree_accepts(leaf, &call)
		       ? ctl_access(leaf->row, &call, oldp, oldlenp, newp, newlen)
		       : ENOENT;
}

int ctl_by_mib(const size_t *mib, size_t depth, void *oldp, size_t *oldlenp, const void *newp,
	       size_t newlen)
{
	static const struct ctl_call without;
	if (mib == NULL)
		return EINVAL;
	if (!ctl_start())
		return EAGAIN;
	const struct ctl_node *leaf = ctl_tree_leaf(mib, depth);
	if (leaf == NULL)
		return ENOENT;
	if (leaf->indices > 0)
		return by_mib_with_indices(leaf, mib, oldp, oldlenp, newp, newlen);
	return ctl_access(leaf->row, &without, oldp, oldlenp, newp, newlen);
}
