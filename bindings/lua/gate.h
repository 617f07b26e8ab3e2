/* gate.h - the one way from Lua to mallctl().
 *
 * Everything that a session reads, writes or calls in the control tree passes here: the role is
 * checked, stale statistics are refreshed, writes are noted in the journal, and a failure comes
 * back in words (`why`). Roles are a safety catch: who may connect may do everything anyway.
 * A leaf is a name resolved to its MIB once; it never goes stale, though an arena in it may go.
 */
#ifndef MOONHEAP_LUA_GATE_H
#define MOONHEAP_LUA_GATE_H

#include <stdbool.h>

#include "journal.h"
#include "target.h"
#include "value.h"

#define GATE_NAME_MAX    JOURNAL_NAME_MAX
#define GATE_STALE_NS    100000000u /* statistics older than this are refreshed at a read */
#define GATE_ARENAS_ALL  4096u      /* the index that means all arenas together */
#define GATE_ARENAS_GONE 4097u      /* ... the destroyed ones together, in stats.arenas */

#define GATE_DENIAL "needs --role operator" /* in every denial's words */

enum gate_role { GATE_OBSERVER, GATE_OPERATOR };

enum gate_status {
	GATE_DONE,
	GATE_DENIED, /* needs a role that the session does not have */
	GATE_FAILED
};

struct gate_leaf {
	const struct moonheap_ctl_row *row;
	size_t miblen;
	size_t mib[MOONHEAP_CTL_DEPTH_MAX];
};

struct gate {
	const struct target *target;
	enum gate_role role;
	bool denied; /* something was denied in the running statement */
	bool pinned; /* a walk in progress: all its values come from one snapshot */
	struct journal *journal;
	/* The call that is under way, for the watchdog that has to say where a session is stuck;
	 * NULL outside. */
	const char *_Atomic *inside;
	char why[320]; /* the last failure in words */
};

const char *gate_role_word(enum gate_role role);

/* Resolve a full name ("arena.0.purge"). GATE_FAILED: no such leaf, `why` says what is wrong. */
enum gate_status gate_resolve(struct gate *gate, const char *name, struct gate_leaf *leaf);

/* What is wrong with a name, in `why`: the allocator says it, but for a single word, which may be
 * meant for a variable. */
void gate_explain_unknown(struct gate *gate, const char *name);

/* The full name of a leaf, into a buffer of GATE_NAME_MAX. */
const char *gate_name(const struct gate_leaf *leaf, char *to);

/* Is the row one that is called rather than read or assigned? */
bool gate_is_callable(const struct moonheap_ctl_row *row);

/* "read-only", "read-write", "write-only" or "action" */
const char *gate_access_word(const struct moonheap_ctl_row *row);

/* Refresh the statistics when they are older than that. */
void gate_refresh(struct gate *gate, uint64_t older_than_ns);

enum gate_status gate_read(struct gate *gate, const struct gate_leaf *leaf, union value *value);
enum gate_status gate_write(struct gate *gate, const struct gate_leaf *leaf,
			    const union value *value);

/* All values below some names, as moonheap_ctl_snapshot(). *fits: room was enough; about->needed is
 * set then and otherwise. */
enum gate_status gate_snapshot(struct gate *gate, const char *names, uint64_t max_age_ns,
			       struct moonheap_ctl_value *values, size_t room,
			       struct moonheap_ctl_snapshot *about, bool *fits);

/* Call a callable leaf: with an argument for those that take one, else NULL. *has_result is set
 * when it gave a value of the row's type. */
enum gate_status gate_call(struct gate *gate, const struct gate_leaf *leaf,
			   const union value *argument, union value *result, bool *has_result);

/* malloc_stats_print into a sink. */
enum gate_status gate_stats_print(struct gate *gate, struct sink *sink, const char *options);

#endif
