#include "gate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *gate_role_word(enum gate_role role)
{
	return role == GATE_OPERATOR ? "operator" : "observer";
}

static void explain(struct gate *gate, const char *name, const char *what)
{
	snprintf(gate->why, sizeof(gate->why), "%s %s", name, what);
}

const char *gate_name(const struct gate_leaf *leaf, char *to)
{
	struct sink sink;
	size_t component = 0;

	sink_init(&sink, to, GATE_NAME_MAX);
	for (const char *p = leaf->row->path; *p != '\0'; component++) {
		size_t n = strcspn(p, ".");
		if (*p == '<' && component < leaf->miblen)
			sink_printf(&sink, "%zu", leaf->mib[component]);
		else
			sink_put(&sink, p, n);
		p += n;
		if (*p == '.') {
			sink_char(&sink, '.');
			p++;
		}
	}
	return sink_text(&sink);
}

bool gate_is_callable(const struct moonheap_ctl_row *row)
{
	return (row->access & MOONHEAP_CTL_READ) == 0 || (row->access & MOONHEAP_CTL_ACTS) != 0;
}

void gate_explain_unknown(struct gate *gate, const char *name)
{
	char nearest[GATE_NAME_MAX];

	if (gate->target->moonheap_ctl_nearest(name, nearest, sizeof(nearest)) == 0 &&
	    strcmp(name, nearest) != 0)
		snprintf(gate->why, sizeof(gate->why), "unknown name '%.100s'; the nearest is '%s'",
			 name, nearest);
	else
		snprintf(gate->why, sizeof(gate->why), "unknown name '%.100s'", name);
}

enum gate_status gate_resolve(struct gate *gate, const char *name, struct gate_leaf *leaf)
{
	const char *refusal = target_refusal(gate->target);

	if (refusal != NULL) {
		snprintf(gate->why, sizeof(gate->why), "%s", refusal);
		return GATE_FAILED;
	}
	leaf->row = strchr(name, '<') == NULL ? gate->target->moonheap_ctl_describe(name) : NULL;
	leaf->miblen = MOONHEAP_CTL_DEPTH_MAX;
	if (leaf->row == NULL) {
		gate_explain_unknown(gate, name);
		return GATE_FAILED;
	}
	if (gate->target->mallctlnametomib(name, leaf->mib, &leaf->miblen) != 0) {
		explain(gate, name,
			"is not there at this moment: what its number stands for does not exist, "
			"or the allocator was built without it");
		return GATE_FAILED;
	}
	return GATE_DONE;
}

/* mallctl's error codes, as what they mean to somebody who knows the row. */
static enum gate_status explain_error(struct gate *gate, const struct gate_leaf *leaf, int error,
				      bool writing)
{
	char name[GATE_NAME_MAX];

	gate_name(leaf, name);
	switch (error) {
	case ENOENT:
		explain(gate, name,
			"is not available: its arena has gone, or the feature is not in this "
			"build or not switched on");
		break;
	case EPERM:
		explain(gate, name, writing ? "cannot be written" : "cannot be read");
		break;
	case EAGAIN:
	case ENOMEM:
		explain(gate, name, "failed: the allocator found no memory or no free slot for it");
		break;
	case EFAULT:
	case EINVAL:
		snprintf(gate->why, sizeof(gate->why), "%s: the allocator %s (%s)", name,
			 writing ? "refuses this value" : "cannot do this now", leaf->row->help);
		break;
	default:
		snprintf(gate->why, sizeof(gate->why), "%s failed with error %d", name, error);
	}
	return GATE_FAILED;
}

static enum gate_status deny(struct gate *gate, const struct gate_leaf *leaf, const char *doing)
{
	char name[GATE_NAME_MAX];

	snprintf(gate->why, sizeof(gate->why),
		 "%s: %s " GATE_DENIAL " (this session is an observer)", gate_name(leaf, name),
		 doing);
	gate->denied = true;
	return GATE_DENIED;
}

static int gate_mallctl(struct gate *gate, const struct gate_leaf *leaf, void *old_value,
			size_t *old_size, const void *new_value, size_t new_size)
{
	if (gate->inside != NULL)
		*gate->inside = leaf->row->path;
	int error = gate->target->mallctlbymib(leaf->mib, leaf->miblen, old_value, old_size,
					       (void *)(uintptr_t)new_value, new_size);
	if (gate->inside != NULL)
		*gate->inside = NULL;
	return error;
}

void gate_refresh(struct gate *gate, uint64_t older_than_ns)
{
	uint64_t epoch = 1;

	if (gate->target->reflects && gate->target->moonheap_ctl_snapshot_age_ns() >= older_than_ns)
		gate->target->mallctl("epoch", NULL, NULL, &epoch, sizeof(epoch));
}

enum gate_status gate_read(struct gate *gate, const struct gate_leaf *leaf, union value *value)
{
	const struct moonheap_ctl_row *row = leaf->row;
	size_t size = sizeof(*value);

