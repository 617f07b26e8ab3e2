#include "fake_ctl.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <moonheap/ctl.h>

#define R      MOONHEAP_CTL_READ
#define W      MOONHEAP_CTL_WRITE
#define ACTS   MOONHEAP_CTL_ACTS
#define EXPORT __attribute__((visibility("default")))

int mallctl(const char *name, void *old_value, size_t *old_size, void *new_value, size_t new_size);
int mallctlnametomib(const char *name, size_t *mib, size_t *miblen);
int mallctlbymib(const size_t *mib, size_t miblen, void *old_value, size_t *old_size,
		 void *new_value, size_t new_size);
void malloc_stats_print(void (*write_text)(void *, const char *), void *opaque, const char *opts);

struct fake_ctl fake_ctl = {.narenas = FAKE_NARENAS, .dirty_decay_ms = 10000};

/* in path order; the last component of a MIB is the row's number */
/* path, help, type, argument, unit, freshness, access, metric */
#define ROW(path, help, type, argument, unit, freshness, access, metric)                           \
	{                                                                                          \
		path, help, MOONHEAP_CTL_##type, MOONHEAP_CTL_##argument,                          \
			MOONHEAP_CTL_UNIT_##unit, MOONHEAP_CTL_##freshness, access, metric         \
	}
static const struct moonheap_ctl_row rows[] = {
	ROW("arena.<arena>.destroy", "give the arena back", NONE, NONE, NONE, LIVE, 0, 0),
	ROW("arena.<arena>.dirty_decay_ms", "time until dirty pages go back", SSIZE, SSIZE, MS,
	    LIVE, R | W, 0),
	ROW("arena.<arena>.dss", "use of sbrk", STRING, STRING, NONE, LIVE, R | W, 0),
	ROW("arena.<arena>.extent_hooks", "the functions that supply pages", POINTER, POINTER, NONE,
	    LIVE, R | W, 0),
	ROW("arena.<arena>.purge", "return unused pages now", NONE, NONE, NONE, LIVE, 0, 0),
	ROW("arenas.create", "make an arena and return its number", UNSIGNED, POINTER, NONE, LIVE,
	    0, 0),
	ROW("arenas.narenas", "number of arenas", UNSIGNED, NONE, COUNT, LIVE, R, 0),
	ROW("background_thread", "purge from a thread of its own", BOOL, BOOL, NONE, LIVE, R | W,
	    0),
	ROW("epoch", "refresh the statistics", UINT64, UINT64, NONE, LIVE, R | W, 0),
	ROW("opt.narenas", "arenas at start", UNSIGNED, NONE, COUNT, CONST, R, 0),
	ROW("prof.active", "never there", BOOL, BOOL, NONE, LIVE, R | W, 0),
	ROW("stats.allocated", "bytes that the program has", SIZE, NONE, BYTES, CACHED, R, 0),
	ROW("stats.arenas.<arena>.nmalloc", "requests served", UINT64, NONE, COUNT, CACHED, R, 1),
	ROW("stats.arenas.<arena>.pdirty", "unused dirty pages", SIZE, NONE, PAGES, CACHED, R, 0),
	ROW("stats.huge", "a number that Lua has not", UINT64, NONE, NONE, CACHED, R, 0),
	ROW("stats.resident", "bytes in memory", SIZE, NONE, BYTES, CACHED, R, 0),
	ROW("tcache.flush", "empty the cache of this number", NONE, UNSIGNED, NONE, LIVE, 0, 0),
	ROW("thread.allocated", "bytes that this thread allocated", UINT64, NONE, BYTES, LIVE, R,
	    1),
	ROW("version", "of the allocator", STRING, NONE, NONE, CONST, R, 0),
};
#define NROWS (sizeof(rows) / sizeof(rows[0]))

