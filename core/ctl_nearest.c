/* The name that somebody meant who wrote a wrong one.
 *
 * Every name of the tree, leaf or interior, is compared with the wrong one by the number of single
 * letters to insert, remove, replace or swap. How many may differ depends on what there is of the
 * wrong name behind the components that are right. Beginnings may be missing ("resident" means
 * "stats.resident"), each component for the price of a letter. Where nothing is near in letters,
 * the shortest name that has the wrong one in it is meant ("decay_ms"). Indices are taken from the
 * wrong name where they exist, also one that stands for any (<arena>). Some milliseconds at worst,
 * bounded memory on the stack.
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

#define PART_MIN 4 /* letters that say something as a part of a name */

/* What was asked for. */
struct wrong {
	char text[CTL_NAME_MAX]; /* in small letters */
	size_t length;
	size_t right;                    /* bytes of it that are a beginning in the tree */
	size_t indices[CTL_INDICES_MAX]; /* among its components, in order; CTL_NO_INDEX: any */
	size_t nindices;
};

static void find_indices(struct wrong *wrong)
{
	const char *p = wrong->text;
	while (wrong->nindices < CTL_INDICES_MAX) {
		size_t length = strcspn(p, ".");
		uint64_t index;
		if (*p == '<')
			wrong->indices[wrong->nindices++] = CTL_NO_INDEX;
		else if (fmt_parse_index(p, length, &index) == FMT_OK)
			wrong->indices[wrong->nindices++] = index;
		if (p[length] == '\0')
			break;
		p += length + 1;
	}
}

/* The index for the i-th of a path; CTL_NO_INDEX: none exists. */
static size_t choose_index(const struct wrong *wrong, size_t i, const struct ctl_domain *domain)
{
	if (i < wrong->nindices && ctl_domain_accepts(domain, wrong->indices[i]))
		return wrong->indices[i];
	return ctl_domain_next(domain, 0);
}

/* The name of the first `depth` components of a node, with indices. false when there is none. */
static bool name_of(const struct ctl_node *node, size_t depth, const struct wrong *wrong,
		    struct fmt *name)
{
	size_t used = 0;
	for (size_t level = 0; level < depth; level++) {
		const struct ctl_domain *domain = ctl_node_domain(node, level);
		bool is_any = domain != NULL && used < wrong->nindices &&
			      wrong->indices[used] == CTL_NO_INDEX;
		if (level > 0)
			fmt_char(name, '.');
		if (domain == NULL || is_any) {
			fmt_bytes(name, ctl_node_component(node, level), node->length[level]);
			used += is_any;
			continue;
		}
		size_t index = choose_index(wrong, used++, domain);
		if (index == CTL_NO_INDEX)
			return false;
		fmt_unsigned(name, index);
	}
	return !name->cut;
}

/* Cost of the way to the name, or to its end behind some component; at most limit, or limit + 1. */
static size_t cost_in_letters(const struct wrong *wrong, const struct fmt *name, size_t limit)
{
	size_t best = limit + 1, dropped = 0;
	for (const char *end = name->text; end != NULL && dropped < best;
	     dropped += COST_COMPONENT) {
		size_t letters = (best - 1 - dropped) / COST_LETTER;
		size_t found =
			nearest_distance(wrong->text, wrong->length, end, strlen(end), letters);
		if (found <= letters)
			best = dropped + found * COST_LETTER;
		end = strchr(end, '.');
		if (end != NULL)
			end++;
	}
	return best;
}

/* The name has the right beginning, and the rest of the wrong one somewhere behind it: its length.
 * Otherwise, and where that is above the limit, limit + 1. */
static size_t cost_around(const struct wrong *wrong, const struct fmt *name, size_t limit)
{
	const char *part = wrong->text + wrong->right;
	size_t length = wrong->length - wrong->right;
	if (length < PART_MIN || name->length > limit ||
	    strncmp(name->text, wrong->text, wrong->right) != 0)
		return limit + 1;
	for (size_t at = wrong->right; at + length <= name->length; at++)
		if (strncmp(name->text + at, part, length) == 0)
			return name->length;
	return limit + 1;
}

typedef size_t cost_fn(const struct wrong *wrong, const struct fmt *name, size_t limit);

/* The cheapest name, if one is within the limit and has room. */
static bool find_cheapest(const struct wrong *wrong, cost_fn *cost, size_t limit, char *buffer,
			  size_t size)
{
	size_t best = limit + 1;
	for (size_t i = 0; i < ctl_rows_count && best > 0; i++) {
		const struct ctl_node *node = &ctl_nodes[i];
		for (size_t depth = 1; depth <= node->depth; depth++) {
			if (node->first[depth - 1] != i)
				continue; /* had it with an earlier node */
			char text[CTL_NAME_MAX];
			struct fmt candidate;
			fmt_begin(&candidate, text, sizeof(text));
			if (!name_of(node, depth, wrong, &candidate))
				continue;
			size_t found = cost(wrong, &candidate, best - 1);
			if (found >= best || candidate.length >= size)
				continue;
			best = found;
			memcpy(buffer, text, candidate.length + 1);
		}
	}
	return best <= limit;
}

EXPORT int moonheap_ctl_nearest(const char *name, char *buffer, size_t size)
{
	struct wrong wrong = {.length = name != NULL ? strlen(name) : 0};
	struct ctl_place place;
	if (wrong.length == 0 || wrong.length >= CTL_NAME_MAX || buffer == NULL || size == 0 ||
	    !ctl_start())
		return -1;
	for (size_t i = 0; i <= wrong.length; i++)
		wrong.text[i] = nearest_lower(name[i]);
	find_indices(&wrong);
	wrong.right = ctl_tree_beginning(wrong.text, CTL_NAMES_AND_PATHS, &place);
	wrong.right += wrong.right > 0 && wrong.text[wrong.right] == '.';
	size_t limit = (1 + (wrong.length - wrong.right) / 4) * COST_LETTER;
	bool is_found = find_cheapest(&wrong, cost_in_letters, limit, buffer, size) ||
			find_cheapest(&wrong, cost_around, CTL_NAME_MAX, buffer, size);
	return is_found ? 0 : -1;
}
