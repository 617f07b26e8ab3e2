/* Why a call of the control tree failed, in words: include/moonheap/ctl.h. Allocates nothing and
 * takes no lock; what it says of indices is as of now. */
#include "moonheap/ctl.h"

#include <errno.h>
#include <string.h>
#include "ctl.h"
#include "ctl_access.h"
#include "ctl_domain.h"
#include "ctl_former.h"
#include "ctl_snapshot.h"
#include "ctl_tree.h"
#include "fmt.h"

/* ---- the name ---- */

/* The longest beginning of the name that is there: *length bytes of it. false: not even the first
 * component. */
static bool find_beginning(const char *name, struct ctl_place *place, size_t *length)
{
	char beginning[CTL_NAME_MAX];
	bool found = false;
	for (size_t n = 0; n < sizeof(beginning); n++) {
		struct ctl_place here;
		if (name[n] == '.' || name[n] == '\0') {
			memcpy(beginning, name, n);
			beginning[n] = '\0';
			if (!ctl_tree_resolve(beginning, MOONHEAP_CTL_DEPTH_MAX, CTL_NAMES, &here))
				break;
			*place = here;
			*length = n;
			found = true;
		}
		if (name[n] == '\0')
			break;
	}
	return found;
}

static void tell_quoted(struct fmt *text, const char *quoted, size_t length)
{
	fmt_char(text, '"');
	fmt_bytes(text, quoted, length);
	fmt_char(text, '"');
}

