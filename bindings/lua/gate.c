#include "gate.h"

#include <errno.h>
#include <stdatomic.h>
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
	return (row->access & MOONHEAP_CTL_READ) == 0;
}

const char *gate_access_word(const struct moonheap_ctl_row *row)
{
	static const char *const words[] = {"action", "read-only", "write-only", "read-write"};

	return words[row->access & (MOONHEAP_CTL_READ | MOONHEAP_CTL_WRITE)];
}

/* In the allocator's own words. */
static void explain_call(struct gate *gate, const char *name, int error, const size_t *old_size,
			 size_t new_size)
{
	gate->target->moonheap_ctl_strerror(error, name, old_size, new_size, gate->why,
					    sizeof(gate->why));
}

void gate_explain_unknown(struct gate *gate, const char *name)
{
	char nearest[GATE_NAME_MAX];
	size_t mib[MOONHEAP_CTL_DEPTH_MAX], miblen = MOONHEAP_CTL_DEPTH_MAX;

	/* A single word may be a variable that nobody set. */
	if (strchr(name, '.') != NULL || gate->target->mallctlnametomib(name, mib, &miblen) == 0)
		explain_call(gate, name, ENOENT, NULL, 0);
	else if (gate->target->moonheap_ctl_nearest(name, nearest, sizeof(nearest)) == 0)
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

static enum gate_status explain_error(struct gate *gate, const struct gate_leaf *leaf, int error,
				      const size_t *old_size, size_t new_size)
{
	char name[GATE_NAME_MAX];

	explain_call(gate, gate_name(leaf, name), error, old_size, new_size);
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

/* Relaxed: the text is a constant, and whoever reads it wants no more than a hint. */
static void enter(struct gate *gate, const char *where)
{
	if (gate->inside != NULL)
		atomic_store_explicit(gate->inside, where, memory_order_relaxed);
}

static int gate_mallctl(struct gate *gate, const struct gate_leaf *leaf, void *old_value,
			size_t *old_size, const void *new_value, size_t new_size)
{
	enter(gate, leaf->row->path);
	int error = gate->target->mallctlbymib(leaf->mib, leaf->miblen, old_value, old_size,
					       (void *)(uintptr_t)new_value, new_size);
	enter(gate, NULL);
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
	size_t wanted = size;
	int error = gate_mallctl(gate, leaf, value, &size, NULL, 0);
	if (error != 0)
		return explain_error(gate, leaf, error, &wanted, 0);
	return GATE_DONE;
}

enum gate_status gate_snapshot(struct gate *gate, const char *names, uint64_t max_age_ns,
			       struct moonheap_ctl_value *values, size_t room,
			       struct moonheap_ctl_snapshot *about, bool *fits)
{
	static const char here[] = "moonheap_ctl_snapshot";

	enter(gate, here);
	int error = gate->target->moonheap_ctl_snapshot(names, max_age_ns, values, room, about);
	enter(gate, NULL);
	*fits = error != ERANGE;
	if (error == 0 || error == ERANGE)
		return GATE_DONE;
	explain_call(gate, names, error, NULL, 0);
	return GATE_FAILED;
}

static void value_text(enum moonheap_ctl_type type, const union value *value,
		       char to[JOURNAL_VALUE_MAX])
{
	struct sink sink;

	sink_init(&sink, to, JOURNAL_VALUE_MAX);
	value_put(&sink, type, value);
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
		value_text(leaf->row->type, &old_value, old_text);
	size_t new_size = gate->target->moonheap_ctl_type_size(leaf->row->argument);
	int error = gate_mallctl(gate, leaf, NULL, NULL, value, new_size);
	if (error != 0)
		return explain_error(gate, leaf, error, NULL, new_size);
	if (!is_refresh) {
		value_text(leaf->row->argument, value, new_text);
		journal_note(gate->journal, name, old_text, new_text);
	}
	return GATE_DONE;
}

/* What frees memory or caches that the service may be using can be done from here only to things
 * that were made here. */
static const struct own_only {
	const char *path, *maker;
	bool by_argument; /* the thing's number is the argument, else the index in the name */
	bool ends;        /* the thing is gone afterwards */
} own_only[] = {
	{"arena.<arena>.reset", "arenas.create", false, false},
	{"arena.<arena>.destroy", "arenas.create", false, true},
	{"tcache.flush", "tcache.create", true, false},
	{"tcache.destroy", "tcache.create", true, true},
};

static const struct own_only *own_only_rule(const struct moonheap_ctl_row *row)
{
	for (size_t i = 0; i < sizeof(own_only) / sizeof(own_only[0]); i++)
		if (strcmp(own_only[i].path, row->path) == 0)
			return &own_only[i];
	return NULL;
}

/* The journal's name for a thing that was made. */
static void made_name(char to[GATE_NAME_MAX], const char *maker, uint64_t number)
{
	snprintf(to, GATE_NAME_MAX, "%.80s -> %llu", maker, (unsigned long long)number);
}

/* Is the rule's thing one of this session's? Its name goes to `made`. */
static bool is_own(struct gate *gate, const struct own_only *rule, const struct gate_leaf *leaf,
		   const union value *argument, char made[GATE_NAME_MAX])
{
	if (rule->by_argument && argument == NULL)
		return true; /* the allocator says that one is missing */
	made_name(made, rule->maker, rule->by_argument ? argument->number : leaf->mib[1]);
	const struct journal_entry *entry = journal_find(gate->journal, made);
	return entry != NULL && !journal_is_restored(entry);
}

enum gate_status gate_call(struct gate *gate, const struct gate_leaf *leaf,
			   const union value *argument, union value *result, bool *has_result)
{
	const struct moonheap_ctl_row *row = leaf->row;
	const struct own_only *rule = own_only_rule(row);
	bool gives = row->type != MOONHEAP_CTL_NONE;
	size_t result_size = gate->target->moonheap_ctl_type_size(row->type);
	char name[GATE_NAME_MAX], made[GATE_NAME_MAX] = "";

	gate_name(leaf, name);
	*has_result = false;
	if (row->type == MOONHEAP_CTL_STRUCT) {
		explain(gate, name, "gives a structure that only a C program can take");
		return GATE_FAILED;
	}
	if (gate->role != GATE_OPERATOR)
		return deny(gate, leaf, "calling it");
	if (rule != NULL && !is_own(gate, rule, leaf, argument, made)) {
		explain(gate, name,
			"could take memory away from the service: from here it works "
			"only on what this session made");
		return GATE_FAILED;
	}
	if (!journal_reserve(gate->journal)) {
		explain(gate, name, "was not called: no memory to note the change in");
		return GATE_FAILED;
	}
	size_t wanted = result_size;
	size_t new_size =
		argument == NULL ? 0 : gate->target->moonheap_ctl_type_size(row->argument);
	int error = gate_mallctl(gate, leaf, gives ? result : NULL, gives ? &result_size : NULL,
				 argument, new_size);
	if (error != 0)
		return explain_error(gate, leaf, error, gives ? &wanted : NULL, new_size);
	*has_result = gives;
	if (rule != NULL && rule->ends)
		journal_note(gate->journal, made, "", "");
	if (gives && value_is_integer(row->type)) {
		/* What was made stays until somebody ends it. */
		bool beyond;
		made_name(made, name, (uint64_t)value_integer(row->type, result, &beyond));
		journal_note(gate->journal, made, "", "made");
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
	enter(gate, here);
	gate->target->malloc_stats_print(stats_print_piece, sink, options);
	enter(gate, NULL);
	return GATE_DONE;
}