	if (row->freshness == MOONHEAP_CTL_CACHED && !gate->pinned)
		gate_refresh(gate, GATE_STALE_NS);
	switch (row->type) {
	case MOONHEAP_CTL_BOOL:
		size = sizeof(value->boolean);
		break;
	case MOONHEAP_CTL_UNSIGNED:
	case MOONHEAP_CTL_UINT32:
		size = sizeof(value->number);
		break;
	case MOONHEAP_CTL_UINT64:
	case MOONHEAP_CTL_INT64:
	case MOONHEAP_CTL_SIZE:
	case MOONHEAP_CTL_SSIZE:
	case MOONHEAP_CTL_STRING:
	case MOONHEAP_CTL_POINTER:
		break;
	case MOONHEAP_CTL_NONE:
	case MOONHEAP_CTL_STRUCT: {
		char name[GATE_NAME_MAX];
		explain(gate, gate_name(leaf, name),
			"is a structure that only a C program can read");
		return GATE_FAILED;
	}
	}
	int error = gate_mallctl(gate, leaf, value, &size, NULL, 0);
	if (error != 0)
		return explain_error(gate, leaf, error, false);
	return GATE_DONE;
}

static void value_text(const struct gate_leaf *leaf, const union value *value,
		       char to[JOURNAL_VALUE_MAX])
{
	struct sink sink;

	sink_init(&sink, to, JOURNAL_VALUE_MAX);
	value_put(&sink, leaf->row->type, value);
	sink_text(&sink);
}

enum gate_status gate_write(struct gate *gate, const struct gate_leaf *leaf,
			    const union value *value)
{
	char name[GATE_NAME_MAX], old_text[JOURNAL_VALUE_MAX] = "", new_text[JOURNAL_VALUE_MAX];
	bool is_refresh = strcmp(leaf->row->path, "epoch") == 0;
	union value old_value;

	gate_name(leaf, name);
	if ((leaf->row->access & MOONHEAP_CTL_WRITE) == 0) {
		explain(gate, name, "is read-only");
		return GATE_FAILED;
	}
	if (gate->role != GATE_OPERATOR && !is_refresh)
		return deny(gate, leaf, "writing");
	if (!journal_reserve(gate->journal)) {
		explain(gate, name, "was not written: no memory to note the change in");
		return GATE_FAILED;
	}
	if ((leaf->row->access & MOONHEAP_CTL_READ) != 0 &&
	    gate_read(gate, leaf, &old_value) == GATE_DONE)
		value_text(leaf, &old_value, old_text);
	int error = gate_mallctl(gate, leaf, NULL, NULL, value,
				 gate->target->moonheap_ctl_type_size(leaf->row->type));
	if (error != 0)
		return explain_error(gate, leaf, error, true);
	if (!is_refresh) {
		value_text(leaf, value, new_text);
		journal_note(gate->journal, name, old_text, new_text);
	}
	return GATE_DONE;
}

enum gate_status gate_call(struct gate *gate, const struct gate_leaf *leaf,
			   const union value *argument, union value *result, bool *has_result)
{
	const struct moonheap_ctl_row *row = leaf->row;
	bool reads = (row->access & MOONHEAP_CTL_READ) != 0;
	size_t size = gate->target->moonheap_ctl_type_size(row->type);
	size_t result_size = size;
	char name[GATE_NAME_MAX], text[JOURNAL_VALUE_MAX];

	gate_name(leaf, name);
	*has_result = false;
	if (row->type == MOONHEAP_CTL_STRUCT) {
		explain(gate, name, "takes a structure that only a C program can give");
		return GATE_FAILED;
	}
	if (gate->role != GATE_OPERATOR)
		return deny(gate, leaf, "calling it");
	if (!journal_reserve(gate->journal)) {
		explain(gate, name, "was not called: no memory to note the change in");
		return GATE_FAILED;
	}
	int error = gate_mallctl(gate, leaf, reads ? result : NULL, reads ? &result_size : NULL,
				 argument, argument != NULL ? size : 0);
	if (error != 0)
		return explain_error(gate, leaf, error, argument != NULL);
	if (reads) {
		/* What was made stays until somebody ends it. */
		char made[GATE_NAME_MAX];
		value_text(leaf, result, text);
		snprintf(made, sizeof(made), "%.80s -> %.20s", name, text);
		journal_note(gate->journal, made, "", "made");
		*has_result = true;
	}
	return GATE_DONE;
}

static void stats_print_piece(void *sink, const char *text)
{
	sink_puts(sink, text);
}

enum gate_status gate_stats_print(struct gate *gate, struct sink *sink, const char *options)
{
	static const char here[] = "malloc_stats_print";

	if (!gate->target->allocates) {
		snprintf(gate->why, sizeof(gate->why), "%s", target_refusal(gate->target));
		return GATE_FAILED;
	}
	if (gate->inside != NULL)
		*gate->inside = here;
	gate->target->malloc_stats_print(stats_print_piece, sink, options);
	if (gate->inside != NULL)
		*gate->inside = NULL;
	return GATE_DONE;
}
