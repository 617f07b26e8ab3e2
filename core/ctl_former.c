/* ctl_former.c - see ctl_former.h. A * in a row stands for one component, whatever it is: an index,
 * or the letter of an example. */
#include "ctl_former.h"

#include <string.h>

#define FORMER_SIZE 48

static const char rows[][2][FORMER_SIZE] = {
#define OPTION_FORMER(name, now) {"opt." #name, "opt." now},
#include "options.def"
	{"arena.*.chunk_hooks", "arena.<arena>.extent_hooks"},
	{"arena.*.decay_time", "arena.<arena>.dirty_decay_ms"},
	{"arena.*.lg_dirty_mult", "arena.<arena>.dirty_decay_ms"},
	{"arenas.decay_time", "arenas.dirty_decay_ms"},
	{"arenas.extend", "arenas.create"},
	{"arenas.initialized", "arena.<arena>.initialized"},
	{"arenas.lg_dirty_mult", "arenas.dirty_decay_ms"},
	{"arenas.nhchunks", "arenas.nlextents"},
	{"arenas.nlruns", "arenas.nlextents"},
	{"arenas.hchunk.*.size", "arenas.lextent.<lextent>.size"},
	{"arenas.lrun.*.size", "arenas.lextent.<lextent>.size"},
	{"arenas.purge", "arena.<arena>.purge"},
	{"config.munmap", "opt.retain"},
	{"config.tcache", ""},
	{"config.tls", ""},
	{"opt.lg_tcache_max", "opt.tcache_max"},
	{"stats.cactive", "stats.active"},
	{"stats.chunks.current", "stats.mapped"},
	{"stats.chunks.total", ""},
	{"stats.chunks.high", ""},
	{"stats.huge.allocated", "stats.arenas.<arena>.large.allocated"},
	{"stats.arenas.*.huge.allocated", "stats.arenas.<arena>.large.allocated"},
	{"stats.arenas.*.npurge", "stats.arenas.<arena>.dirty_npurge"},
	{"stats.arenas.*.nmadvise", "stats.arenas.<arena>.dirty_nmadvise"},
	{"stats.arenas.*.purged", "stats.arenas.<arena>.dirty_purged"},
};

static bool is_like(const char *name, const char *pattern)
{
	while (*pattern != '\0') {
		if (*pattern == '*') {
			name += strcspn(name, ".");
			pattern++;
		} else if (*name++ != *pattern++) {
			return false;
		}
	}
	return *name == '\0';
}

const char *ctl_former(const char *name)
{
	const char *now = NULL;
	for (size_t i = 0; i < ARRAY_LEN(rows) && now == NULL; i++)
		if (is_like(name, rows[i][0]))
			now = rows[i][1];
	return now != NULL && strcmp(now, "opt.") == 0 ? "" : now;
}
