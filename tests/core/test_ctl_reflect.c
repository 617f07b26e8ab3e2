/* test_ctl_reflect.c - the tree described by itself: children, walks, completion. */
#include "moonheap/ctl.h"

#include <stdlib.h>
#include <time.h>
#include "bits.h"
#include "ctl_read.h"
#include "ctl_row.h"
#include "suite.h"

/* What a visit function is told, as one line per call. */
struct heard {
	char text[1 << 16];
	size_t length;
	size_t calls;
	size_t stop_after; /* 0: never */
};

static int hear(struct heard *heard, const char *text, const char *more)
{
	heard->length +=
		(size_t)snprintf(heard->text + heard->length, sizeof(heard->text) - heard->length,
				 "%s%s\n", text, more);
	expect(heard->length < sizeof(heard->text), "too much to hear");
	return ++heard->calls == heard->stop_after ? 7 : 0;
}

static int hear_child(const char *child, int is_leaf, void *opaque)
{
	return hear(opaque, child, is_leaf ? "" : ".");
}

static int hear_candidate(const char *candidate, void *opaque)
{
	return hear(opaque, candidate, "");
}

static bool has_line(const struct heard *heard, const char *line)
{
	size_t length = strlen(line);
	for (const char *at = heard->text; at != NULL && *at != '\0';) {
		if (strncmp(at, line, length) == 0 && at[length] == '\n')
			return true;
		at = strchr(at, '\n');
		at = at != NULL ? at + 1 : NULL;
	}
	return false;
}

START_TEST(rows_by_number)
{
	size_t count = moonheap_ctl_count();
	expect(count > 150, "%zu rows", count);
	expect(moonheap_ctl_row_at(0) != NULL, "the first");
	expect(moonheap_ctl_row_at(count - 1) != NULL, "the last");
	expect(moonheap_ctl_row_at(count) == NULL, "one behind the last");
	expect(moonheap_ctl_row_at(SIZE_MAX) == NULL, "no row");
}
END_TEST

