/* test_ctl_lookup.c - the table of whole names finds what ctl_tree_resolve() finds, and nothing
 * else. */
#include "ctl_lookup.h"

#include <stdio.h>
#include <string.h>
#include "ctl_read.h"
#include "suite.h"

static void start(void)
{
	expect(ctl_start(), "no tree");
}

/* A row's path with numbers for its indices. */
static void name_of(const struct ctl_node *node, const char *indices[2], char name[CTL_NAME_MAX])
{
	size_t length = 0;
	unsigned i = 0;
	for (const char *path = node->row->about.path; *path != '\0'; path++) {
		if (*path == '<') {
			length += (size_t)sprintf(name + length, "%s", indices[i++]);
			path = strchr(path, '>');
		} else {
			name[length++] = *path;
		}
	}
	name[length] = '\0';
}

static void expect_same(const char *name)
{
	struct ctl_place found = {.depth = 0}, resolved = {.depth = 0};
	bool is_found = ctl_lookup(name, &found);
	bool is_leaf = ctl_tree_resolve(name, MOONHEAP_CTL_DEPTH_MAX, CTL_NAMES, &resolved) &&
		       ctl_place_is_leaf(&resolved);
	expect(!is_found || is_leaf, "%s is found and is not there", name);
	if (is_found)
		expect(found.node == resolved.node && found.depth == resolved.depth &&
			       memcmp(found.mib, resolved.mib,
				      found.depth * sizeof(found.mib[0])) == 0,
		       "%s is found elsewhere", name);
}

START_TEST(every_row_is_found)
{
	static const char *indices[][2] = {{"0", "0"}, {"0", "1"}, {"4096", "3"}, {"4097", "0"}};
	char name[CTL_NAME_MAX];
	struct ctl_place place;
	unsigned tcache; /* number 0, so that there is one */
	size_t length = sizeof(tcache);
	start();
	ctl_expect(ctl_by_name("tcache.create", &tcache, &length, NULL, 0), 0, "tcache.create");
	for (size_t i = 0; i < ctl_rows_count; i++) {
		for (size_t k = 0; k < sizeof(indices) / sizeof(indices[0]); k++) {
			name_of(&ctl_nodes[i], indices[k], name);
			expect_same(name);
		}
		name_of(&ctl_nodes[i], indices[0], name);
		const struct ctl_row *row = ctl_nodes[i].row;
		bool is_there = (row->flags & CTL_CONDITION_OF_INDEX) == 0 || row->condition() == 0;
		expect(ctl_lookup(name, &place) == is_there, "%s: not %d", name, is_there);
		expect(!is_there || place.node == &ctl_nodes[i], "%s is not found", name);
	}
}
END_TEST

START_TEST(what_is_no_whole_name_is_not_found)
{
	static const char *const names[] = {
		"",
		".",
		"stats",
		"stats.",
		".stats",
		"stats.allocate",
		"stats.allocatedd",
		"stats..allocated",
		"stats.allocated.",
		"stats.arenas",
		"stats.arenas.0",
		"stats.arenas.<arena>.pactive",
		"stats.arenas.0.bins.0.nmallocs",
		"stats.arenas.0.bins.999.nmalloc",
		"stats.arenas.77.bins.0.nmalloc",
		"stats.arenas.0.bins.x.nmalloc",
		"stats.arenas.0x0.pactive",
		"stats.arenas.-1.pactive",
		"stats.arenas.18446744073709551616.pactive",
		"stats.arenas.4294967296.pactive",
		"stats.arenas.0.0.0.pactive",
		"0.0.0",
		"epochs",
	};
	struct ctl_place place;
	start();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		expect_same(names[i]);
		expect(!ctl_lookup(names[i], &place), "\"%s\" is found", names[i]);
	}
	/* Odd spellings are for who resolves. */
	expect_same("stats.arenas.00.pactive");
	expect_same("stats.arenas.000000000000.pactive");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {every_row_is_found, what_is_no_whole_name_is_not_found, NULL};
	return suite_run("ctl_lookup", cases);
}
