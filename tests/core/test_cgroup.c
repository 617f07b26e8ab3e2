/* test_cgroup.c - limits of processor time, read from a tree of files like those of the kernel. */
#include "cgroup.h"

#include <errno.h>
#include <ftw.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "arenas.h"
#include "boot.h"
#include "expect.h"
#include "options.h"
#include "suite.h"
#include "thread.h"

enum { UNTOUCHED = 4711 };

static char root[] = "/tmp/moonheap-cgroup-XXXXXX";

static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		expect(mkdir(path, 0700) == 0 || errno == EEXIST, "mkdir %s", path);
		*slash = '/';
	}
}

static void file(const char *name, const char *text)
{
	char path[4200];

	snprintf(path, sizeof path, "%s%s", root, name);
	make_folders(path);
	FILE *f = fopen(path, "w");

	expect(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0, "cannot write %s", path);
}

static void set_up(const char *cgroup, const char *mountinfo)
{
	expect(mkdtemp(root) != NULL, "no folder");
	file("/proc/self/cgroup", cgroup);
	file("/proc/self/mountinfo", mountinfo);
	cgroup_root = root;
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *at)
{
	(void)stat, (void)kind, (void)at;
	return remove(path);
}

static void tear_down(void)
{
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void expect_cpus(uint32_t right)
{
	errno = UNTOUCHED;
	uint32_t cpus = cgroup_cpus();

	expect(cpus == right, "%u processors, not %u", cpus, right);
	expect(errno == UNTOUCHED, "errno");
}

#define V2_MOUNT                                                                                   \
	"22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw\n"                                 \
	"31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 master:2 - cgroup2 cgroup2 "               \
	"rw,nsdelegate\n"

START_TEST(version_2)
{
	static const struct {
		const char *text;
		uint32_t cpus;
	} rows[] = {
		{"max 100000\n", CGROUP_NO_LIMIT},
		{"200000 100000\n", 2},
		{"150000 100000\n", 2},
		{"10000 100000\n", 1},
		{"0 100000\n", 1},
		{"100001 100000\n", 2},
		{"6400000 100000\n", 64},
		{"300000 100000", 3},
		{"", CGROUP_NO_LIMIT},
		{"\n", CGROUP_NO_LIMIT},
		{"200000\n", CGROUP_NO_LIMIT},
		{"200000 0\n", CGROUP_NO_LIMIT},
		{"-1 100000\n", CGROUP_NO_LIMIT},
		{"18446744073709551615 1\n", CGROUP_NO_LIMIT},
		{"99999999999999999999999 1\n", CGROUP_NO_LIMIT},
		{"2 max\n", CGROUP_NO_LIMIT},
	};

	set_up("0::/system.slice/a.service\n", V2_MOUNT);
	expect_cpus(CGROUP_NO_LIMIT); /* no such file */
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		file("/sys/fs/cgroup/system.slice/a.service/cpu.max", rows[i].text);
		expect_cpus(rows[i].cpus);
	}
	tear_down();
}
END_TEST

START_TEST(groups_above_count)
{
	set_up("0::/a/b/c\n", V2_MOUNT);
	file("/sys/fs/cgroup/a/b/c/cpu.max", "800000 100000\n");
	expect_cpus(8);
	file("/sys/fs/cgroup/a/cpu.max", "300000 100000\n");
	expect_cpus(3);
	file("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
	expect_cpus(3);
	file("/sys/fs/cgroup/a/b/cpu.max", "200000 100000\n");
	expect_cpus(2);
	file("/sys/fs/cgroup/cpu.max", "100000 100000\n");
	expect_cpus(1);
	tear_down();
}
END_TEST

START_TEST(version_1)
{
	set_up("12:memory:/x\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/y\n",
	       "40 31 0:36 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
	       "41 31 0:37 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n");
	file("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "-1\n");
	file("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000\n");
	expect_cpus(CGROUP_NO_LIMIT);
	file("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "250000\n");
	expect_cpus(3);
	file("/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us", "50000\n");
	file("/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_period_us", "50000\n");
	expect_cpus(1);
	tear_down();
}
END_TEST

/* In a container without a name space of its own: named from outside, seen from within. */
START_TEST(mounted_in_part)
{
	set_up("4:cpu:/docker/abc\n0::/docker/abc\n",
	       "41 31 0:37 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n"
	       "42 31 0:38 /docker /sys/fs/cgroup/unified ro - cgroup2 cgroup2 rw\n");
	file("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "400000\n");
	file("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
	expect_cpus(4);
	file("/sys/fs/cgroup/unified/abc/cpu.max", "300000 100000\n");
	expect_cpus(3);
	tear_down();

	/* A name that only begins alike, and one from above: the mount itself counts. */
	strcpy(strrchr(root, '-'), "-XXXXXX");
	set_up("0::/docker/abcdef/../..\n", "42 31 0:38 /docker/abc /cg ro - cgroup2 cgroup2 rw\n");
	file("/cg/cpu.max", "200000 100000\n");
	expect_cpus(2);
	tear_down();
}
END_TEST

START_TEST(nothing_there)
{
	cgroup_root = "/nowhere-at-all";
	expect_cpus(CGROUP_NO_LIMIT);
	set_up("", "");
	expect_cpus(CGROUP_NO_LIMIT);
	file("/proc/self/cgroup", "0::/a\n");
	expect_cpus(CGROUP_NO_LIMIT);
	file("/proc/self/mountinfo", "no\nlines - as\n- cgroup2\n  - cgroup2\n1 2 3 4 5 6\n");
	expect_cpus(CGROUP_NO_LIMIT);
	file("/proc/self/cgroup", ":::\n0\n::\n4:cpu\n0::");
	file("/proc/self/mountinfo", V2_MOUNT);
	expect_cpus(CGROUP_NO_LIMIT);
	tear_down();
}
END_TEST

/* What this machine says is some number, whatever it is. */
START_TEST(real)
{
	expect(cgroup_cpus() >= 1, "none");
}
END_TEST

static unsigned of_a_new_thread(void)
{
	return arenas_choose()->index;
}

/* Threads are spread over as many arenas as there is time for; all that the machine has exist. */
START_TEST(threads_are_spread)
{
	bool used[64] = {false};
	unsigned n = 0;

	set_up("0::/\n", V2_MOUNT);
	file("/sys/fs/cgroup/cpu.max", "300000 100000\n");
	expect(boot_ensure(), "boot");
	for (unsigned i = 0; i < 100; i++)
		used[of_a_new_thread() % 64] = true;
	for (unsigned i = 0; i < 64; i++)
		n += used[i];
	expect(n == (options.narenas < 3 ? options.narenas : 3), "spread over %u arenas of %u", n,
	       options.narenas);
	tear_down();
}
END_TEST

START_TEST(one_processor_of_time)
{
	set_up("0::/\n", V2_MOUNT);
	file("/sys/fs/cgroup/cpu.max", "50000 100000\n");
	expect(boot_ensure(), "boot");
	for (unsigned i = 0; i < 100; i++)
		expect(of_a_new_thread() == 0, "a second arena for half a processor");
	tear_down();
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {version_2,          groups_above_count,    version_1,
				      mounted_in_part,    nothing_there,         real,
				      threads_are_spread, one_processor_of_time, NULL};

	return suite_run("cgroup", cases);
}