START_TEST(describe_tells_of_one_leaf)
{
	const struct moonheap_ctl_row *row = moonheap_ctl_describe("stats.arenas.0.bins.3.nmalloc");
	expect(row != NULL, "a name");
	expect(strcmp(row->path, "stats.arenas.<arena>.bins.<bin>.nmalloc") == 0, "%s", row->path);
	expect(row->type == MOONHEAP_CTL_UINT64 && row->unit == MOONHEAP_CTL_UNIT_COUNT, "type");
	expect(row->freshness == MOONHEAP_CTL_CACHED && row->metric == MOONHEAP_CTL_COUNTER,
	       "freshness");
	expect(row->access == MOONHEAP_CTL_READ && row->argument == MOONHEAP_CTL_NONE, "access");
	expect(moonheap_ctl_describe("stats.arenas.<arena>.bins.<bin>.nmalloc") == row, "a path");
	expect(moonheap_ctl_describe("stats.arenas.0.bins.<bin>.nmalloc") == row, "a mixture");
	row = moonheap_ctl_describe("arenas.create");
	expect(row != NULL && row->access == 0, "an action");
	expect(row->type == MOONHEAP_CTL_UNSIGNED && row->argument == MOONHEAP_CTL_POINTER,
	       "types");
	static const char *const wrong[] = {"",
					    "stats",
					    "stats.arenas.0",
					    "stats.arenas.77.pdirty",
					    "stats.arenas.0.bins.999.nmalloc",
					    "stats.arenas.<bin>.pdirty",
					    "nothing"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		expect(moonheap_ctl_describe(wrong[i]) == NULL, "%s is described", wrong[i]);
	expect(moonheap_ctl_describe(NULL) == NULL, "no name is described");
}
END_TEST

START_TEST(children_of_names)
{
	static struct heard top, bin, bins;
	expect(moonheap_ctl_children("", hear_child, &top) == 0, "the top");
	expect(has_line(&top, "epoch") && has_line(&top, "stats.") && has_line(&top, "arena."),
	       "the top: %s", top.text);
	expect(moonheap_ctl_children("arenas.bin.0", hear_child, &bin) == 0, "a bin");
	expect(strcmp(bin.text, "nregs\nnshards\nsize\nslab_size\n") == 0, "a bin: %s", bin.text);
	expect(moonheap_ctl_children("arenas.bin", hear_child, &bins) == 0, "bins");
	expect(bins.calls == CTL_READ(unsigned, "arenas.nbins"), "%zu bins", bins.calls);
	expect(has_line(&bins, "0.") && has_line(&bins, "35."), "bins: %s", bins.text);
	expect(moonheap_ctl_children("epoch", hear_child, &bins) == -1, "a leaf has no children");
	expect(moonheap_ctl_children("nothing", hear_child, &bins) == -1, "no such name");
	expect(moonheap_ctl_children(NULL, hear_child, &bins) == -1, "no name");
	bins.stop_after = bins.calls + 3;
	expect(moonheap_ctl_children("arenas.bin", hear_child, &bins) == 7, "stopped");
	expect(bins.calls == bins.stop_after, "went on after the stop");
}
END_TEST

START_TEST(children_are_the_arenas_that_exist)
{
	static struct heard before, after, gone;
	moonheap_ctl_children("arena", hear_child, &before);
	expect(has_line(&before, "0."), "arena 0 is there");
	unsigned index;
	size_t length = sizeof(index);
	ctl_expect(ctl_by_name("arenas.create", &index, &length, NULL, 0), 0, "arenas.create");
	char line[16];
	snprintf(line, sizeof(line), "%u.", index);
	moonheap_ctl_children("arena", hear_child, &after);
	expect(!has_line(&before, line) && has_line(&after, line), "arena %u", index);
	ctl_expect(ctl_do(ctl_named("arena.%u.destroy", index)), 0, "destroy");
	moonheap_ctl_children("arena", hear_child, &gone);
	expect(strcmp(gone.text, before.text) == 0, "arena %u is still there", index);
}
END_TEST

struct walked {
	size_t leaves;
	size_t values;
	char last[128];
};

static int check_leaf(const char *name, const size_t *mib, size_t miblen,
		      const struct moonheap_ctl_row *row, void *opaque)
{
	struct walked *walked = opaque;
	size_t own[MOONHEAP_CTL_DEPTH_MAX], depth = MOONHEAP_CTL_DEPTH_MAX;
	ctl_expect(ctl_name_to_mib(name, own, &depth), 0, name);
	expect(depth == miblen && memcmp(own, mib, depth * sizeof(own[0])) == 0, "MIB of %s", name);
	expect(moonheap_ctl_describe(name) == row, "row of %s", name);
	expect(strcmp(walked->last, name) != 0, "%s twice", name);
	snprintf(walked->last, sizeof(walked->last), "%s", name);
	walked->leaves++;
	if ((row->access & MOONHEAP_CTL_READ) == 0) {
		expect(row->access == 0, "%s can only be written", name);
		return 0;
	}
	unsigned char value[16];
	size_t length = moonheap_ctl_type_size(row->type);
	int error = ctl_by_mib(mib, miblen, value, &length, NULL, 0);
	const struct ctl_row *whole = container_of(row, struct ctl_row, about);
	if (whole->condition == NULL || whole->condition() == 0)
		ctl_expect(error, 0, name);
	walked->values++;
	return 0;
}

START_TEST(walk_visits_every_leaf_once)
{
	struct walked all = {.leaves = 0}, bins = all;
	ctl_refresh();
	expect(moonheap_ctl_walk_mib("", check_leaf, &all) == 0, "all");
	expect(all.leaves > 1500 && all.values > 1400, "%zu leaves", all.leaves);
	expect(moonheap_ctl_walk_mib("arenas.bin", check_leaf, &bins) == 0, "bins");
	expect(bins.leaves == 4 * CTL_READ(unsigned, "arenas.nbins"), "%zu leaves", bins.leaves);
	expect(moonheap_ctl_walk_mib("epoch", check_leaf, &all) == -1, "a leaf");
	expect(moonheap_ctl_walk_mib("stats.arenas.0.bins.", check_leaf, &all) == -1, "a dot");
	expect(moonheap_ctl_walk_mib(NULL, check_leaf, &all) == -1, "no name");
}
END_TEST

static int hear_leaf(const char *name, const struct moonheap_ctl_row *row, void *opaque)
{
	expect(row != NULL, "no row");
	return hear(opaque, name, "");
}

START_TEST(walk_keeps_the_order_and_stops)
{
	static struct heard heard;
	expect(moonheap_ctl_walk("stats.arenas.0.lextents.2", hear_leaf, &heard) == 0, "lextents");
	expect(strcmp(heard.text, "stats.arenas.0.lextents.2.curlextents\n"
				  "stats.arenas.0.lextents.2.ndalloc\n"
				  "stats.arenas.0.lextents.2.nmalloc\n"
				  "stats.arenas.0.lextents.2.nrequests\n") == 0,
	       "%s", heard.text);
	heard.stop_after = heard.calls + 2;
	expect(moonheap_ctl_walk("", hear_leaf, &heard) == 7, "stopped");
	expect(heard.calls == heard.stop_after, "went on after the stop");
}
END_TEST

START_TEST(completion_continues_a_name)
{
	static struct heard ar, dot, part, index, none, all;
	expect(moonheap_ctl_complete("stats.ar", hear_candidate, &ar) == 0, "stats.ar");
	expect(strcmp(ar.text, "stats.arenas.\n") == 0, "%s", ar.text);
	expect(moonheap_ctl_complete("stats.arenas.", hear_candidate, &dot) == 0, "stats.arenas.");
	expect(has_line(&dot, "stats.arenas.0."), "%s", dot.text);
	expect(moonheap_ctl_complete("arena.0.di", hear_candidate, &part) == 0, "arena.0.di");
	expect(strcmp(part.text, "arena.0.dirty_decay_ms\n") == 0, "%s", part.text);
	expect(moonheap_ctl_complete("arenas.bin.3", hear_candidate, &index) == 0, "arenas.bin.3");
	expect(has_line(&index, "arenas.bin.3.") && has_line(&index, "arenas.bin.30."), "%s",
	       index.text);
	expect(!has_line(&index, "arenas.bin.4."), "%s", index.text);
	expect(moonheap_ctl_complete("", hear_candidate, &all) == 0, "everything");
	expect(has_line(&all, "epoch") && has_line(&all, "stats."), "%s", all.text);
	expect(moonheap_ctl_complete("stats.nothing", hear_candidate, &none) == 0, "no candidate");
	expect(none.calls == 0, "%s", none.text);
	expect(moonheap_ctl_complete("nothing.x", hear_candidate, &none) == -1, "no such name");
	expect(moonheap_ctl_complete(".x", hear_candidate, &none) == -1, "a dot");
	expect(moonheap_ctl_complete(NULL, hear_candidate, &none) == -1, "no text");
}
END_TEST

START_TEST(the_age_of_the_snapshot)
{
	ctl_refresh();
	uint64_t age = moonheap_ctl_snapshot_age_ns();
	expect(age < 5000000000u, "%lu ns after a refresh", (unsigned long)age);
	for (unsigned tries = 0; tries < 1000 && moonheap_ctl_snapshot_age_ns() <= age; tries++)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	expect(moonheap_ctl_snapshot_age_ns() > age, "it does not grow old");
}
END_TEST

static int spell(const char *name, const size_t *mib, size_t miblen,
		 const struct moonheap_ctl_row *row, void *opaque)
{
	char spelled[128];
	expect(row != NULL, "no row");
	expect(moonheap_ctl_name(mib, miblen, spelled, sizeof(spelled)) == strlen(name) &&
		       strcmp(spelled, name) == 0,
	       "%s is spelled %s", name, spelled);
	++*(unsigned *)opaque;
	return 0;
}

START_TEST(a_mib_spells_its_name)
{
	char name[64];
	unsigned spelled = 0;
	size_t mib[MOONHEAP_CTL_DEPTH_MAX] = {0}, depth = ARRAY_LEN(mib);
	expect(moonheap_ctl_walk_mib("", spell, &spelled) == 0 && spelled > 1000, "%u", spelled);
	ctl_expect(ctl_name_to_mib("stats.arenas.0.bins", mib, &depth), 0, "mib");
	mib[2] = 77; /* no such arena */
	expect(moonheap_ctl_name(mib, 4, name, sizeof(name)) == 20, "%s", name);
	expect(strcmp(name, "stats.arenas.77.bins") == 0, "%s", name);
	expect(moonheap_ctl_name(mib, 4, name, 9) == 8 && strcmp(name, "stats.ar") == 0, "%s",
	       name);
	mib[3]++; /* the number of no name */
	expect(moonheap_ctl_name(mib, 4, name, sizeof(name)) == 0 && name[0] == '\0', "%s", name);
	mib[0] = SIZE_MAX;
	expect(moonheap_ctl_name(mib, 1, name, sizeof(name)) == 0, "no name");
	depth = ARRAY_LEN(mib);
	ctl_expect(ctl_name_to_mib("epoch", mib, &depth), 0, "mib");
	expect(moonheap_ctl_name(mib, 2, name, sizeof(name)) == 0, "behind a leaf: %s", name);
	expect(moonheap_ctl_name(mib, 99, name, sizeof(name)) == 0, "too deep");
	expect(moonheap_ctl_name(NULL, 1, name, sizeof(name)) == 0, "NULL");
	expect(moonheap_ctl_name(mib, 1, NULL, 0) == 0, "no room");
	expect(moonheap_ctl_name(mib, 0, name, sizeof(name)) == 0 && name[0] == '\0', "the top");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {rows_by_number,
				      describe_tells_of_one_leaf,
				      children_of_names,
				      children_are_the_arenas_that_exist,
				      walk_visits_every_leaf_once,
				      walk_keeps_the_order_and_stops,
				      completion_continues_a_name,
				      the_age_of_the_snapshot,
				      a_mib_spells_its_name,
				      NULL};
	return suite_run("ctl_reflect", cases);
}
