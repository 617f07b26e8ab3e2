/* stats_item.h - leaves of the control tree in the statistics report: one by one, as a sentence, as
 * arrays by size class, as locks. A leaf that this build does not have is left out.
 */
#ifndef STATS_ITEM_H
#define STATS_ITEM_H

#include "build.h"
#include "emitter.h"

/* A leaf in the report. */
struct stats_item {
	const char *key;   /* in JSON */
	const char *label; /* before it in text; NULL: in JSON only */
	const char *leaf;  /* end of its path; NULL: the key */
};

/* prefix: of the paths, with at most one index. */
INTERNAL void stats_item(struct emitter *e, const char *prefix, const struct stats_item *item,
			 size_t index);
INTERNAL void stats_items(struct emitter *e, const char *prefix, const struct stats_item *items,
			  size_t count, size_t index);

/* A list of names ends with "". Tables of the report hold texts, not pointers to them, which the
 * loader of every process would relocate. */
typedef char stats_name[24];

/* JSON only: leaves whose names are their keys. */
INTERNAL void stats_json(struct emitter *e, const char *prefix, const stats_name *names,
			 size_t index);

/* Text only: a line in which each {path} stands for the value of that leaf. */
INTERNAL void stats_template(struct emitter *e, const char *template, size_t index);

/* JSON only: an array with an object for each size class. */
#define STATS_ARRAY_LEAVES 12
struct stats_array {
	char key[32];
	char prefix[56];                      /* of the paths; the class is their last index */
	bool has_mutex;                       /* and an object "mutex" */
	stats_name names[STATS_ARRAY_LEAVES]; /* up to a "" */
	bool has_nretained; /* and "nretained_nonhuge", by the last three of the names */
};
INTERNAL void stats_array(struct emitter *e, const struct stats_array *array, size_t arena,
			  size_t classes, bool with_mutexes);

/* Pages of so many packed slabs that have no memory: neither active nor dirty. */
INTERNAL uint64_t stats_nretained(uint64_t nslabs, uint64_t nactive, uint64_t ndirty);

/* JSON only: an object "mutexes" with an object for each lock whose leaves exist. */
INTERNAL void stats_mutexes(struct emitter *e, const char *prefix, const stats_name *names,
			    size_t index);

#endif
