/* stats_arena.h - one arena in the statistics report, or several taken together. */
#ifndef STATS_ARENA_H
#define STATS_ARENA_H

#include "build.h"
#include "emitter.h"
#include "stats_leaf.h"

/* A report while it is written: where to, and what the letters leave out. */
struct stats_report {
	struct emitter e;
#define REPORT_LETTER(letter, field, help) bool field;
#include "report_letter.def"
};

INTERNAL void stats_arena(struct stats_report *r, const char *key, const char *heading,
			  size_t arena);

#endif