/* There is no such name: what it became, or which one is near. */
static void tell_unknown(struct fmt *text, const char *name)
{
	char nearest[CTL_NAME_MAX];
	const char *now = ctl_former(name);
	fmt_text(text, "there is no name ");
	tell_quoted(text, name, strlen(name));
	if (now != NULL && now[0] == '\0') {
		fmt_text(text, " any more: jemalloc 5 has nothing in its place");
	} else if (now != NULL) {
		fmt_text(text, " any more: in its place is ");
		tell_quoted(text, now, strlen(now));
	} else if (moonheap_ctl_nearest(name, nearest, sizeof(nearest)) == 0) {
		fmt_text(text, "; the nearest is ");
		tell_quoted(text, nearest, strlen(nearest));
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

/* An index is missing, or is none of those that there are; node: any with it. */
static void tell_index(struct fmt *text, const char *name, size_t length,
		       const struct ctl_place *place)
{
	const struct ctl_node *node = &ctl_nodes[ctl_place_begin(place)];
	const char *index = name + length + 1;
	size_t index_length = strcspn(index, ".");
	uint64_t number;
	const char *component = ctl_node_component(node, place->depth);
	size_t component_length = node->length[place->depth];
	if (fmt_parse_index(index, index_length, &number) != FMT_OK) {
		bool is_word = index[index_length] != '\0' &&
			       would_resolve(name, length + 1, component, component_length);
		if (is_word)
			tell_quoted(text, index, index_length);
		fmt_text(text, is_word ? " stands where the index of the " : "the index of the ");
		fmt_bytes(text, component + 1, component_length - 2);
		fmt_text(text, is_word ? " belongs, behind " : " is missing behind ");
		tell_quoted(text, name, length);
		if (strncmp(component, "<arena>", component_length) == 0) {
			fmt_text(text, "; all arenas together are ");
			fmt_unsigned(text, MALLCTL_ARENAS_ALL);
		}
		return;
	}
	fmt_text(text, "there is no ");
	fmt_bytes(text, component + 1, component_length - 2);
	fmt_char(text, ' ');
	fmt_unsigned(text, number);
	const struct ctl_domain *domain = ctl_node_domain(node, place->depth);
	if (domain == &ctl_domain_empty) {
		fmt_text(text, " here: ");
		fmt_text(text, node->row->about.help);
	}
	if (ctl_domain_is_of_snapshot(domain))
		fmt_text(text, " in the statistics; one that is new is there after the next write "
			       "to \"epoch\"");
}

/* Says that the name leads to no leaf; NULL: it does, to this one. */
static const struct ctl_row *tell_name(struct fmt *text, const char *name)
{
	struct ctl_place place = {.depth = 0};
	size_t length = 0;
	bool is_empty = name == NULL || name[0] == '\0';
	bool begins = !is_empty && find_beginning(name, &place, &length);
	bool goes_on = begins && name[length] != '\0';
	bool is_former = goes_on && ctl_former(name) != NULL;
	if (is_empty) {
		fmt_text(text, name == NULL ? "the name is NULL" : "the name is empty");
	} else if (goes_on && !is_former && ctl_place_is_leaf(&place)) {
		tell_quoted(text, name, length);
		fmt_text(text, " is a leaf: no name goes on behind it");
	} else if (goes_on && !is_former &&
		   ctl_node_domain(&ctl_nodes[ctl_place_begin(&place)], place.depth) != NULL) {
		tell_index(text, name, length, &place);
	} else if (!begins || goes_on) {
		tell_unknown(text, name);
	} else if (!ctl_place_is_leaf(&place)) {
		const char *below = ctl_nodes[ctl_place_begin(&place)].row->about.path;
		tell_quoted(text, name, length);
		fmt_text(text, " is no leaf: there are names below it, such as ");
		tell_quoted(text, below, strlen(below));
	} else {
		return place.node->row;
	}
	return NULL;
}

/* ---- lengths and values ---- */

static const char *type_word(enum moonheap_ctl_type type)
{
	static const char *const words[] = {
		[MOONHEAP_CTL_NONE] = "nothing",
		[MOONHEAP_CTL_BOOL] = "a bool",
		[MOONHEAP_CTL_UNSIGNED] = "an unsigned",
		[MOONHEAP_CTL_UINT32] = "a uint32_t",
		[MOONHEAP_CTL_UINT64] = "a uint64_t",
		[MOONHEAP_CTL_INT64] = "an int64_t",
		[MOONHEAP_CTL_SIZE] = "a size_t",
		[MOONHEAP_CTL_SSIZE] = "an ssize_t",
		[MOONHEAP_CTL_STRING] = "a const char * (the address of the pointer is passed)",
		[MOONHEAP_CTL_POINTER] = "a pointer (its address is passed)",
		[MOONHEAP_CTL_STRUCT] = "a structure",
	};
	return words[type];
}

static size_t size_of(const struct ctl_row *row, enum moonheap_ctl_type type, bool is_argument)
{
	if (row->source != CTL_RAW)
		return ctl_type_size(type);
	return is_argument ? row->from.raw.argument_size : row->from.raw.result_size;
}

/* What is passed or taken, and how long it was. */
static void tell_length(struct fmt *text, const char *verb, enum moonheap_ctl_type type,
			size_t size, const char *what, size_t length)
{
	fmt_text(text, verb);
	fmt_text(text, type_word(type));
	if (size != 0) {
		fmt_text(text, " of ");
		fmt_unsigned(text, size);
		fmt_text(text, " bytes");
	}
	fmt_text(text, what);
	fmt_unsigned(text, length);
}

static void tell_invalid(struct fmt *text, const struct ctl_row *row, const size_t *oldlenp,
			 size_t newlen)
{
	const struct moonheap_ctl_row *about = &row->about;
	size_t argument_size = size_of(row, about->argument, true);
	size_t result_size = size_of(row, about->type, false);
	bool must_write = (row->flags & CTL_ARGUMENT_REQUIRED) != 0 ||
			  ((row->flags & CTL_EXACT) != 0 && about->access == 0);
	bool must_read = (row->flags & CTL_RESULT_REQUIRED) != 0 ||
			 ((row->flags & CTL_EXACT) != 0 && about->type != MOONHEAP_CTL_NONE);
	if (about->argument != MOONHEAP_CTL_NONE && newlen == 0 && must_write) {
		fmt_text(text, " needs ");
		fmt_text(text, type_word(about->argument));
		fmt_text(text,
			 about->access == 0 ? " as its argument (newp): " : " as its new value: ");
		fmt_text(text, about->help);
	} else if (oldlenp == NULL && must_read) {
		fmt_text(text, " needs room for its result, ");
		fmt_text(text, type_word(about->type));
	} else if (newlen != 0 && argument_size != 0 && newlen != argument_size) {
		tell_length(text, " takes ", about->argument, argument_size, ", and newlen is ",
			    newlen);
	} else if (oldlenp != NULL && result_size != 0 && *oldlenp != result_size) {
		tell_length(text, " gives ", about->type, result_size, ", and *oldlenp was ",
			    *oldlenp);
	} else {
		fmt_text(text, " does not take this value: ");
		fmt_text(text, about->help);
	}
}

static void tell_direction(struct fmt *text, const struct ctl_row *row, const size_t *oldlenp)
{
	const struct moonheap_ctl_row *about = &row->about;
	bool is_action = about->access == 0;
	bool gives = is_action ? about->type != MOONHEAP_CTL_NONE
			       : (about->access & MOONHEAP_CTL_READ) != 0;
	if (row->source == CTL_OPTION)
		fmt_text(text, " is an option: it is set before the start, in MALLOC_CONF or in "
			       "the program's variable malloc_conf, and only read from then on");
	else if (!gives && oldlenp != NULL)
		fmt_text(text, is_action ? " gives nothing: oldp and oldlenp have to be NULL"
					 : " cannot be read, only written");
	else
		fmt_text(text, is_action ? " takes nothing: newp has to be NULL and newlen 0"
					 : " cannot be written");
}

/* It worked, and yet somebody asks: what the value is, and as of when. */
static void tell_success(struct fmt *text, const struct moonheap_ctl_row *about)
{
	fmt_text(text, " did not fail: ");
	fmt_text(text, about->help);
	if (about->freshness != MOONHEAP_CTL_CACHED)
		return;
	fmt_text(text, "; as of the last write to \"epoch\", ");
	fmt_unsigned(text, ctl_snapshot_age_ns() / 1000000);
	fmt_text(text, " ms ago");
}

EXPORT size_t moonheap_ctl_strerror(int error, const char *name, const size_t *oldlenp,
				    size_t newlen, char *buffer, size_t size)
{
	struct fmt text;
	if (buffer == NULL || size == 0)
		return 0;
	fmt_begin(&text, buffer, size);
	if (error == EAGAIN || !ctl_start()) {
		fmt_text(&text, "there is no memory for it, or no number left");
		return text.length;
	}
	const struct ctl_row *row = tell_name(&text, name);
	if (row == NULL)
		return text.length;
	tell_quoted(&text, name, strlen(name));
	switch (error) {
	case 0:
		tell_success(&text, &row->about);
		break;
	case ENOENT:
		fmt_text(&text, " is not there in this process, or not any more: ");
		fmt_text(&text, row->about.help);
		break;
	case EPERM:
		tell_direction(&text, row, oldlenp);
		break;
	case EINVAL:
		tell_invalid(&text, row, oldlenp, newlen);
		break;
	case EFAULT:
		fmt_text(&text, " refuses: the value is out of range, or what the name leads to is "
				"not there or cannot do this: ");
		fmt_text(&text, row->about.help);
		break;
	default:
		fmt_text(&text, " failed with error ");
		fmt_signed(&text, error);
	}
	return text.length;
}
