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

#define ROW (CTL_NAME_MAX + 1)

/* What a difference costs. A beginning that was left out is a smaller slip than a wrong letter. */
#define COST_LETTER    2
#define COST_COMPONENT 1

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters by which a and b differ, up to limit; more counts as limit + 1. */
static size_t distance(const char *a, size_t na, const char *b, size_t nb, size_t limit)
{
	/* rows[k % 3][j]: from the first k letters of a to the first j of b */
	uint16_t rows[3][ROW];
	if ((na > nb ? na - nb : nb - na) > limit)
		return limit + 1;
	for (size_t j = 0; j <= nb; j++)
		rows[0][j] = (uint16_t)j;
	for (size_t k = 1; k <= na; k++) {
		uint16_t *row = rows[k % 3];
		const uint16_t *above = rows[(k + 2) % 3], *above2 = rows[(k + 1) % 3];
		size_t least = k;
		row[0] = (uint16_t)k;
		for (size_t j = 1; j <= nb; j++) {
			size_t best = above[j - 1] + (size_t)(a[k - 1] != b[j - 1]);
			best = min(best, (size_t)above[j] + 1);
			best = min(best, (size_t)row[j - 1] + 1);
			if (k > 1 && j > 1 && a[k - 1] == b[j - 2] && a[k - 2] == b[j - 1])
				best = min(best, (size_t)above2[j - 2] + 1);
			row[j] = (uint16_t)best;
			least = min(least, best);
		}
		if (least > limit)
			return limit + 1;
	}
	return rows[na % 3][nb];
}

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
		size_t found = distance(wrong, length, end, strlen(end), letters);
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
		wrong[i] = lower(name[i]);
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
