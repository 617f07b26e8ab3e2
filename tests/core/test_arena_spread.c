/* test_arena_spread.c - arenas for processors, and for the time that a quota leaves of them. */
#include "arena_spread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cgroup.h"
#include "expect.h"
#include "options.h"
#include "suite.h"

START_TEST(four_for_a_processor_but_one_for_a_single_one)
{
	options.narenas_ratio = 4 << 16;
	expect(arena_spread_for(1) == 1 && arena_spread_for(2) == 8, "of 4");
	options.narenas_ratio = 1 << 14; /* a quarter */
	expect(arena_spread_for(2) == 1 && arena_spread_for(6) == 2, "of a quarter");
	options.narenas_ratio = 0;
	expect(arena_spread_for(64) == 1, "of nothing");
	options.narenas_ratio = UINT32_MAX;
	expect(arena_spread_for(UINT32_MAX) == UINT32_MAX, "more than a number holds");
}
END_TEST

static char root[] = "/tmp/moonheap-spread-XXXXXX";

static void put(const char *name, const char *text)
{
	char path[200];
	snprintf(path, sizeof path, "%s%s", root, name);
	FILE *f = fopen(path, "w");
	expect(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0, "cannot write %s", path);
}

/* A group of version 2 that has so much time; the folders are given back at the end. */
static void with_quota(const char *quota, void (*f)(void))
{
	static const char *const folders[] = {"", "/proc", "/proc/self", "/cg"};
	static const char *const files[] = {"/proc/self/cgroup", "/proc/self/mountinfo",
					    "/cg/cpu.max"};
	char path[200];

	strcpy(root + sizeof root - 7, "XXXXXX");
	expect(mkdtemp(root) != NULL, "no folder");
	for (size_t i = 1; i < ARRAY_LEN(folders); i++) {
		snprintf(path, sizeof path, "%s%s", root, folders[i]);
		expect(mkdir(path, 0700) == 0, "mkdir %s", path);
	}
	put(files[0], "0::/\n");
	put(files[1], "31 23 0:28 / /cg rw - cgroup2 cgroup2 rw\n");
	put(files[2], quota);
	cgroup_root = root;
	f();
	cgroup_root = "";
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		snprintf(path, sizeof path, "%s%s", root, files[i]);
		unlink(path);
	}
	for (size_t i = ARRAY_LEN(folders); i-- > 0;) {
		snprintf(path, sizeof path, "%s%s", root, folders[i]);
		rmdir(path);
	}
}

static void expect_two_cpus(void)
{
	options.narenas_ratio = 4 << 16;
	arena_spread_boot(100, false);
	expect(arena_spread(false) == 100, "a single thread has asked: %u", arena_spread(false));
	expect(arena_spread(true) == 8, "%u", arena_spread(true));
	expect(arena_spread(false) == 8, "forgotten");
	arena_spread_boot(5, false);
	expect(arena_spread(true) == 5, "%u, more than there are", arena_spread(true));
	arena_spread_boot(100, true);
	expect(arena_spread(true) == 100, "what was given is %u", arena_spread(true));
	arena_spread_postfork_child();
	expect(arena_spread(true) == 100, "what was given is %u in a child", arena_spread(true));
}

static void expect_all(void)
{
	arena_spread_boot(100, false);
	expect(arena_spread(true) == 100, "%u without a quota", arena_spread(true));
}

START_TEST(as_many_as_there_is_time_for)
{
	with_quota("200000 100000\n", expect_two_cpus);
	with_quota("max 100000\n", expect_all);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {four_for_a_processor_but_one_for_a_single_one,
				      as_many_as_there_is_time_for, NULL};
	return suite_run("arena_spread", cases);
}
