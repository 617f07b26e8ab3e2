/* test_ctl_strerror.c - why a call failed, in words: each mistake is named. */
#include "moonheap/ctl.h"

#include <stdio.h>
#include "ctl_read.h"
#include "jemalloc/jemalloc.h"
#include "suite.h"

static char said[400];

/* Makes a call that has to fail, and asks why. */
static const char *why(const char *name, void *oldp, size_t *oldlenp, const void *newp,
		       size_t newlen)
{
	size_t before = oldlenp != NULL ? *oldlenp : 0;
	int error = ctl_by_name(name, oldp, oldlenp, newp, newlen);
	expect(error != 0, "%s does not fail", name);
	size_t length = moonheap_ctl_strerror(error, name, oldlenp != NULL ? &before : NULL, newlen,
					      said, sizeof(said));
	expect(length == strlen(said) && length > 0, "length %zu of: %s", length, said);
	expect(said[length - 1] != '.', "a full stop: %s", said);
	return said;
}

static void expect_said(const char *text, const char *wanted)
{
	expect(strstr(text, wanted) != NULL, "\"%s\" does not say \"%s\"", text, wanted);
}

START_TEST(wrong_names)
{
	static const struct {
		const char *name, *wanted;
	} cases[] = {
		{"stats.alocated", "there is no name \"stats.alocated\"; the nearest is "
				   "\"stats.allocated\""},
		{"stat.allocated", "the nearest is \"stats.allocated\""},
		{"stats.arenas.pdirty",
		 "the index of the arena is missing behind \"stats.arenas\""},
		{"stats.arenas.0.bins.nmalloc", "the index of the bin is missing behind "},
		{"arena.purge", "the index of the arena is missing behind \"arena\""},
		{"arena.77.purge", "there is no arena 77; there is only 0"},
		{"stats.arenas.77.pdirty",
		 "there is no arena 77 in the statistics; there is only 0"},
		{"stats.arenas.1.pdirty", "no thread has needed it yet, or it was destroyed"},
		{"stats.arenas.4097.pdirty", "those that were destroyed: there are none"},
		{"arenas.bin.99.size", "there is no bin 99; there are 0 to "},
		{"moonheap.tcache.0.name", "there is no tcache 0; there are none now"},
		{"stats.arenas.0",
		 "is no leaf: there are names below it, such as \"stats.arenas.0.abandoned_vm\""},
		{"arena", "such as \"arena.<arena>.decay\""},
		{"epoch.x", "\"epoch\" is a leaf"},
		{"stats.arenas.<arena>.pdirtx", "the nearest is \"stats.arenas.<arena>.pdirty\""},
		{"arena.<arena>.purge", "\"<arena>\" stands where the index of the arena belongs"},
		{"", "empty"},
	};
	for (unsigned i = 0; i < ARRAY_LEN(cases); i++)
		expect_said(why(cases[i].name, NULL, NULL, NULL, 0), cases[i].wanted);
	expect_said(why("opt.utrace", NULL, NULL, NULL, 0), "is not there in this process");
	expect_said(why(NULL, NULL, NULL, NULL, 0), "NULL");
}
END_TEST

/* Nothing is near: what there is instead. */
START_TEST(names_that_resemble_none)
{
	expect_said(why("stats.nothing", NULL, NULL, NULL, 0),
		    "there is no name \"stats.nothing\"; below \"stats\" are active, allocated, ");
	expect_said(said, " and zero_reallocs");
	expect_said(why("arena.0.", NULL, NULL, NULL, 0), "; below \"arena.0\" are decay, ");
	expect_said(why("moonheap.opt.abort.value", NULL, NULL, NULL, 0),
		    "; below \"moonheap.opt.abort\" is source");
	expect_said(why("opt.q", NULL, NULL, NULL, 0), "; below \"opt\" are ");
	expect_said(said, " others");
	expect_said(why("nothing", NULL, NULL, NULL, 0),
		    "; the tree begins with approximate_stats,");
	expect_said(why("stats.\033[2J", NULL, NULL, NULL, 0), "\"stats.?[2J\"");
}
END_TEST

