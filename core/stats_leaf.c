/* stats_leaf.c - see stats_leaf.h. */
#include "stats_leaf.h"

#include <string.h>
#include "ctl.h"
#include "ctl_access.h"
#include "ctl_tree.h"
#include "fmt.h"

bool stats_leaf_find(struct stats_leaf *leaf, const char *prefix, const char *name)
{
	char path[CTL_NAME_MAX];
	struct ctl_place place;
	struct fmt f;

	*leaf = (struct stats_leaf){.type = MOONHEAP_CTL_NONE};
	fmt_begin(&f, path, sizeof path);
	fmt_text(&f, prefix);
	fmt_text(&f, name);
	if (f.cut || !ctl_start() ||
	    !ctl_tree_resolve(path, MOONHEAP_CTL_DEPTH_MAX, CTL_NAMES_AND_PATHS, &place) ||
	    !ctl_place_is_leaf(&place))
		return false;

	leaf->is_there = true;
	leaf->type = place.node->row->about.type;
	leaf->depth = (uint8_t)place.depth;
	leaf->indices = place.node->indices;
	memcpy(leaf->index_at, place.node->index_at, sizeof leaf->index_at);
	memcpy(leaf->mib, place.mib, place.depth * sizeof place.mib[0]);
	return true;
}

void stats_leaf_index(struct stats_leaf *leaf, unsigned n, size_t index)
{
	leaf->mib[leaf->index_at[n]] = index;
}

bool stats_leaf_read(const struct stats_leaf *leaf, union ctl_value *value)
{
	size_t size = ctl_type_size(leaf->type);
	return leaf->is_there && ctl_by_mib(leaf->mib, leaf->depth, value, &size, NULL, 0) == 0;
}

static uint64_t number_of(enum moonheap_ctl_type type, const union ctl_value *value)
{
	switch (type) {
	case MOONHEAP_CTL_BOOL:
		return value->boolean;
	case MOONHEAP_CTL_UNSIGNED:
		return value->number;
	case MOONHEAP_CTL_UINT32:
		return value->u32;
	case MOONHEAP_CTL_UINT64:
	case MOONHEAP_CTL_INT64:
	case MOONHEAP_CTL_SIZE:
	case MOONHEAP_CTL_SSIZE:
		return value->u64;
	case MOONHEAP_CTL_NONE:
	case MOONHEAP_CTL_STRING:
	case MOONHEAP_CTL_POINTER:
	case MOONHEAP_CTL_STRUCT:
		break;
	}
	return 0;
}

uint64_t stats_leaf_number(const struct stats_leaf *leaf)
{
	union ctl_value value;
	return stats_leaf_read(leaf, &value) ? number_of(leaf->type, &value) : 0;
}

bool stats_read(const char *path, size_t index, enum moonheap_ctl_type *type,
		union ctl_value *value)
{
	struct stats_leaf leaf;
	if (!stats_leaf_find(&leaf, path, ""))
		return false;
	if (leaf.indices > 0)
		stats_leaf_index(&leaf, 0, index);
	*type = leaf.type;
	return stats_leaf_read(&leaf, value);
}

uint64_t stats_read_number(const char *path, size_t index)
{
	enum moonheap_ctl_type type;
	union ctl_value value;
	return stats_read(path, index, &type, &value) ? number_of(type, &value) : 0;
}
