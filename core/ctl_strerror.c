/* Why a call of the control tree failed, in words: include/moonheap/ctl.h. Allocates nothing and
 * takes no lock; what it says of indices is as of now. */
#include "moonheap/ctl.h"

#include <errno.h>
#include <string.h>
#include "ctl.h"
#include "ctl_access.h"
#include "ctl_refusal.h"
#include "ctl_snapshot.h"
#include "ctl_tree.h"
#include "ctl_unknown.h"
#include "fmt.h"

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
static void tell_length(struct fmt *text, const struct moonheap_ctl_row *about, bool is_argument,
			size_t size, size_t length)
{
	enum moonheap_ctl_type type = is_argument ? about->argument : about->type;
	fmt_text(text, is_argument ? " takes " : " gives ");
	fmt_text(text, type_word(type));
	if (size != 0) {
		fmt_text(text, " of ");
		fmt_unsigned(text, size);
		fmt_text(text, " bytes");
	}
	fmt_text(text, is_argument ? ", and newlen is " : ", and *oldlenp was ");
	fmt_unsigned(text, length);
	if (type == MOONHEAP_CTL_STRUCT) {
		fmt_text(text, ": ");
		fmt_text(text, about->help);
	}
}

static void tell_invalid(struct fmt *text, const struct ctl_place *place, const size_t *oldlenp,
			 size_t newlen)
{
	const struct ctl_row *row = place->node->row;
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
		tell_length(text, about, true, argument_size, newlen);
	} else if (oldlenp != NULL && result_size != 0 && *oldlenp != result_size) {
		tell_length(text, about, false, result_size, *oldlenp);
	} else {
		ctl_refusal_tell(text, EINVAL, place);
	}
}

static void tell_direction(struct fmt *text, const struct ctl_place *place, const size_t *oldlenp,
			   size_t newlen)
{
	const struct ctl_row *row = place->node->row;
	const struct moonheap_ctl_row *about = &row->about;
	bool is_action = about->access == 0;
	bool gives = is_action ? about->type != MOONHEAP_CTL_NONE
			       : (about->access & MOONHEAP_CTL_READ) != 0;
	bool takes = is_action ? about->argument != MOONHEAP_CTL_NONE
			       : (about->access & MOONHEAP_CTL_WRITE) != 0;
	if (row->source == CTL_OPTION)
		fmt_text(text, " is an option: it is set before the start, in MALLOC_CONF or in "
			       "the program's variable malloc_conf, and only read from then on");
	else if (!gives && oldlenp != NULL)
		fmt_text(text, is_action ? " gives nothing: oldp and oldlenp have to be NULL"
					 : " cannot be read, only written");
	else if (!takes)
		fmt_text(text, is_action ? " takes nothing: newp has to be NULL and newlen 0"
					 : " cannot be written");
	else if (oldlenp != NULL && newlen != 0 && (row->flags & CTL_EXCLUSIVE) != 0)
		fmt_text(text, " is read or written, not both in one call");
	else
		ctl_refusal_tell(text, EPERM, place);
}

/* It worked, and yet somebody asks: what the value is, and as of when. */
static void tell_success(struct fmt *text, const struct moonheap_ctl_row *about,
			 const size_t *oldlenp, size_t newlen)
{
	fmt_text(text, " did not fail");
	if (about->access != 0 && oldlenp == NULL && newlen == 0)
		fmt_text(text,
			 ", and was neither read (oldlenp is NULL) nor written (newlen is 0)");
	fmt_text(text, ": ");
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
	struct ctl_place place;
	if (buffer == NULL || size == 0)
		return 0;
	fmt_begin(&text, buffer, size);
	if (error == EAGAIN || !ctl_start()) {
		fmt_text(&text, "there is no memory for it, no number left, or the call comes from "
				"inside an extent hook");
		return text.length;
	}
	if (error == ERANGE) {
		fmt_text(&text, "there is no room for all values: about->needed says how much is");
		return text.length;
	}
	if (ctl_unknown_tell(&text, name, &place))
		return text.length;
	ctl_unknown_quote(&text, name, strlen(name));
	switch (error) {
	case 0:
		tell_success(&text, &place.node->row->about, oldlenp, newlen);
		break;
	case EPERM:
		tell_direction(&text, &place, oldlenp, newlen);
		break;
	case EINVAL:
		tell_invalid(&text, &place, oldlenp, newlen);
		break;
	case ENOENT:
	case EFAULT:
		ctl_refusal_tell(&text, error, &place);
		break;
	default:
		fmt_text(&text, " failed with error ");
		fmt_signed(&text, error);
	}
	return text.length;
}