static _Atomic uint64_t refreshed_ns;
static _Atomic bool background_thread;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void fake_ctl_reset(void)
{
	fake_ctl.nrefreshed = 0;
	fake_ctl.ncalls = 0;
	fake_ctl.npurged = 0;
	fake_ctl.ndestroyed = 0;
	fake_ctl.narenas = FAKE_NARENAS;
	fake_ctl.purge_seconds = 0;
	fake_ctl.dirty_decay_ms = 10000;
	refreshed_ns = 0;
	background_thread = false;
}

/* --- names -------------------------------------------------------------------------------- */

static size_t component(const char *p)
{
	return strcspn(p, ".");
}

static bool arena_is_live(unsigned long arena)
{
	return arena < fake_ctl.narenas || arena == 4096;
}

/* Does the name (all of it) stand at the start of the path? *rest: where the path goes on. *arena:
 * the number in the name. */
static bool name_fits(const char *name, const char *path, const char **rest, unsigned long *arena)
{
	while (*name != '\0') {
		size_t n = component(name), m = component(path);
		char *end;

		if (*path == '\0')
			return false;
		if (*path == '<' && *name != '<') {
			*arena = strtoul(name, &end, 10);
			if (end != name + n || n == 0)
				return false;
		} else if (n != m || memcmp(name, path, n) != 0) {
			return false;
		}
		name += n + (name[n] == '.');
		path += m + (path[m] == '.');
	}
	*rest = path;
	return true;
}

EXPORT size_t moonheap_ctl_count(void)
{
	return NROWS;
}

EXPORT const struct moonheap_ctl_row *moonheap_ctl_row_at(size_t i)
{
	return i < NROWS ? &rows[i] : NULL;
}

EXPORT const struct moonheap_ctl_row *moonheap_ctl_describe(const char *name)
{
	const char *rest;
	unsigned long arena;

	for (size_t i = 0; i < NROWS; i++)
		if (*name != '\0' && name_fits(name, rows[i].path, &rest, &arena) && *rest == '\0')
			return &rows[i];
	return NULL;
}

EXPORT size_t moonheap_ctl_type_size(enum moonheap_ctl_type type)
{
	switch (type) {
	case MOONHEAP_CTL_NONE:
	case MOONHEAP_CTL_STRUCT:
		return 0;
	case MOONHEAP_CTL_BOOL:
		return sizeof(bool);
	case MOONHEAP_CTL_UNSIGNED:
	case MOONHEAP_CTL_UINT32:
		return 4;
	case MOONHEAP_CTL_UINT64:
	case MOONHEAP_CTL_INT64:
	case MOONHEAP_CTL_SIZE:
	case MOONHEAP_CTL_SSIZE:
	case MOONHEAP_CTL_STRING:
	case MOONHEAP_CTL_POINTER:
		break;
	}
	return 8;
}

EXPORT int moonheap_ctl_children(const char *name,
				 int (*visit)(const char *child, int is_leaf, void *opaque),
				 void *opaque)
{
	char last[64] = "", child[64];
	bool interior = *name == '\0';
	int result = 0;

	for (size_t i = 0; i < NROWS && result == 0; i++) {
		const char *rest;
		unsigned long arena = 0;

		if (!name_fits(name, rows[i].path, &rest, &arena) || *rest == '\0')
			continue;
		interior = true;
		snprintf(child, sizeof(child), "%.*s", (int)component(rest), rest);
		if (strcmp(child, last) == 0)
			continue;
		snprintf(last, sizeof(last), "%s", child);
		if (child[0] != '<') {
			result = visit(child, rest[component(rest)] == '\0', opaque);
			continue;
		}
		for (unsigned a = 0; a < fake_ctl.narenas && result == 0; a++) {
			snprintf(child, sizeof(child), "%u", a);
			result = visit(child, 0, opaque);
		}
	}
	return interior ? result : -1;
}

/* --- values ------------------------------------------------------------------------------- */

