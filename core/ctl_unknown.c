#include "ctl_unknown.h"

#include <string.h>
#include "arenas.h"
#include "ctl_domain.h"
#include "ctl_former.h"
#include "moonheap/moonheap.h"

#define QUOTED_MAX 100 /* letters of a wrong name that are repeated */
#define LISTED_MAX 16  /* names below another that are listed */
#define RANGES_MAX 4   /* of indices that exist */

void ctl_unknown_quote(struct fmt *text, const char *quoted, size_t length)
{
	fmt_char(text, '"');
	for (size_t i = 0; i < length && i < QUOTED_MAX; i++)
		fmt_char(text, quoted[i] >= ' ' && quoted[i] != 0x7f ? quoted[i] : '?');
	if (length > QUOTED_MAX)
		fmt_text(text, "...");
	fmt_char(text, '"');
}

/* ---- what there is ---- */

/* The names below a place whose name has length bytes. */
static void tell_below(struct fmt *text, const char *name, size_t length,
		       const struct ctl_place *place)
{
	size_t level = place->depth, begin = ctl_place_begin(place), end = ctl_place_end(place);
	size_t n = 0;
	for (size_t i = begin; i < end; i = ctl_nodes[i].end[level])
		n++;
	if (length == 0) {
		fmt_text(text, "; the tree begins with ");
	} else {
		fmt_text(text, "; below ");
		ctl_unknown_quote(text, name, length);
		fmt_text(text, n == 1 ? " is " : " are ");
	}
	if (n > LISTED_MAX) {
		fmt_unsigned(text, n);
		fmt_text(text, " others");
		return;
	}
	for (size_t i = begin; i < end; i = ctl_nodes[i].end[level]) {
		if (i != begin)
			fmt_text(text, ctl_nodes[i].end[level] < end ? ", " : " and ");
		fmt_bytes(text, ctl_node_component(&ctl_nodes[i], level),
			  ctl_nodes[i].length[level]);
	}
}

/* The indices that there are: "there are 0 to 2, 5 and more". */
static void tell_existing(struct fmt *text, const struct ctl_domain *domain)
{
	size_t index = ctl_domain_next(domain, 0), next = CTL_NO_INDEX;
	if (index != CTL_NO_INDEX)
		next = ctl_domain_next(domain, index + 1);
	fmt_text(text, index == CTL_NO_INDEX  ? "; there are none now"
		       : next == CTL_NO_INDEX ? "; there is only "
					      : "; there are ");
	for (unsigned ranges = 0; index != CTL_NO_INDEX; ranges++) {
		size_t last = index;
		if (ranges == RANGES_MAX) {
			fmt_text(text, " and more");
			return;
		}
		while ((next = ctl_domain_next(domain, last + 1)) == last + 1)
			last = next;
		if (ranges > 0)
			fmt_text(text, ", ");
		fmt_unsigned(text, index);
		if (last > index) {
			fmt_text(text, " to ");
			fmt_unsigned(text, last);
		}
		index = next;
	}
}

/* ---- what is wrong ---- */

/* There is no such name: what it became, which one is near, or what there is where the first length
 * bytes of it lead to. */
static void tell_unknown(struct fmt *text, const char *name, size_t length,
			 const struct ctl_place *place)
{
	char nearest[CTL_NAME_MAX];
	const char *now = ctl_former(name);
	fmt_text(text, "there is no name ");
	ctl_unknown_quote(text, name, strlen(name));
	if (now != NULL && now[0] == '\0') {
		fmt_text(text, " any more: jemalloc 5 has nothing in its place");
	} else if (now != NULL) {
		fmt_text(text, " any more: in its place is ");
		ctl_unknown_quote(text, now, strlen(now));
	} else if (moonheap_ctl_nearest(name, nearest, sizeof(nearest)) == 0 &&
		   (strlen(nearest) != length || strncmp(nearest, name, length) != 0)) {
		fmt_text(text, "; the nearest is ");
		ctl_unknown_quote(text, nearest, strlen(nearest));
	} else {
		tell_below(text, name, length, place);
	}
}

/* Whether a name would be one with an index in place of its component from at on. */
static bool would_resolve(const char *name, size_t at, const char *component, size_t length)
{
	char path[CTL_NAME_MAX];
	struct ctl_place place;
	struct fmt f;
	fmt_begin(&f, path, sizeof(path));
	fmt_bytes(&f, name, at);
	fmt_bytes(&f, component, length);
	fmt_text(&f, name + at + strcspn(name + at, "."));
	return !f.cut &&
	       ctl_tree_resolve(path, MOONHEAP_CTL_DEPTH_MAX, CTL_NAMES_AND_PATHS, &place);
}

