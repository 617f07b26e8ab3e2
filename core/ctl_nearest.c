/* The name that somebody meant who wrote a wrong one.
 *
 * Every name of the tree, leaf or interior, is compared with the wrong one by the number of single
 * letters to insert, remove, replace or swap. Beginnings may be missing ("resident" means
 * "stats.resident"), each component for the price of a letter. Indices are taken from the wrong
 * name where they exist. Some milliseconds at worst, bounded memory on the stack.
 */
#include "moonheap/ctl.h"

#include <string.h>
#include "ctl.h"
#include "ctl_domain.h"
#include "ctl_tree.h"
#include "fmt.h"
#include "nearest.h"

/* What a difference costs. A beginning that was left out is a smaller slip than a wrong letter. */
#define COST_LETTER    2
#define COST_COMPONENT 1

/* The numbers among the components of a name, in order. */
static size_t find_indices(const char *name, size_t indices[CTL_INDICES_MAX])
{
	size_t n = 0;
	while (n < CTL_INDICES_MAX) {
		size_t length = strcspn(name, ".");
		uint64_t index;
		if (fmt_parse_index(name, length, &index) == FMT_OK)
			indices[n++] = index;
		if (name[length] == '\0')
			break;
		name += length + 1;
	}
	return n;
}

/* The name of the first `depth` components of a node, each index filled in by one that exists.
 * false when there is none. */
static bool name_of(const struct ctl_node *node, size_t depth, const size_t *indices, size_t n,
		    struct fmt *name)
{
	size_t used = 0;
	for (size_t level = 0; level < depth; level++) {
		const struct ctl_domain *domain = ctl_node_domain(node, level);
		if (level > 0)
			fmt_char(name, '.');
		if (domain == NULL) {
			fmt_bytes(name, ctl_node_component(node, level), node->length[level]);
			continue;
		}
		size_t index = used < n && ctl_domain_accepts(domain, indices[used])
				       ? indices[used]
				       : ctl_domain_next(domain, 0);
		used++;
		if (index == CTL_NO_INDEX)
			return false;
		fmt_unsigned(name, index);
	}
	return !name->cut;
}

/* Cost of the way to the name, or to its end behind some component; at most limit, or limit + 1. */
static size_t cost_to(const char *wrong, size_t length, const struct fmt *name, size_t limit)
{
	size_t best = limit + 1, dropped = 0;
	for (const char *end = name->text; end != NULL && dropped < best;
	     dropped += COST_COMPONENT) {
		size_t letters = (best - 1 - dropped) / COST_LETTER;
		size_t found = nearest_distance(wrong, length, end, strlen(end), letters);
		if (found <= letters)
			best = dropped + found * COST_LETTER;
		end = strchr(end, '.');
		if (end != NULL)
			end++;
	}
	return best;
}

EXPORT int moonheap_ctl_nearest(const char *name, char *buffer, size_t size)
{
	size_t length = name != NULL ? strlen(name) : 0;
	if (length == 0 || length >= CTL_NAME_MAX || buffer == NULL || size == 0 || !ctl_start())
		return -1;
	size_t indices[CTL_INDICES_MAX], n = find_indices(name, indices);
	char wrong[CTL_NAME_MAX];
	for (size_t i = 0; i <= length; i++)
		wrong[i] = nearest_lower(name[i]);
	size_t limit = (1 + length / 4) * COST_LETTER, best = limit + 1;
	for (size_t i = 0; i < ctl_rows_count && best > 0; i++) {
		const struct ctl_node *node = &ctl_nodes[i];
		for (size_t depth = 1; depth <= node->depth; depth++) {
			if (node->first[depth - 1] != i)
				continue; /* had it with an earlier node */
			char text[CTL_NAME_MAX];
			struct fmt candidate;
			fmt_begin(&candidate, text, sizeof(text));
			if (!name_of(node, depth, indices, n, &candidate))
				continue;
			size_t found = cost_to(wrong, length, &candidate, best - 1);
			if (found >= best || candidate.length >= size)
				continue;
			best = found;
			memcpy(buffer, text, candidate.length + 1);
		}
	}
	return best <= limit ? 0 : -1;
}