EXPORT int mallctlnametomib(const char *name, size_t *mib, size_t *miblen)
{
	size_t n = 0, wanted = *miblen;

	for (size_t i = 0; i < NROWS; i++) {
		const char *rest, *p = name;
		unsigned long arena = 0;

		if (!name_fits(name, rows[i].path, &rest, &arena))
			continue;
		if (strstr(rows[i].path, "<arena>") != NULL &&
		    strpbrk(name, "0123456789") != NULL && !arena_is_live(arena))
			return ENOENT;
		while (*p != '\0' && n < wanted) {
			bool number = *p >= '0' && *p <= '9';
			mib[n++] = number ? arena : i;
			p += component(p) + (p[component(p)] == '.');
		}
		*miblen = n;
		return 0;
	}
	return ENOENT;
}

static int give(void *old_value, size_t *old_size, const void *value, size_t size)
{
	if (old_value == NULL || old_size == NULL)
		return 0;
	if (*old_size != size) {
		*old_size = size;
		return EINVAL;
	}
	memcpy(old_value, value, size);
	return 0;
}

static int do_arena(const char *verb, size_t arena, void *old_value, size_t *old_size,
		    const void *new_value)
{
	static const char *const disabled = "disabled";
	void *hooks = &fake_ctl;

	if (!arena_is_live(arena))
		return ENOENT;
	if (strcmp(verb, "purge") == 0) {
		sleep(fake_ctl.purge_seconds);
		fake_ctl.npurged++;
		return 0;
	}
	if (strcmp(verb, "destroy") == 0) {
		fake_ctl.ndestroyed++;
		return 0;
	}
	if (strcmp(verb, "dss") == 0)
		return new_value != NULL && strcmp(*(const char *const *)new_value, disabled) != 0
			       ? EINVAL
			       : give(old_value, old_size, &disabled, sizeof(disabled));
	if (strcmp(verb, "extent_hooks") == 0)
		return give(old_value, old_size, &hooks, sizeof(hooks));
	ssize_t decay = fake_ctl.dirty_decay_ms;
	int error = give(old_value, old_size, &decay, sizeof(decay));
	if (error == 0 && new_value != NULL) {
		memcpy(&decay, new_value, sizeof(decay));
		if (decay < -1)
			return EFAULT;
		fake_ctl.dirty_decay_ms = decay;
	}
	return error;
}

EXPORT int mallctlbymib(const size_t *mib, size_t miblen, void *old_value, size_t *old_size,
			void *new_value, size_t new_size)
{
	size_t i = mib[miblen - 1];
	const char *path = rows[i].path;
	static const char *const version = "fake 1.0";
	uint64_t number = 0;

	fake_ctl.ncalls++;
	if (new_value != NULL && new_size != moonheap_ctl_type_size(rows[i].argument))
		return EINVAL;
	if (strncmp(path, "arena.", 6) == 0)
		return do_arena(strrchr(path, '.') + 1, mib[1], old_value, old_size, new_value);
	if (strcmp(path, "prof.active") == 0)
		return ENOENT;
	if (strcmp(path, "version") == 0)
		return give(old_value, old_size, &version, sizeof(version));
	if (strcmp(path, "arenas.create") == 0) {
		unsigned made = fake_ctl.narenas++;
		return give(old_value, old_size, &made, sizeof(made));
	}
	if (strcmp(path, "background_thread") == 0) {
		bool on = background_thread;
		int error = give(old_value, old_size, &on, sizeof(on));
		if (error == 0 && new_value != NULL)
			background_thread = *(bool *)new_value;
		return error;
	}
	if (strcmp(path, "epoch") == 0 && new_value != NULL) {
		fake_ctl.nrefreshed++;
		refreshed_ns = now_ns();
	}
	if (strcmp(path, "tcache.flush") == 0)
		return *(unsigned *)new_value < 10 ? 0 : EFAULT;
	if (strncmp(path, "stats.arenas.", 13) == 0)
		number = 100 * (mib[2] + 1);
	else if (strcmp(path, "stats.allocated") == 0)
		number = 12345678;
	else if (strcmp(path, "stats.resident") == 0)
		number = 23456789;
	else if (strcmp(path, "stats.huge") == 0)
		number = UINT64_MAX;
	else if (strcmp(path, "epoch") == 0)
		number = fake_ctl.nrefreshed;
	else
		number = fake_ctl.narenas;
	return give(old_value, old_size, &number, moonheap_ctl_type_size(rows[i].type));
}

