/* test_ctl_nearest.c - what somebody meant who wrote a wrong name. */
#include "moonheap/ctl.h"

#include <stdlib.h>
#include <string.h>
#include "expect.h"
#include "suite.h"

static void expect_nearest(const char *wrong, const char *right)
{
	char found[128] = "";
	int result = moonheap_ctl_nearest(wrong, found, sizeof(found));
	expect(result == 0, "nothing is near %s", wrong);
	expect(strcmp(found, right) == 0, "%s is near %s, not %s", found, wrong, right);
}

START_TEST(slips_of_the_keyboard)
{
	expect_nearest("epohc", "epoch");
	expect_nearest("stats.allocted", "stats.allocated");
	expect_nearest("stats.alocated", "stats.allocated");
	expect_nearest("stats.mappedd", "stats.mapped");
	expect_nearest("stats.RESIDENT", "stats.resident");
	expect_nearest("Epoch", "epoch");
	expect_nearest("stats_resident", "stats.resident");
	expect_nearest("opt.narena", "opt.narenas");
	expect_nearest("arena.0.pruge", "arena.0.purge");
	expect_nearest("arenas.0.purge", "arena.0.purge");
	expect_nearest("stats.arena.0.pdirty", "stats.arenas.0.pdirty");
}
END_TEST

START_TEST(a_right_name_is_its_own_neighbour)
{
	expect_nearest("epoch", "epoch");
	expect_nearest("stats", "stats");
	expect_nearest("stats.arenas.0.bins.3.nmalloc", "stats.arenas.0.bins.3.nmalloc");
}
END_TEST

START_TEST(indices_are_made_to_exist)
{
	expect_nearest("stats.arenas.pdirty", "stats.arenas.0.pdirty");
	expect_nearest("arenas.bin.99.size", "arenas.bin.0.size");
	expect_nearest("arenas.bin.7.sise", "arenas.bin.7.size");
	expect_nearest("stats.arenas.0.bins.7.nmaloc", "stats.arenas.0.bins.7.nmalloc");
}
END_TEST

START_TEST(a_missing_beginning_is_found)
{
	expect_nearest("resident", "stats.resident");
	expect_nearest("narenas", "arenas.narenas");
	expect_nearest("slab_size", "arenas.bin.0.slab_size");
}
END_TEST

START_TEST(a_part_is_enough)
{
	expect_nearest("decay_ms", "opt.dirty_decay_ms");
	expect_nearest("arena.0.threshold", "arena.0.oversize_threshold");
	expect_nearest("thread.enabled", "thread.tcache.enabled");
	expect_nearest("background", "background_thread");
}
END_TEST

START_TEST(an_index_may_be_any)
{
	expect_nearest("stats.arenas.<arena>.pdirtx", "stats.arenas.<arena>.pdirty");
	expect_nearest("stats.arenas.<arena>.bins.3.nmaloc", "stats.arenas.<arena>.bins.3.nmalloc");
	expect_nearest("arenas.bins.<bin>.size", "arenas.bin.<bin>.size");
}
END_TEST

START_TEST(nothing_is_near)
{
	char found[128], small[4], line[1000];
	expect(moonheap_ctl_nearest("quaxquux", found, sizeof(found)) == -1, "%s", found);
	expect(moonheap_ctl_nearest("arena.0.foo", found, sizeof(found)) == -1, "%s", found);
	expect(moonheap_ctl_nearest("", found, sizeof(found)) == -1, "the empty name");
	expect(moonheap_ctl_nearest(NULL, found, sizeof(found)) == -1, "no name");
	expect(moonheap_ctl_nearest("epohc", NULL, 0) == -1, "no buffer");
	expect(moonheap_ctl_nearest("epohc", small, sizeof(small)) == -1, "no room");
	memset(line, 'a', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	expect(moonheap_ctl_nearest(line, found, sizeof(found)) == -1, "a very long name");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {slips_of_the_keyboard,     a_right_name_is_its_own_neighbour,
				      indices_are_made_to_exist, a_missing_beginning_is_found,
				      a_part_is_enough,          an_index_may_be_any,
				      nothing_is_near,           NULL};
	return suite_run("ctl_nearest", cases);
}
