/* control.c - what the control tree costs: reads by name and by MIB, refreshing the statistics,
 * printing them, creating arenas.
 *
 *     control OPERATION COUNT ARENAS
 *
 * Creates ARENAS arenas more than there are, gives some of them something to count, then performs
 * the operation COUNT times and prints "ns N": CPU time of one. Exits 77 where the allocator has no
 * mallctl.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

#include "bench.h"

typedef int mallctl_function(const char *name, void *old, size_t *old_size, void *new, size_t size);
typedef int nametomib_function(const char *name, size_t *mib, size_t *depth);
typedef int bymib_function(const size_t *mib, size_t depth, void *old, size_t *old_size, void *new,
			   size_t size);
typedef void print_function(void (*write)(void *to, const char *text), void *to,
			    const char *options);
typedef void *allocate_function(size_t size, int flags);

enum { DEPTH_MAX = 8, ARENA_SHIFT = 20, USED_ARENAS = 8 };

static struct {
	mallctl_function *by_name;
	nametomib_function *name_to_mib;
	bymib_function *by_mib;
	print_function *print;
	allocate_function *allocate;
} tree;

static void *find(const char *name)
{
	void *address = dlsym(RTLD_DEFAULT, name);
	if (address == NULL)
		exit(77);
	return address;
}

static void tree_find(void)
{
	/* POSIX guarantees that an address from dlsym may be called; ISO C has no cast for it. */
	*(void **)&tree.by_name = find("mallctl");
	*(void **)&tree.name_to_mib = find("mallctlnametomib");
	*(void **)&tree.by_mib = find("mallctlbymib");
	*(void **)&tree.print = find("malloc_stats_print");
	*(void **)&tree.allocate = find("mallocx");
}

static void refresh(void)
{
	uint64_t epoch = 1;
	if (tree.by_name("epoch", NULL, NULL, &epoch, sizeof epoch) != 0)
		bench_die("cannot write epoch", "");
}

static unsigned create_arena(void)
{
	unsigned arena;
	size_t size = sizeof arena;
	if (tree.by_name("arenas.create", &arena, &size, NULL, 0) != 0)
		bench_die("cannot create an arena", "");
	return arena;
}

/* ---- operations ---- */

static void read_name(const char *name, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t value;
		size_t size = sizeof value;
		if (tree.by_name(name, &value, &size, NULL, 0) != 0)
			bench_die("cannot read", name);
	}
}

static void read_mib(const char *name, size_t count)
{
	size_t mib[DEPTH_MAX], depth = DEPTH_MAX;
	if (tree.name_to_mib(name, mib, &depth) != 0)
		bench_die("no such name", name);
	for (size_t i = 0; i < count; i++) {
		uint64_t value;
		size_t size = sizeof value;
		if (tree.by_mib(mib, depth, &value, &size, NULL, 0) != 0)
			bench_die("cannot read", name);
	}
}

static void translate(const char *name, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t mib[DEPTH_MAX], depth = DEPTH_MAX;
		if (tree.name_to_mib(name, mib, &depth) != 0)
			bench_die("no such name", name);
	}
}

static void refresh_often(const char *unused, size_t count)
{
	(void)unused;
	for (size_t i = 0; i < count; i++)
		refresh();
}

static void count_bytes(void *to, const char *text)
{
	*(size_t *)to += strlen(text);
}

static void print(const char *options, size_t count)
{
	size_t bytes = 0;
	for (size_t i = 0; i < count; i++)
		tree.print(count_bytes, &bytes, options);
	if (bytes == 0)
		bench_die("malloc_stats_print printed nothing", options);
}

static void create(const char *unused, size_t count)
{
	(void)unused;
	for (size_t i = 0; i < count; i++)
		(void)create_arena();
}

static const struct operation {
	const char *name;
	void (*run)(const char *argument, size_t count);
	const char *argument;
} operations[] = {
	{"name", read_name, "stats.allocated"},
	{"mib", read_mib, "stats.allocated"},
	{"name-deep", read_name, "stats.arenas.0.bins.0.nmalloc"},
	{"mib-deep", read_mib, "stats.arenas.0.bins.0.nmalloc"},
	{"translate", translate, "stats.arenas.0.bins.0.nmalloc"},
	{"epoch", refresh_often, ""},
	{"print", print, ""},
	{"print-json", print, "J"},
	{"create", create, ""},
};

static double cpu_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
	size_t count = bench_arg(argc, argv, 2, "COUNT");
	size_t arenas = bench_arg(argc, argv, 3, "ARENAS");
	tree_find();
	for (size_t i = 0; i < arenas; i++) {
		unsigned arena = create_arena();
		for (size_t size = 16; i < USED_ARENAS && size < 65536; size += size / 2)
			block_mark(tree.allocate(size, (int)(arena + 1) << ARENA_SHIFT), size, 1);
	}
	refresh();
	for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
		if (strcmp(operations[i].name, argv[1]) != 0)
			continue;
		operations[i].run(operations[i].argument, count / 10 + 1);
		double start = cpu_ns();
		operations[i].run(operations[i].argument, count);
		printf("ns %.1f\n", (cpu_ns() - start) / (double)count);
		return 0;
	}
	bench_die("no such operation", argv[1]);
}
