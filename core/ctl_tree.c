#include "ctl_tree.h"

#include <string.h>
#include "ctl_domain.h"
#include "ctl_snapshot.h"
#include "fault.h"
#include "fmt.h"

APART struct ctl_node ctl_nodes[CTL_ROWS_MAX];

static bool started; /* atomic; the nodes are constant once it is true */

static size_t component_length(const char *text)
{
	size_t length = 0;
	while (text[length] != '\0' && text[length] != '.')
		length++;
	return length;
}

/* -- making the nodes -------------------------------------------------------------------------- */

static void sort_rows(void)
{
	for (size_t n = 0; n < ctl_rows_count; n++) {
		const char *path = ctl_rows[n].about.path;
		size_t low = 0,
		       high = n; /* nodes below low come before, nodes from high on after */
		while (low < high) {
			size_t middle = (low + high) / 2;
			if (strcmp(ctl_nodes[middle].row->about.path, path) < 0)
				low = middle + 1;
			else
				high = middle;
		}
		memmove(&ctl_nodes[low + 1], &ctl_nodes[low], (n - low) * sizeof(ctl_nodes[0]));
		ctl_nodes[low].row = &ctl_rows[n];
	}
}

static const struct ctl_domain *domain_of(const struct ctl_row *row, size_t at, size_t length)
{
	if ((row->flags & CTL_CONDITION_OF_INDEX) != 0 && row->condition() != 0)
		return &ctl_domain_empty;
	return ctl_domain_of(row->about.path, at, length);
}

static void split_path(struct ctl_node *node)
{
	const char *path = node->row->about.path;
	size_t at = 0;
	for (;;) {
		size_t length = component_length(path + at), level = node->depth++;
		fault_assert(level < MOONHEAP_CTL_DEPTH_MAX);
		node->start[level] = (uint8_t)at;
		node->length[level] = (uint8_t)length;
		if (path[at] == '<') {
			fault_assert(node->indices < CTL_INDICES_MAX);
			node->domain[node->indices] = domain_of(node->row, at, length);
			fault_assert(node->domain[node->indices] != NULL);
			node->limit[node->indices] =
				(uint16_t)ctl_domain_limit(node->domain[node->indices]);
			node->index_at[node->indices++] = (uint8_t)level;
			node->index_levels |= (uint8_t)(1u << level);
		}
		at += length;
		if (path[at] == '\0') {
			/* Who reads a MIB goes by its last number. */
			fault_assert((node->index_levels >> level & 1) == 0);
			return;
		}
		at++;
	}
}

static bool same_beginning(const struct ctl_node *a, const struct ctl_node *b, size_t level)
{
	if (a->depth <= level || b->depth <= level)
		return false;
	size_t length = (size_t)a->start[level] + a->length[level];
	return length == (size_t)b->start[level] + b->length[level] &&
	       memcmp(a->row->about.path, b->row->about.path, length) == 0;
}

static void find_ranges(void)
{
	for (size_t level = 0; level < MOONHEAP_CTL_DEPTH_MAX; level++) {
		size_t begin = 0;
		while (begin < ctl_rows_count) {
			size_t end = begin + 1;
			while (end < ctl_rows_count &&
			       same_beginning(&ctl_nodes[begin], &ctl_nodes[end], level))
				end++;
			for (size_t i = begin; i < end; i++) {
				ctl_nodes[i].first[level] = (uint16_t)begin;
				ctl_nodes[i].end[level] = (uint16_t)end;
			}
			begin = end;
		}
	}
}

void ctl_tree_start(void)
{
	/* Pairs with the store below. */
	if (likely(__atomic_load_n(&started, __ATOMIC_ACQUIRE)))
		return;
	lock_take(&ctl_lock);
	if (!started) {
		ctl_rows_write();
		sort_rows();
		for (size_t i = 0; i < ctl_rows_count; i++)
			split_path(&ctl_nodes[i]);
		find_ranges();
		__atomic_store_n(&started, true, __ATOMIC_RELEASE);
	}
	lock_drop(&ctl_lock);
}

/* -- names ------------------------------------------------------------------------------------- */

bool ctl_node_is_arena(const struct ctl_node *node, size_t level)
{
	static const char arena[] = "<arena>";
	return strncmp(ctl_node_component(node, level), arena, sizeof(arena) - 1) == 0;
}

const struct ctl_domain *ctl_node_domain(const struct ctl_node *node, size_t level)
{
	if ((node->index_levels >> level & 1) == 0)
		return NULL;
	for (size_t i = 0; i < node->indices; i++)
		if (node->index_at[i] == level)
			return node->domain[i];
	return NULL;
}

/* The node at level, among those from begin to end, whose component is text; NULL: none. All of
 * them have the same beginning, and where one has an index, all have the same one. */
static const struct ctl_node *find_component(size_t begin, size_t end, size_t level,
					     const char *text, size_t length,
					     enum ctl_naming naming, size_t *number)
{
	const struct ctl_node *node = &ctl_nodes[begin];
	const struct ctl_domain *domain = ctl_node_domain(node, level);
	uint64_t index;
	if (domain != NULL && fmt_parse_index(text, length, &index) == FMT_OK) {
		*number = index;
		return ctl_domain_accepts(domain, index) ? node : NULL;
	}
	if (domain != NULL && naming == CTL_NAMES)
		return NULL;
	for (size_t i = begin; i < end; i = node->end[level]) {
		node = &ctl_nodes[i];
		if (node->length[level] == length &&
		    memcmp(ctl_node_component(node, level), text, length) == 0) {
			*number = domain != NULL ? 0 : i;
			return node;
		}
	}
	return NULL;
}

bool ctl_tree_resolve(const char *name, size_t depth_max, enum ctl_naming naming,
		      struct ctl_place *place)
{
	place->depth = 0;
	place->node = &ctl_nodes[0];
	size_t length = component_length(name);
	if (length == 0)
		return false;
	while (place->depth < depth_max) {
		if (place->depth > 0 && ctl_place_is_leaf(place))
			return false; /* the name goes on where the path ends */
		size_t level = place->depth, begin = ctl_place_begin(place);
		const struct ctl_node *node =
			find_component(begin, ctl_place_end(place), level, name, length, naming,
				       &place->mib[level]);
		if (node == NULL)
			return false;
		place->node = node;
		place->depth++;
		name += length;
		if (*name == '\0')
			return true;
		name++;
		length = component_length(name);
	}
	/* No room for more. A leaf is the end all the same. */
	return place->depth == 0 || !ctl_place_is_leaf(place);
}

size_t ctl_tree_beginning(const char *name, enum ctl_naming naming, struct ctl_place *place)
{
	char beginning[CTL_NAME_MAX];
	size_t found = 0;
	*place = (struct ctl_place){.depth = 0, .node = &ctl_nodes[0]};
	for (size_t n = 0; n < sizeof(beginning); n++) {
		struct ctl_place here;
		if (name[n] == '.' || name[n] == '\0') {
			memcpy(beginning, name, n);
			beginning[n] = '\0';
			if (!ctl_tree_resolve(beginning, MOONHEAP_CTL_DEPTH_MAX, naming, &here))
				break;
			*place = here;
			found = n;
		}
		if (name[n] == '\0')
			break;
	}
	return found;
}
