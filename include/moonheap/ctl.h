/* ctl.h - reflection over the control tree: what mallctl() can reach, described by itself.
 *
 * The tree is a table of rows. A row is a leaf whose path may have named indices, written as
 * "stats.arenas.<arena>.bins.<bin>.nmalloc". mallctl() reads and writes values; the functions here
 * say which names there are, what a value is, and which indices exist at this moment. They never
 * allocate, take no lock that an allocation takes, and may be called from any thread at any time.
 * Strings and row descriptions belong to the library and live as long as it does.
 *
 * A program that may run on another allocator looks these functions up with dlsym(RTLD_DEFAULT, …).
 */
#ifndef MOONHEAP_CTL_H
#define MOONHEAP_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOONHEAP_CTL_DEPTH_MAX 7 /* components of the longest path */

/* What a value is. The size on the wire of mallctl() follows from it: see moonheap_ctl_type_size.
 */
enum moonheap_ctl_type {
	MOONHEAP_CTL_NONE,     /* no value: an action such as arena.<arena>.purge */
	MOONHEAP_CTL_BOOL,     /* bool, 1 byte */
	MOONHEAP_CTL_UNSIGNED, /* unsigned, 4 bytes */
	MOONHEAP_CTL_UINT32,   /* uint32_t */
	MOONHEAP_CTL_UINT64,   /* uint64_t */
	MOONHEAP_CTL_INT64,    /* int64_t */
	MOONHEAP_CTL_SIZE,     /* size_t */
	MOONHEAP_CTL_SSIZE,    /* ssize_t */
	MOONHEAP_CTL_STRING,   /* const char *, owned by the library */
	MOONHEAP_CTL_POINTER,  /* any other pointer */
	MOONHEAP_CTL_STRUCT    /* a structure of its own; help says which */
};

/* Access bits. A leaf with neither READ nor WRITE is an action: it does something each time that it
 * is called, so reading all values of a tree must leave it out. Its type is that of the result,
 * taken like a value that is read (NONE: call it with oldp and oldlenp NULL), its argument is
 * passed like a value that is written (NONE: newp NULL and newlen 0). */
#define MOONHEAP_CTL_READ  1u
#define MOONHEAP_CTL_WRITE 2u

enum moonheap_ctl_unit {
	MOONHEAP_CTL_UNIT_NONE,
	MOONHEAP_CTL_UNIT_BYTES,
	MOONHEAP_CTL_UNIT_PAGES,
	MOONHEAP_CTL_UNIT_MS,
	MOONHEAP_CTL_UNIT_NS,
	MOONHEAP_CTL_UNIT_COUNT
};

/* When a value is taken: fixed at start, at the call, or from the snapshot that writing "epoch"
 * refreshes. */
enum moonheap_ctl_freshness { MOONHEAP_CTL_CONST, MOONHEAP_CTL_LIVE, MOONHEAP_CTL_CACHED };

/* What a monitoring system may take a number for: a counter only grows, so that its rate means
 * something; a gauge goes up and down. Settings, constants and indices are neither. */
enum moonheap_ctl_metric { MOONHEAP_CTL_NO_METRIC, MOONHEAP_CTL_COUNTER, MOONHEAP_CTL_GAUGE };

struct moonheap_ctl_row {
	const char *path;                /* with named indices: "arena.<arena>.purge" */
	const char *help;                /* one sentence */
	enum moonheap_ctl_type type;     /* of what is read, or of the result of an action */
	enum moonheap_ctl_type argument; /* of what is written, or of the argument of an action */
	enum moonheap_ctl_unit unit;
	enum moonheap_ctl_freshness freshness;
	unsigned access; /* MOONHEAP_CTL_READ | MOONHEAP_CTL_WRITE */
	enum moonheap_ctl_metric metric;
};

/* Number of rows; row i in path order, NULL when i is out of range. */
size_t moonheap_ctl_count(void);
const struct moonheap_ctl_row *moonheap_ctl_row_at(size_t i);

/* The row behind a name such as "stats.arenas.0.pdirty" (or behind a path with <indices>).
 * NULL when there is none, or when the index does not exist now. */
const struct moonheap_ctl_row *moonheap_ctl_describe(const char *name);

/* Bytes of a value of this type; 0 for NONE and STRUCT. */
size_t moonheap_ctl_type_size(enum moonheap_ctl_type type);

/* The children of a name, in the order of the tree: for "stats" the names "active", "allocated"
 * ..., for "stats.arenas" the indices that exist now, for "" the top. Calls visit(child, is_leaf,
 * opaque) for each until it returns non-zero, and returns that, or 0 at the end, or -1 when the
 * name is not an interior name of the tree. */
int moonheap_ctl_children(const char *name,
			  int (*visit)(const char *child, int is_leaf, void *opaque), void *opaque);

/* Every readable or callable leaf below a prefix ("" for all), but for values that are structures,
 * each index that exists now expanded, in tree order; the access of the row tells the readable ones
 * from the actions. The aggregates 4096 (all arenas) and 4097 (destroyed arenas) are reached by
 * name and not listed. The same return values as moonheap_ctl_children. */
