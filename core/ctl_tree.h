/* ctl_tree.h - names and MIBs: from "stats.arenas.0.pdirty" to the row, and back over all names.
 *
 * ctl_nodes holds the rows in path order, so that all leaves below a name are neighbours, and
 * '.' sorts before what names are made of, so that a name's range comes before those of longer
 * names that begin alike. Resolving narrows a range component by component; each node knows the
 * range of each of its beginnings. The nodes are worked out at the first use and constant then.
 */
#ifndef CTL_TREE_H
#define CTL_TREE_H

#include "ctl_domain.h"
#include "ctl_row.h"

INTERNAL extern struct ctl_node ctl_nodes[CTL_ROWS_MAX];

#define CTL_NAME_MAX 128 /* bytes of the longest name, indices and NUL included */

/* A place in the tree: a leaf, or an interior name. */
struct ctl_place {
	size_t mib[MOONHEAP_CTL_DEPTH_MAX];
	size_t depth;                /* components resolved; 0: the top */
	const struct ctl_node *node; /* the first one there */
};

/* Makes the nodes. Any thread, any number of times. */
INTERNAL void ctl_tree_start(void);

/* Resolves at most depth_max components. false: there is no such name, or no such index.
 * With paths, "<arena>" stands for itself too, and its number in the MIB is 0. */
enum ctl_naming { CTL_NAMES, CTL_NAMES_AND_PATHS };
INTERNAL bool ctl_tree_resolve(const char *name, size_t depth_max, enum ctl_naming naming,
			       struct ctl_place *place);

/* The longest beginning of a name, in whole components, that is there: its bytes and its place. 0:
 * not even the first component is, and the place is the top. */
INTERNAL size_t ctl_tree_beginning(const char *name, enum ctl_naming naming,
				   struct ctl_place *place);

/* Whether the i-th of a node's indices resolves. */
ALWAYS_INLINE bool ctl_node_accepts(const struct ctl_node *node, size_t i, size_t index)
{
	return node->limit[i] != 0 ? index < node->limit[i]
				   : ctl_domain_accepts(node->domain[i], index);
}

/* The leaf behind a MIB as far as names go; NULL: there is none. Its indices may not resolve. */
ALWAYS_INLINE const struct ctl_node *ctl_tree_leaf(const size_t *mib, size_t depth)
{
	if (depth == 0 || depth > MOONHEAP_CTL_DEPTH_MAX || mib[depth - 1] >= ctl_rows_count)
		return NULL;
	/* A path does not end in an index. */
	const struct ctl_node *leaf = &ctl_nodes[mib[depth - 1]];
	if (leaf->depth != depth)
		return NULL;
	unsigned names = ~(unsigned)leaf->index_levels;
	for (size_t level = 0; level < depth - 1; level++, names >>= 1)
		if (mib[level] != leaf->first[level] && (names & 1) != 0)
			return NULL;
	return leaf;
}

/* The indices among the components of a leaf's MIB, for its handlers. */
ALWAYS_INLINE struct ctl_call ctl_tree_call(const struct ctl_node *leaf, const size_t *mib)
{
	struct ctl_call call = {.index = {0}};
	for (size_t i = 0; i < leaf->indices; i++)
		call.index[i] = mib[leaf->index_at[i]];
	return call;
}

/* Whether all of them resolve. */
ALWAYS_INLINE bool ctl_tree_accepts(const struct ctl_node *leaf, const struct ctl_call *call)
{
	for (size_t i = 0; i < leaf->indices; i++)
		if (!ctl_node_accepts(leaf, i, call->index[i]))
			return false;
	return true;
}

ALWAYS_INLINE bool ctl_place_is_leaf(const struct ctl_place *place)
{
	return place->depth == place->node->depth;
}

/* The domain of the component at a level of a node; NULL: it is a name. */
INTERNAL const struct ctl_domain *ctl_node_domain(const struct ctl_node *node, size_t level);

ALWAYS_INLINE const char *ctl_node_component(const struct ctl_node *node, size_t level)
{
	return node->row->about.path + node->start[level];
}

/* Is the component at a level the index of an arena? */
INTERNAL bool ctl_node_is_arena(const struct ctl_node *node, size_t level);

/* Nodes from begin to end differ in the component at a level: calls of this go through them. */
ALWAYS_INLINE size_t ctl_place_begin(const struct ctl_place *place)
{
	return place->depth == 0 ? 0 : place->node->first[place->depth - 1];
}

ALWAYS_INLINE size_t ctl_place_end(const struct ctl_place *place)
{
	return place->depth == 0 ? ctl_rows_count : place->node->end[place->depth - 1];
}

#endif
