/* Why a call of the control tree failed, in words: include/moonheap/ctl.h. Allocates nothing and
 * takes no lock; what it says of indices is as of now. */
#include "moonheap/ctl.h"

#include <errno.h>
#include <string.h>
#include "ctl.h"
#include "ctl_access.h"
#include "ctl_domain.h"
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

static void tell_nearest(struct fmt *text, const char *name)
{
	char nearest[CTL_NAME_MAX];
	fmt_text(text, "there is no name \"");
	fmt_text(text, name);
	fmt_char(text, '"');
	if (moonheap_ctl_nearest(name, nearest, sizeof(nearest)) == 0) {
		fmt_text(text, "; the nearest is \"");
		fmt_text(text, nearest);
		fmt_char(text, '"');
	}
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
	if (fmt_parse_index(index, index_length, &number) != FMT_OK) {
		fmt_text(text, "the index of the ");
		fmt_bytes(text, component + 1, node->length[place->depth] - 2u);
		fmt_text(text, " is missing behind \"");
		fmt_bytes(text, name, length);
		fmt_text(text, "\"");
		return;
	}
	fmt_text(text, "there is no ");
	fmt_bytes(text, component + 1, node->length[place->depth] - 2u);
	fmt_char(text, ' ');
	fmt_unsigned(text, number);
	if (strncmp(name, "stats.", 6) == 0 && place->depth == 2)
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
	if (is_empty) {
		fmt_text(text, name == NULL ? "the name is NULL" : "the name is empty");
	} else if (goes_on && ctl_place_is_leaf(&place)) {
		fmt_char(text, '"');
		fmt_bytes(text, name, length);
		fmt_text(text, "\" is a leaf: no name goes on behind it");
	} else if (goes_on &&
		   ctl_node_domain(&ctl_nodes[ctl_place_begin(&place)], place.depth) != NULL) {
		tell_index(text, name, length, &place);
	} else if (!begins || goes_on) {
		tell_nearest(text, name);
	} else if (!ctl_place_is_leaf(&place)) {
		fmt_char(text, '"');
		fmt_text(text, name);
		fmt_text(text, "\" is no leaf: there are names below it, such as \"");
		fmt_text(text, ctl_nodes[ctl_place_begin(&place)].row->about.path);
		fmt_char(text, '"');
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
		fmt_text(text, " as its new value");
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

static void tell_direction(struct fmt *text, const struct moonheap_ctl_row *about,
			   const size_t *oldlenp)
{
	bool is_action = about->access == 0;
	bool gives = is_action ? about->type != MOONHEAP_CTL_NONE
			       : (about->access & MOONHEAP_CTL_READ) != 0;
	if (!gives && oldlenp != NULL)
		fmt_text(text, is_action ? " gives nothing: oldp and oldlenp have to be NULL"
					 : " cannot be read, only written");
	else
		fmt_text(text, is_action ? " takes nothing: newp has to be NULL and newlen 0"
					 : " cannot be written");
}

EXPORT size_t moonheap_ctl_strerror(int error, const char *name, const size_t *oldlenp,
				    size_t newlen, char *buffer, size_t size)
{
	struct fmt text;
	if (buffer == NULL || size == 0)
		return 0;
	fmt_begin(&text, buffer, size);
	if (error == 0 || error == EAGAIN || !ctl_start()) {
		fmt_text(&text, error == 0 ? "it did not fail"
					   : "there is no memory for it, or no number left");
		return text.length;
	}
	const struct ctl_row *row = tell_name(&text, name);
	if (row == NULL)
		return text.length;
	fmt_char(&text, '"');
	fmt_text(&text, name);
	fmt_char(&text, '"');
	switch (error) {
	case ENOENT:
		fmt_text(&text, " is not there in this process, or not any more: ");
		fmt_text(&text, row->about.help);
		break;
	case EPERM:
		tell_direction(&text, &row->about, oldlenp);
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