int moonheap_ctl_walk(const char *prefix,
		      int (*visit)(const char *name, const struct moonheap_ctl_row *row,
				   void *opaque),
		      void *opaque);

/* The same walk with each leaf's MIB, for readers that come back often: mallctlbymib() is then
 * O(1). A MIB stays valid for the life of the process; an arena in it may go. */
int moonheap_ctl_walk_mib(const char *prefix,
			  int (*visit)(const char *name, const size_t *mib, size_t miblen,
				       const struct moonheap_ctl_row *row, void *opaque),
			  void *opaque);

/* What could follow text (a prefix of a name): calls visit with each full candidate; interior
 * names end in ".". */
int moonheap_ctl_complete(const char *text, int (*visit)(const char *candidate, void *opaque),
			  void *opaque);

/* The existing name nearest to a wrong one in letters, or else the shortest that has it in it,
 * written to buffer; 0, or -1 when there is none. An index written as in a row's path stays one. */
int moonheap_ctl_nearest(const char *name, char *buffer, size_t size);

/* The name that a MIB spells, a whole one or the beginning of one: for words about a call by MIB.
 * Indices are written as they are, whether they exist or not. Cut to fit; returns its length, 0
 * when a number that stands for a name stands for none there. */
size_t moonheap_ctl_name(const size_t *mib, size_t miblen, char *buffer, size_t size);

/* Why mallctl(name, ...) failed: what is wrong with the name, the lengths or the value, in words
 * without a full stop. error: what it returned; 0: what it gave, and as of when. oldlenp: as it was
 * passed, NULL or not, with the value that it had before the call; newlen: as it was passed. Cut to
 * fit, which 320 bytes mostly are enough for; returns its length. The names that
 * moonheap_ctl_snapshot() takes are told as well, by the first one that is wrong. */
size_t moonheap_ctl_strerror(int error, const char *name, const size_t *oldlenp, size_t newlen,
			     char *buffer, size_t size);

/* -- many values at once, of one moment -- */

#define MOONHEAP_CTL_INDICES 2 /* most <indices> in one path */

/* One value of a snapshot. */
struct moonheap_ctl_value {
	const struct moonheap_ctl_row *row;
	uint32_t index[MOONHEAP_CTL_INDICES]; /* for the <indices> of the row's path, in order */
	union {
		bool boolean;       /* BOOL */
		uint64_t number;    /* UNSIGNED, UINT32, UINT64, SIZE */
		int64_t integer;    /* INT64, SSIZE */
		const char *string; /* STRING; the library's, may be NULL */
		void *pointer;      /* POINTER */
	} as;
};

/* What a snapshot is of. The function is called so, too: C++ wants the word struct here as well. */
struct moonheap_ctl_snapshot {
	uint64_t epoch; /* number of the refresh; 0: one arena was looked at, apart from epochs */
	uint64_t taken_ns; /* when it began, by CLOCK_MONOTONIC */
	size_t count;      /* values stored */
	size_t needed;     /* room, in values, that is enough for all of them */
};

/* All scalars below a name, of one refresh, in the order of the tree: what can be read and is no
 * structure, each index that exists now expanded. What this process does not have is left out.
 *
 * names: a leaf or an interior name, or several with spaces between, for instance
 * "stats.allocated stats.arenas.4096.mutexes"; "" for everything. An index may be any that exists
 * when it is written as in a row's path: "stats.arenas.<arena>.bins.<bin>.curregs". What is below
 * two of the names comes twice.
 *
 * max_age_ns: how old statistics may be. They are refreshed if the last refresh began longer ago
 * before this call, so that any number of readers share one: 0 means "not from before this call",
 * UINT64_MAX "as they are". Where all statistics asked for are of one arena, it alone is looked at:
 * that costs the same however many arenas there are, counts no epoch, and changes nothing for other
 * readers. Where none are asked for, nothing is refreshed. Values that are not statistics are of
 * the time of the call.
 *
 * values, room: the caller's memory and how many values it has room for. Nothing else is allocated,
 * but for metadata of the allocator when there are arenas that no refresh has seen.
 *
 * Returns 0, or an error number:
 *   ERANGE  there is not enough room: about->needed says how much is; as many as fit are stored.
 *           With no room at all nothing is refreshed, but for a name newer than the statistics.
 *           Arenas may come: ask again until it is 0
 *   ENOENT  one of the names is not there; moonheap_ctl_strerror says which one and why
 *   EINVAL  names or about is NULL, or values is and room is not 0
 *   EAGAIN  no memory for the statistics of a new arena, or called from an extent hook */
int moonheap_ctl_snapshot(const char *names, uint64_t max_age_ns, struct moonheap_ctl_value *values,
			  size_t room, struct moonheap_ctl_snapshot *about);

/* The full name of a value, such as "stats.arenas.0.pdirty". Cut to fit; returns its length. */
size_t moonheap_ctl_value_name(const struct moonheap_ctl_value *value, char *buffer, size_t size);

/* Nanoseconds (CLOCK_MONOTONIC) since the snapshot was last refreshed: readers that can live with
 * an older one need not write "epoch". */
uint64_t moonheap_ctl_snapshot_age_ns(void);

#ifdef __cplusplus
}
#endif

#endif