/* What moonheap_ctl_snapshot() takes. */
START_TEST(lists_of_names)
{
	expect_said(why("stats.allocated stats.activ", NULL, NULL, NULL, 0),
		    "there is no name \"stats.activ\"; the nearest is \"stats.active\"");
	expect_said(why("stats.arenas.<arena>.pdirty  stats.arenas.<bin>", NULL, NULL, NULL, 0),
		    "\"<bin>\" stands where the index of the arena belongs");
	expect_said(why("stats.allocated stats.active", NULL, NULL, NULL, 0),
		    "one name to a call of mallctl()");
	expect_said(why(" epoch", NULL, NULL, NULL, 0), "the nearest is \"epoch\"");
	moonheap_ctl_strerror(ERANGE, "stats", NULL, 0, said, sizeof(said));
	expect_said(said, "about->needed");
}
END_TEST

/* The error number alone does not say whether it is the value or the arena. */
START_TEST(refusals)
{
	ssize_t ms = 5;
	unsigned index = 4000, arena;
	size_t length = sizeof(arena);
	void *none = NULL;
	char name[32];
	expect_said(why("arena.4096.dirty_decay_ms", NULL, NULL, &ms, sizeof(ms)),
		    "is of one arena at a time, and 4096 stands for all of them");
	expect_said(why("arena.1.dirty_decay_ms", NULL, NULL, &ms, sizeof(ms)),
		    "there is no arena 1 now");
	expect_said(why("arena.4097.dss", &none, &length, NULL, 0), "those that were destroyed");
	expect_said(why("arena.4097.purge", NULL, NULL, NULL, 0), "they have no pages");
	expect_said(why("arena.0.reset", NULL, NULL, NULL, 0),
		    "is for arenas made by arenas.create, and arena 0 was made by the library");
	expect_said(why("arena.0.extent_hooks", NULL, NULL, &none, sizeof(none)), "NULL is none");
	expect_said(why("thread.arena", NULL, NULL, &index, sizeof(index)),
		    "no arena has this index; arenas.create gives them out");
	expect_said(why("arenas.lookup", &arena, &length, &none, sizeof(none)),
		    "knows of no allocation at this address");

	expect(ctl_by_name("arenas.create", &arena, &length, NULL, 0) == 0, "no arena");
	expect(ctl_by_name("thread.arena", NULL, NULL, &arena, sizeof(arena)) == 0, "not bound");
	snprintf(name, sizeof(name), "arena.%u.destroy", arena);
	expect_said(why(name, NULL, NULL, NULL, 0), "threads are bound to arena ");
}
END_TEST

START_TEST(wrong_lengths_and_values)
{
	uint64_t value = 0;
	size_t length = 4;
	unsigned cache = 7;
	expect_said(why("stats.allocated", &value, &length, NULL, 0),
		    "\"stats.allocated\" gives a size_t of 8 bytes, and *oldlenp was 4");
	expect_said(why("epoch", NULL, NULL, &value, 4),
		    "takes a uint64_t of 8 bytes, and newlen is 4");
	length = 8;
	expect_said(why("stats.allocated", NULL, NULL, &value, 8), "cannot be written");
	expect_said(why("experimental.hooks.safety_check_abort", &value, &length, NULL, 0),
		    "cannot be read");
	expect_said(why("arena.0.purge", &value, &length, NULL, 0), "gives nothing");
	expect_said(why("thread.idle", NULL, NULL, &value, 8), "takes nothing");
	expect_said(why("tcache.create", NULL, NULL, NULL, 0), "needs room for its result");
	const char *word = "sometimes";
	expect_said(why("arena.0.dss", NULL, NULL, &word, sizeof(word)),
		    "does not take this value");
	ssize_t ms = -2;
	expect_said(why("arena.0.dirty_decay_ms", NULL, NULL, &ms, sizeof(ms)),
		    "does not take this value: time until unused dirty pages");
	expect_said(why("tcache.flush", NULL, NULL, &cache, sizeof(cache)), "refuses");
	length = 40;
	char room[48];
	expect_said(why("experimental.utilization.query", room, &length, room, 8),
		    "gives a structure of 48 bytes, and *oldlenp was 40: of an object");
}
END_TEST

