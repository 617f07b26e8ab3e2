/* What the tree says about itself: include/moonheap/ctl.h, but for the search of a near name
 * (ctl_nearest.c). Nothing here allocates, and no lock is held while a caller's function runs. */
#include "moonheap/ctl.h"

#include <string.h>
#include "ctl.h"
#include "ctl_access.h"
#include "ctl_domain.h"
#include "ctl_snapshot.h"
#include "ctl_tree.h"
#include "fmt.h"

/* -- rows -------------------------------------------------------------------------------------- */

EXPORT size_t moonheap_ctl_count(void)
{
	ctl_tree_start();
	return ctl_rows_count;
}

EXPORT const struct moonheap_ctl_row *moonheap_ctl_row_at(size_t i)
{
	ctl_tree_start();
	return i < ctl_rows_count ? &ctl_nodes[i].row->about : NULL;
}

EXPORT const struct moonheap_ctl_row *moonheap_ctl_describe(const char *name)
{
	struct ctl_place place;
	if (name == NULL || !ctl_start() ||
	    !ctl_tree_resolve(name, MOONHEAP_CTL_DEPTH_MAX, CTL_NAMES_AND_PATHS, &place) ||
	    !ctl_place_is_leaf(&place))
		return NULL;
	return &place.node->row->about;
}

EXPORT size_t moonheap_ctl_type_size(enum moonheap_ctl_type type)
{
	return ctl_type_size(type);
}

EXPORT uint64_t moonheap_ctl_snapshot_age_ns(void)
{
	return ctl_snapshot_age_ns();
}

EXPORT size_t moonheap_ctl_name(const size_t *mib, size_t miblen, char *buffer, size_t size)
{
	struct fmt name;
	size_t begin = 0, end;
	if (buffer == NULL || size == 0)
		return 0;
	fmt_begin(&name, buffer, size);
	if (mib == NULL || miblen > MOONHEAP_CTL_DEPTH_MAX || !ctl_start())
		return 0;
	end = ctl_rows_count;
	for (size_t level = 0; level < miblen; level++) {
		bool is_index = begin < end && ctl_node_domain(&ctl_nodes[begin], level) != NULL;
		size_t first = is_index ? begin : mib[level];
		bool is_there = first >= begin && first < end && ctl_nodes[first].depth > level &&
				ctl_nodes[first].first[level] == first;
		if (!is_there) {
			fmt_begin(&name, buffer, size);
			return 0;
		}
		const struct ctl_node *node = &ctl_nodes[first];
		if (level > 0)
			fmt_char(&name, '.');
		if (is_index)
			fmt_unsigned(&name, mib[level]);
		else
			fmt_bytes(&name, ctl_node_component(node, level), node->length[level]);
		begin = first;
		end = node->end[level];
	}
	return name.length;
}

/* -- children ---------------------------------------------------------------------------------- */

/* The place of an interior name, the top included. */
static bool resolve_interior(const char *name, struct ctl_place *place)
{
	if (name == NULL || !ctl_start())
		return false;
	if (name[0] == '\0') {
		place->depth = 0;
		place->node = &ctl_nodes[0];
		return true;
	}
	return ctl_tree_resolve(name, MOONHEAP_CTL_DEPTH_MAX, CTL_NAMES, place) &&
	       !ctl_place_is_leaf(place);
}

EXPORT int moonheap_ctl_children(const char *name,
				 int (*visit)(const char *child, int is_leaf, void *opaque),
				 void *opaque)
{
	struct ctl_place place;
	if (!resolve_interior(name, &place))
		return -1;
	size_t level = place.depth, end = ctl_place_end(&place);
	int stop = 0;
	for (size_t i = ctl_place_begin(&place); i < end && stop == 0;
	     i = ctl_nodes[i].end[level]) {
		const struct ctl_node *node = &ctl_nodes[i];
		const struct ctl_domain *domain = ctl_node_domain(node, level);
		int is_leaf = node->depth == level + 1;
		struct fmt child;
		char text[CTL_NAME_MAX];
		if (domain == NULL) {
			fmt_begin(&child, text, sizeof(text));
			fmt_bytes(&child, ctl_node_component(node, level), node->length[level]);
			stop = visit(text, is_leaf, opaque);
			continue;
		}
		for (size_t index = ctl_domain_next(domain, 0); index != CTL_NO_INDEX && stop == 0;
		     index = ctl_domain_next(domain, index + 1)) {
			fmt_begin(&child, text, sizeof(text));
			fmt_unsigned(&child, index);
			stop = visit(text, is_leaf, opaque);
		}
	}
	return stop;
}

/* -- all leaves below a name ------------------------------------------------------------------- */

struct walk {
	char name[CTL_NAME_MAX];
	struct fmt text; /* the name so far */
	size_t mib[MOONHEAP_CTL_DEPTH_MAX];
	int (*visit)(const char *name, const size_t *mib, size_t miblen,
		     const struct moonheap_ctl_row *row, void *opaque);
	void *opaque;
};

