/* ctl_row.h - the shape of a row of the control tree.
 *
 * A row is one leaf: how it describes itself to everybody (struct moonheap_ctl_row) and where its
 * value comes from. Rows are constant once they are written (ctl_table.c); whatever the tree is
 * asked, the answer derives from them. The rules by which a caller's buffers are read and filled
 * stand in one place (ctl_access.c); a leaf that deviates from them says so in a flag here and
 * never has code of its own for it.
 *
 * Indices of a path, such as <arena>, reach a handler in struct ctl_call in the order of the path.
 * They have been checked against their domain (ctl_domain.h) and nothing more: arena 4096 and the
 * slots of arenas that were never started come through.
 */
#ifndef CTL_ROW_H
#define CTL_ROW_H

#include "build.h"
#include <errno.h>
#include <string.h>
#include <sys/types.h>
#include "moonheap/ctl.h"

#define CTL_INDICES_MAX MOONHEAP_CTL_INDICES

/* A value on its way between a caller's buffer and a handler. All members start at the first byte,
 * so that copying the size of the type copies the member. */
union ctl_value {
	bool boolean;
	unsigned number;
	uint32_t u32;
	uint64_t u64;
	int64_t i64;
	size_t size;
	ssize_t ssize;
	const char *string;
	void *pointer;
};

struct ctl_call {
	size_t index[CTL_INDICES_MAX];
};

/* Handlers return 0 or an error number, and set *value on 0 only. */
typedef int ctl_get_fn(const struct ctl_call *call, union ctl_value *value);
typedef int ctl_set_fn(const struct ctl_call *call, const union ctl_value *value);
/* argument is NULL when the caller passed none; result is NULL when the action has none. */
typedef int ctl_act_fn(const struct ctl_call *call, const union ctl_value *argument,
		       union ctl_value *result);

/* What a caller passed to mallctl(). */
struct ctl_buffers {
	void *oldp;
	size_t *oldlenp;
	const void *newp;
	size_t newlen;
	bool reads;
	bool writes;
};
/* For what no union ctl_value holds: structures, and lengths that depend on each other. */
typedef int ctl_raw_fn(const struct ctl_call *call, const struct ctl_buffers *caller);

/* Gives a value of so many bytes to a caller who reads. A length that is not the value's is an
 * error, but what fits is copied and counted. */
ALWAYS_INLINE int ctl_give(const struct ctl_buffers *caller, const void *value, size_t size)
{
	if (!caller->reads)
		return 0;
	if (likely(*caller->oldlenp == size)) {
		memcpy(caller->oldp, value, size);
		return 0;
	}
	if (*caller->oldlenp > size)
		*caller->oldlenp = size;
	memcpy(caller->oldp, value, *caller->oldlenp);
	return EINVAL;
}

/* Whether the leaf can be used at all at this moment: 0, or what every access answers. */
typedef int ctl_condition_fn(void);

enum ctl_source {
	CTL_CONSTANT,      /* the value stands in the row */
	CTL_VARIABLE,      /* memory that is constant once core has booted */
	CTL_OPTION,        /* an option of options.def */
	CTL_OPTION_SOURCE, /* who set an option */
	CTL_ARENA_FIELD,   /* a field of an arena in the snapshot */
	CTL_TOTAL_FIELD,   /* a field of the totals in the snapshot */
	CTL_VALUE,         /* functions */
	CTL_ACTION,        /* a function that is called for what it does */
	CTL_RAW            /* a function that is handed the caller's buffers */
};

/* How a leaf deviates from the common rules. */
enum {
	/* The old value is copied out before the size of the new one is looked at. */
	CTL_READ_FIRST = 1u << 0,
	/* The new value takes effect before the old one is copied out: a wrong *oldlenp comes too
	 * late to prevent it. */
	CTL_APPLY_FIRST = 1u << 1,
	/* What is read is the value after the write. */
	CTL_READ_AFTER = 1u << 2,
	/* Reads or writes, not both at once. */
	CTL_EXCLUSIVE = 1u << 3,
	/* An action that is done whatever is passed. */
	CTL_IGNORES_ARGUMENTS = 1u << 4,
	/* An action that is refused unless its result fits; nothing has been done then. */
	CTL_RESULT_REQUIRED = 1u << 5,
	/* An action that is refused without its argument. */
	CTL_ARGUMENT_REQUIRED = 1u << 6,
	/* The condition is for writes alone. */
	CTL_CONDITION_OF_WRITE = 1u << 7,
	/* Before anything else: an action has to be passed what it takes and what it gives, a value
	 * one of the two, in their sizes. *oldlenp stays as it is. */
	CTL_EXACT = 1u << 8,
	/* While the condition fails, no index resolves; it is asked once, when the tree starts. */
	CTL_CONDITION_OF_INDEX = 1u << 9
};

struct ctl_row {
	struct moonheap_ctl_row about;
	uint8_t source; /* enum ctl_source */
	uint16_t flags;
	ctl_condition_fn *condition; /* NULL: always usable */
	union {
		union ctl_value constant;
		/* base + stride * the first index */
		struct {
			const void *base;
			size_t stride;
		} variable;
		unsigned option; /* enum option_index */
		/* in the record: offset + stride * the second index */
		struct {
			uint32_t offset;
			uint32_t stride;
		} field;
		struct {
			ctl_get_fn *get; /* NULL: cannot be read */
			ctl_set_fn *set; /* NULL: cannot be written */
		} value;
		ctl_act_fn *act;
		struct {
			ctl_raw_fn *call;
			uint16_t argument_size; /* bytes; 0: the function looks */
			uint16_t result_size;
		} raw;
	} from;
};

/* What a row's path says, worked out once (ctl_tree.c). Nodes stand in path order. A component's
 * number in a MIB is the index itself where the path has one, and the position of the first node
 * with the same beginning where it has a name; so the last number of a leaf's MIB is the leaf. */
struct ctl_domain;
struct ctl_node {
	const struct ctl_row *row;
	const struct ctl_domain *domain[CTL_INDICES_MAX];
	uint16_t first[MOONHEAP_CTL_DEPTH_MAX]; /* nodes that begin with components 0..k: */
	uint16_t end[MOONHEAP_CTL_DEPTH_MAX];   /* [first[k], end[k]) */
	uint8_t start[MOONHEAP_CTL_DEPTH_MAX];  /* offset of component k in the path */
	uint8_t length[MOONHEAP_CTL_DEPTH_MAX];
	uint8_t depth;                     /* components */
	uint8_t indices;                   /* of them, as many as are indices ... */
	uint8_t index_at[CTL_INDICES_MAX]; /* ... which are these */
	uint8_t index_levels;              /* the same: bit k is set when component k is one */
	uint16_t limit[CTL_INDICES_MAX];   /* all indices below are there; 0: the domain knows */
};

#define CTL_ROWS_MAX 1152

/* Written by ctl_rows_write(), once, which ctl_tree.c calls; constant then. */
INTERNAL extern struct ctl_row ctl_rows[CTL_ROWS_MAX];
INTERNAL extern size_t ctl_rows_count;
INTERNAL void ctl_rows_write(void);

#endif