/* An index is none of those that there are. */
static void tell_number(struct fmt *text, const struct ctl_node *node, size_t level,
			uint64_t number)
{
	const struct ctl_domain *domain = ctl_node_domain(node, level);
	fmt_text(text, "there is no ");
	fmt_bytes(text, ctl_node_component(node, level) + 1, node->length[level] - 2u);
	fmt_char(text, ' ');
	fmt_unsigned(text, number);
	if (domain == &ctl_domain_empty) {
		fmt_text(text, " here: ");
		fmt_text(text, node->row->about.help);
		return;
	}
	bool is_of_snapshot = ctl_domain_is_of_snapshot(domain);
	if (is_of_snapshot)
		fmt_text(text, " in the statistics");
	if (!is_of_snapshot || (number >= arenas_count() && number != MALLCTL_ARENAS_DESTROYED))
		tell_existing(text, domain);
	else if (number == MALLCTL_ARENAS_DESTROYED)
		fmt_text(text, ", where it stands for those that were destroyed: there are none");
	else if (arenas_get((unsigned)number) == NULL)
		fmt_text(text, ": no thread has needed it yet, or it was destroyed");
	else
		fmt_text(text, "; one that is new is there after the next write to \"epoch\"");
}

/* An index is missing behind the first length bytes, or is none. */
static void tell_index(struct fmt *text, const char *name, size_t length,
		       const struct ctl_place *place)
{
	const struct ctl_node *node = &ctl_nodes[ctl_place_begin(place)];
	const char *index = name + length + 1;
	size_t index_length = strcspn(index, "."), level = place->depth;
	const char *component = ctl_node_component(node, level);
	uint64_t number;
	if (fmt_parse_index(index, index_length, &number) == FMT_OK) {
		tell_number(text, node, level, number);
		return;
	}
	bool is_word = index[0] == '<' ||
		       (index[index_length] != '\0' &&
			would_resolve(name, length + 1, component, node->length[level]));
	if (is_word)
		ctl_unknown_quote(text, index, index_length);
	fmt_text(text, is_word ? " stands where the index of the " : "the index of the ");
	fmt_bytes(text, component + 1, node->length[level] - 2u);
	fmt_text(text, is_word ? " belongs, behind " : " is missing behind ");
	ctl_unknown_quote(text, name, length);
	if (ctl_node_is_arena(node, level)) {
		fmt_text(text, "; all arenas together are ");
		fmt_unsigned(text, MALLCTL_ARENAS_ALL);
	}
}

/* ---- one name ---- */

/* A row's path, written as it is in the reference, leads to no single leaf; where it is wrong as
 * well, that is what has to be said. */
static enum ctl_naming naming_of(const char *name)
{
	struct ctl_place place;
	bool is_path = strchr(name, '<') != NULL;
	return is_path && !ctl_tree_resolve(name, MOONHEAP_CTL_DEPTH_MAX, CTL_NAMES_AND_PATHS,
					    &place)
		       ? CTL_NAMES_AND_PATHS
		       : CTL_NAMES;
}

static bool tell_name(struct fmt *text, const char *name, struct ctl_place *place)
{
	size_t length = ctl_tree_beginning(name, naming_of(name), place);
	bool begins = length > 0, goes_on = name[length] != '\0';
	bool is_former = goes_on && ctl_former(name) != NULL;
	if (name[0] == '\0') {
		fmt_text(text, "the name is empty");
	} else if (begins && goes_on && !is_former && ctl_place_is_leaf(place)) {
		ctl_unknown_quote(text, name, length);
		fmt_text(text, " is a leaf: no name goes on behind it");
	} else if (begins && goes_on && !is_former &&
		   ctl_node_domain(&ctl_nodes[ctl_place_begin(place)], place->depth) != NULL) {
		tell_index(text, name, length, place);
	} else if (goes_on) {
		tell_unknown(text, name, length, place);
	} else if (!ctl_place_is_leaf(place)) {
		const struct ctl_node *below = &ctl_nodes[ctl_place_begin(place)];
		ctl_unknown_quote(text, name, length);
		fmt_text(text, " is no leaf: there are names below it, such as \"");
		fmt_text(text, name);
		fmt_char(text, '.');
		fmt_text(text, ctl_node_component(below, place->depth));
		fmt_char(text, '"');
	} else {
		return false;
	}
	return true;
}

/* ---- several ---- */

/* How many names a list has, and the first that is not there, or "". */
static size_t look_at(const char *names, char wrong[CTL_NAME_MAX])
{
	size_t n = 0;
	wrong[0] = '\0';
	for (const char *p = names + strspn(names, " "); *p != '\0'; p += strspn(p, " ")) {
		char name[CTL_NAME_MAX];
		struct ctl_place place;
		size_t length = strcspn(p, " ");
		size_t kept = length < sizeof(name) ? length : sizeof(name) - 1;
		memcpy(name, p, kept);
		name[kept] = '\0';
		if (wrong[0] == '\0' &&
		    !ctl_tree_resolve(name, MOONHEAP_CTL_DEPTH_MAX, CTL_NAMES_AND_PATHS, &place))
			memcpy(wrong, name, sizeof(name));
		n++;
		p += length;
	}
	return n;
}

bool ctl_unknown_tell(struct fmt *text, const char *name, struct ctl_place *place)
{
	char wrong[CTL_NAME_MAX] = "";
	if (name == NULL) {
		fmt_text(text, "the name is NULL");
		return true;
	}
	size_t n = strchr(name, ' ') != NULL ? look_at(name, wrong) : 1;
	if (n > 1 && wrong[0] == '\0') {
		fmt_text(text, "there is one name to a call of mallctl(); of several, with spaces "
			       "between, moonheap_ctl_snapshot() gives the values");
		return true;
	}
	return tell_name(text, wrong[0] != '\0' ? wrong : name, place);
}