/* Who reads whatever comes cannot know what a structure needs. */
static bool is_worth_a_visit(const struct ctl_row *row)
{
	bool is_action = row->about.access == 0;
	bool is_read = (row->about.access & MOONHEAP_CTL_READ) != 0;
	return is_action || (is_read && row->about.type != MOONHEAP_CTL_STRUCT);
}

static int walk_below(struct walk *walk, size_t begin, size_t end, size_t level);

/* One component: a name, or (domain not NULL) the index number. */
static int walk_component(struct walk *walk, const struct ctl_node *node, size_t level,
			  const struct ctl_domain *domain, size_t number)
{
	const struct fmt before = walk->text;
	int stop = 0;
	if (level > 0)
		fmt_char(&walk->text, '.');
	if (domain != NULL)
		fmt_unsigned(&walk->text, number);
	else
		fmt_bytes(&walk->text, ctl_node_component(node, level), node->length[level]);
	walk->mib[level] = number;
	if (node->depth > level + 1)
		stop = walk_below(walk, node->first[level], node->end[level], level + 1);
	else if (is_worth_a_visit(node->row))
		stop = walk->visit(walk->name, walk->mib, level + 1, &node->row->about,
				   walk->opaque);
	walk->text = before;
	walk->name[before.length] = '\0';
	return stop;
}

/* No deeper than a path has components. */
static int walk_below(struct walk *walk, size_t begin, size_t end, size_t level)
{
	int stop = 0;
	for (size_t i = begin; i < end && stop == 0; i = ctl_nodes[i].end[level]) {
		const struct ctl_node *node = &ctl_nodes[i];
		const struct ctl_domain *domain = ctl_node_domain(node, level);
		if (domain == NULL) {
			stop = walk_component(walk, node, level, NULL, i);
			continue;
		}
		for (size_t index = ctl_domain_next(domain, 0); index != CTL_NO_INDEX && stop == 0;
		     index = ctl_domain_next(domain, index + 1))
			stop = walk_component(walk, node, level, domain, index);
	}
	return stop;
}

EXPORT int moonheap_ctl_walk_mib(const char *prefix,
				 int (*visit)(const char *name, const size_t *mib, size_t miblen,
					      const struct moonheap_ctl_row *row, void *opaque),
				 void *opaque)
{
	struct ctl_place place;
	struct walk walk = {.visit = visit, .opaque = opaque};
	if (!resolve_interior(prefix, &place))
		return -1;
	memcpy(walk.mib, place.mib, place.depth * sizeof(walk.mib[0]));
	fmt_begin(&walk.text, walk.name, sizeof(walk.name));
	fmt_text(&walk.text, prefix);
	return walk_below(&walk, ctl_place_begin(&place), ctl_place_end(&place), place.depth);
}

struct without_mib {
	int (*visit)(const char *name, const struct moonheap_ctl_row *row, void *opaque);
	void *opaque;
};

static int visit_without_mib(const char *name, const size_t *mib UNUSED, size_t miblen UNUSED,
			     const struct moonheap_ctl_row *row, void *opaque)
{
	const struct without_mib *to = opaque;
	return to->visit(name, row, to->opaque);
}

EXPORT int moonheap_ctl_walk(const char *prefix,
			     int (*visit)(const char *name, const struct moonheap_ctl_row *row,
					  void *opaque),
			     void *opaque)
{
	struct without_mib to = {.visit = visit, .opaque = opaque};
	return moonheap_ctl_walk_mib(prefix, visit_without_mib, &to);
}

/* -- completion -------------------------------------------------------------------------------- */

struct completion {
	const char *text; /* what there is; the last component may be a beginning */
	size_t base;      /* of it, the bytes of complete components and their dots */
	int (*visit)(const char *candidate, void *opaque);
	void *opaque;
};

static int visit_candidate(const char *child, int is_leaf, void *opaque)
{
	const struct completion *completion = opaque;
	const char *begun = completion->text + completion->base;
	if (strncmp(child, begun, strlen(begun)) != 0)
		return 0;
	char candidate[CTL_NAME_MAX];
	struct fmt f;
	fmt_begin(&f, candidate, sizeof(candidate));
	fmt_bytes(&f, completion->text, completion->base);
	fmt_text(&f, child);
	if (!is_leaf)
		fmt_char(&f, '.');
	return completion->visit(candidate, completion->opaque);
}

EXPORT int moonheap_ctl_complete(const char *text,
				 int (*visit)(const char *candidate, void *opaque), void *opaque)
{
	if (text == NULL)
		return -1;
	struct completion completion = {.text = text, .visit = visit, .opaque = opaque};
	for (size_t i = 0; text[i] != '\0'; i++)
		if (text[i] == '.')
			completion.base = i + 1;
	char parent[CTL_NAME_MAX] = "";
	if (completion.base >= sizeof(parent))
		return -1;
	if (completion.base > 0) {
		memcpy(parent, text, completion.base - 1);
		parent[completion.base - 1] = '\0';
		if (parent[0] == '\0')
			return -1;
	}
	return moonheap_ctl_children(parent, visit_candidate, &completion);
}