EXPORT int mallctl(const char *name, void *old_value, size_t *old_size, void *new_value,
		   size_t new_size)
{
	size_t mib[MOONHEAP_CTL_DEPTH_MAX], miblen = MOONHEAP_CTL_DEPTH_MAX;

	if (moonheap_ctl_describe(name) == NULL || mallctlnametomib(name, mib, &miblen) != 0)
		return ENOENT;
	return mallctlbymib(mib, miblen, old_value, old_size, new_value, new_size);
}

/* --- walking ------------------------------------------------------------------------------ */

/* Writes the path with its index replaced. */
static void full_name(const char *path, unsigned arena, char *name, size_t size)
{
	const char *index = strstr(path, "<arena>");

	if (index == NULL)
		snprintf(name, size, "%s", path);
	else
		snprintf(name, size, "%.*s%u%s", (int)(index - path), path, arena,
			 index + strlen("<arena>"));
}

EXPORT int moonheap_ctl_walk_mib(const char *prefix,
				 int (*visit)(const char *name, const size_t *mib, size_t miblen,
					      const struct moonheap_ctl_row *row, void *opaque),
				 void *opaque)
{
	bool interior = *prefix == '\0';
	size_t prefix_length = strlen(prefix);

	for (unsigned arena = 0; arena < fake_ctl.narenas; arena++) {
		for (size_t i = 0; i < NROWS; i++) {
			size_t mib[MOONHEAP_CTL_DEPTH_MAX], miblen = MOONHEAP_CTL_DEPTH_MAX;
			char name[128];

			if (strchr(rows[i].path, '<') == NULL && arena > 0)
				continue;
			full_name(rows[i].path, arena, name, sizeof(name));
			if (strncmp(name, prefix, prefix_length) != 0 ||
			    (prefix_length > 0 && name[prefix_length] != '.'))
				continue;
			interior = true;
			mallctlnametomib(name, mib, &miblen);
			int result = visit(name, mib, miblen, &rows[i], opaque);
			if (result != 0)
				return result;
		}
	}
	return interior ? 0 : -1;
}

struct completing {
	const char *base, *partial;
	int (*visit)(const char *candidate, void *opaque);
	void *opaque;
};

static int complete_child(const char *child, int is_leaf, void *opaque)
{
	struct completing *c = opaque;
	char full[128];

	if (strncmp(child, c->partial, strlen(c->partial)) != 0)
		return 0;
	snprintf(full, sizeof(full), "%s%s%s%s", c->base, *c->base != '\0' ? "." : "", child,
		 is_leaf ? "" : ".");
	return c->visit(full, c->opaque);
}

EXPORT int moonheap_ctl_complete(const char *text,
				 int (*visit)(const char *candidate, void *opaque), void *opaque)
{
	const char *dot = strrchr(text, '.');
	char base[128];
	struct completing c = {base, dot != NULL ? dot + 1 : text, visit, opaque};

	snprintf(base, sizeof(base), "%.*s", dot != NULL ? (int)(dot - text) : 0, text);
	return moonheap_ctl_children(base, complete_child, &c);
}

/* A row whose name differs in its last letter only: enough to test the words around it. */
EXPORT int moonheap_ctl_nearest(const char *name, char *buffer, size_t size)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < NROWS; i++)
		if (n > 2 && strncmp(rows[i].path, name, n - 1) == 0) {
			snprintf(buffer, size, "%s", rows[i].path);
			return 0;
		}
	return -1;
}

