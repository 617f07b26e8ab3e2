/* stats_leaf.c - see stats_leaf.h. */
#include "stats_leaf.h"

#include "ctl.h"
#include "ctl_access.h"
#include "ctl_lookup.h"
#include "fmt.h"

bool stats_leaf_find(struct stats_leaf *leaf, const char *prefix, const char *name)
{
	char path[CTL_NAME_MAX];
	struct fmt f;

	*leaf = (struct stats_leaf){.type = MOONHEAP_CTL_NONE};
	fmt_begin(&f, path, sizeof path);
	fmt_text(&f, prefix);
	fmt_text(&f, name);
	const struct ctl_node *node = f.cut || !ctl_start() ? NULL : ctl_lookup_path(path);
	if (node == NULL)
		return false;
	leaf->is_there = true;
	leaf->type = node->row->about.type;
	leaf->indices = node->indices;
	leaf->row = node->row;
	return true;
}

void stats_leaf_index(struct stats_leaf *leaf, unsigned n, size_t index)
{
	leaf->call.index[n] = index;
}

bool stats_leaf_read(const struct stats_leaf *leaf, union ctl_value *value)
{
	size_t size = ctl_type_size(leaf->type);
	return leaf->is_there && ctl_access(leaf->row, &leaf->call, value, &size, NULL, 0) == 0;
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