/* The examples that circulate, as printed. */
START_TEST(well_known_mistakes)
{
	extent_hooks_t *hooks = NULL;
	size_t length = sizeof(hooks);
	expect_said(why("tcache.flush", NULL, NULL, NULL, 0),
		    "needs an unsigned as its argument (newp): empty the explicit thread cache of");
	expect_said(why("arena.N.extent_hooks", &hooks, &length, NULL, 0),
		    "\"N\" stands where the index of the arena belongs, behind \"arena\"");
	expect_said(why("arena.all.purge", NULL, NULL, NULL, 0), "all arenas together are 4096");
	unsigned narenas = 64;
	expect_said(why("opt.narenas", NULL, NULL, &narenas, sizeof(narenas)),
		    "\"opt.narenas\" is an option: it is set before the start, in MALLOC_CONF");
	extent_hooks_t table = {.alloc = NULL};
	expect_said(why("arena.0.extent_hooks", NULL, NULL, &table, sizeof(table)),
		    "takes a pointer (its address is passed) of 8 bytes, and newlen is 72");
}
END_TEST

/* Where an index is not there, what would make it appear. */
START_TEST(indices_that_are_not_there)
{
	static const char *const of_snapshot[] = {"stats.arenas.4000.nthreads",
						  "experimental.arenas.4000.pactivep"};
	for (size_t i = 0; i < ARRAY_LEN(of_snapshot); i++)
		expect_said(why(of_snapshot[i], NULL, NULL, NULL, 0),
			    "there is no arena 4000 in the statistics; there is only 0");
	static const char *const others[] = {"arena.5000.purge", "stats.arenas.0.bins.500.nmalloc"};
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		expect(strstr(why(others[i], NULL, NULL, NULL, 0), "statistics") == NULL, "%s",
		       said);
	expect_said(why("prof.stats.bins.0.live", NULL, NULL, NULL, 0),
		    "there is no bin 0 here: {uint64_t bytes asked for");

	unsigned arena;
	size_t length = sizeof(arena);
	char name[64];
	expect(ctl_by_name("arenas.create", &arena, &length, NULL, 0) == 0, "no arena");
	snprintf(name, sizeof(name), "stats.arenas.%u.pdirty", arena);
	expect_said(
		why(name, NULL, NULL, NULL, 0),
		" in the statistics; one that is new is there after the next write to \"epoch\"");
}
END_TEST

/* Names of jemalloc 3 and 4. */
START_TEST(names_that_are_gone)
{
	expect_said(why("arenas.extend", NULL, NULL, NULL, 0),
		    "there is no name \"arenas.extend\" any more: in its place is "
		    "\"arenas.create\"");
	expect_said(why("arena.3.chunk_hooks", NULL, NULL, NULL, 0),
		    "in its place is \"arena.<arena>.extent_hooks\"");
	expect_said(why("opt.lg_chunk", NULL, NULL, NULL, 0), "nothing in its place");
	expect(strstr(why("arenas.extended", NULL, NULL, NULL, 0), "any more") == NULL, "%s", said);
}
END_TEST

START_TEST(room_and_success)
{
	char small[12];
	size_t length = moonheap_ctl_strerror(ENOENT, "stats.alocated", NULL, 0, small, 12);
	expect(length == 11 && strlen(small) == 11, "cut to %zu", length);
	expect(moonheap_ctl_strerror(ENOENT, "x", NULL, 0, NULL, 0) == 0, "no buffer");
	moonheap_ctl_strerror(0, "epoch", NULL, 8, said, sizeof(said));
	expect_said(said, "\"epoch\" did not fail: writing any number refreshes the statistics");
	moonheap_ctl_strerror(0, "epoch", NULL, 0, said, sizeof(said));
	expect_said(said, "was neither read (oldlenp is NULL) nor written (newlen is 0)");
	length = 8;
	moonheap_ctl_strerror(0, "stats.allocated", &length, 0, said, sizeof(said));
	expect_said(said, "as of the last write to \"epoch\", ");
	expect_said(said, " ms ago");
	moonheap_ctl_strerror(EAGAIN, "epoch", NULL, 0, said, sizeof(said));
	expect_said(said, "no memory");
	char name[500];
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	moonheap_ctl_strerror(ENOENT, name, NULL, 0, said, sizeof(said));
	expect_said(said, "there is no name");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {wrong_names,
				      names_that_resemble_none,
				      lists_of_names,
				      refusals,
				      wrong_lengths_and_values,
				      well_known_mistakes,
				      indices_that_are_not_there,
				      names_that_are_gone,
				      room_and_success,
				      NULL};
	return suite_run("ctl_strerror", cases);
}