/* Of several names the last one. */
EXPORT size_t moonheap_ctl_strerror(int error, const char *name, const size_t *oldlenp,
				    size_t newlen, char *buffer, size_t size)
{
	char nearest[128] = "nothing";
	const struct moonheap_ctl_row *row = moonheap_ctl_describe(name);

	(void)oldlenp;
	(void)newlen;
	if (error == ENOENT && row == NULL) {
		const char *last = name;
		for (const char *p = name; (p = strchr(p, ' ')) != NULL && p[1] != '\0';)
			last = ++p;
		moonheap_ctl_nearest(last, nearest, sizeof(nearest));
		return (size_t)snprintf(buffer, size,
					"there is no name \"%s\"; the nearest is \"%s\"", last,
					nearest);
	}
	if (error == ENOENT)
		return (size_t)snprintf(buffer, size, "\"%s\" is not there in this process", name);
	return (size_t)snprintf(buffer, size, "\"%s\" does not take this value: %s", name,
				row != NULL ? row->help : "");
}

EXPORT uint64_t moonheap_ctl_snapshot_age_ns(void)
{
	return refreshed_ns == 0 ? UINT64_MAX : now_ns() - refreshed_ns;
}

/* --- many values at once ------------------------------------------------------------------ */

struct collecting {
	struct moonheap_ctl_value *values;
	size_t room;
	struct moonheap_ctl_snapshot *about;
};

static int collect(const char *name, const size_t *mib, size_t miblen,
		   const struct moonheap_ctl_row *row, void *opaque)
{
	struct collecting *c = opaque;
	uint64_t value = 0;
	size_t size = moonheap_ctl_type_size(row->type);

	(void)name;
	if ((row->access & R) == 0 || mallctlbymib(mib, miblen, &value, &size, NULL, 0) != 0)
		return 0;
	if (c->about->needed++ < c->room) {
		struct moonheap_ctl_value *to = &c->values[c->about->count++];
		*to = (struct moonheap_ctl_value){.row = row};
		to->index[0] = strchr(row->path, '<') == NULL         ? 0
			       : strncmp(row->path, "arena.", 6) == 0 ? (uint32_t)mib[1]
								      : (uint32_t)mib[2];
		memcpy(&to->as, &value, sizeof(value));
	}
	return 0;
}

/* Of one name; "<arena>" is understood at its end alone. */
static int collect_name(const char *name, struct collecting *c)
{
	size_t mib[MOONHEAP_CTL_DEPTH_MAX], miblen = MOONHEAP_CTL_DEPTH_MAX;
	char prefix[128];

	snprintf(prefix, sizeof(prefix), "%s", name);
	if (strstr(prefix, ".<arena>") != NULL)
		*strstr(prefix, ".<arena>") = '\0';
	else if (moonheap_ctl_describe(name) != NULL)
		return mallctlnametomib(name, mib, &miblen) != 0
			       ? ENOENT
			       : collect(name, mib, miblen, moonheap_ctl_describe(name), c);
	return moonheap_ctl_walk_mib(prefix, collect, c) == 0 ? 0 : ENOENT;
}

EXPORT int moonheap_ctl_snapshot(const char *names, uint64_t max_age_ns,
				 struct moonheap_ctl_value *values, size_t room,
				 struct moonheap_ctl_snapshot *about)
{
	struct collecting c = {values, room, about};
	uint64_t epoch = 1;
	int error = 0;

	if (room > 0 && moonheap_ctl_snapshot_age_ns() > max_age_ns)
		mallctl("epoch", NULL, NULL, &epoch, sizeof(epoch));
	*about = (struct moonheap_ctl_snapshot){.epoch = fake_ctl.nrefreshed,
						.taken_ns = refreshed_ns};
	if (names[strspn(names, " ")] == '\0')
		moonheap_ctl_walk_mib("", collect, &c);
	for (const char *p = names + strspn(names, " "); error == 0 && *p != '\0';) {
		char name[128];
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(p, " "), p);
		error = collect_name(name, &c);
		p += strcspn(p, " ");
		p += strspn(p, " ");
	}
	return error != 0 ? error : about->needed > room ? ERANGE : 0;
}

EXPORT void malloc_stats_print(void (*write_text)(void *, const char *), void *opaque,
			       const char *opts)
{
	write_text(opaque, "___ Begin fake statistics ___\n");
	write_text(opaque, opts != NULL ? opts : "");
	write_text(opaque, "\n--- End fake statistics ---\n");
}
