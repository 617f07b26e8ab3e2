/* control.c - what the control tree costs: reads by name and by MIB, refreshing the statistics,
 * printing them, creating arenas; and what refreshing costs a thread that allocates.
 *
 *     control OPERATION COUNT ARENAS
 *
 * Creates ARENAS arenas more than there are, gives some of them something to count, then performs
 * the operation COUNT times and prints "value N": nanoseconds of CPU time of one, or what the
 * operation measures instead. Exits 77 where the allocator has no mallctl.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "threads.h"

typedef int mallctl_function(const char *name, void *old, size_t *old_size, void *new, size_t size);
typedef int nametomib_function(const char *name, size_t *mib, size_t *depth);
typedef int bymib_function(const size_t *mib, size_t depth, void *old, size_t *old_size, void *new,
			   size_t size);
typedef void print_function(void (*write)(void *to, const char *text), void *to,
			    const char *options);
typedef void *allocate_function(size_t size, int flags);
typedef void free_function(void *block, int flags);

enum { DEPTH_MAX = 8, ARENA_SHIFT = 20, NO_CACHE = 1 << 8, USED_ARENAS = 8 };

static struct {
	mallctl_function *by_name;
	nametomib_function *name_to_mib;
	bymib_function *by_mib;
	print_function *print;
	allocate_function *allocate;
	free_function *free;
} tree;

static struct {
	unsigned *index;
	uint64_t *counts; /* objects of TOUCH_SIZE that were ever allocated there */
	size_t n;
} arenas;

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
	*(void **)&tree.free = find("dallocx");
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

/* ---- refreshing after arenas were used ---- */

enum { TOUCH_SIZE = 640, TOUCHED_PERCENT = 1 };

static double cpu_ns(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Reads a counter of one arena's bin or of its large class. */
static uint64_t read_count(const size_t *mib, size_t depth, unsigned arena)
{
	size_t path[DEPTH_MAX];
	memcpy(path, mib, sizeof path);
	path[2] = arena;
	uint64_t value;
	size_t size = sizeof value;
	if (tree.by_mib(path, depth, &value, &size, NULL, 0) != 0)
		bench_die("cannot read the count of an arena", "");
	return value;
}

/* One object in each of n arenas, in turn, then a refresh, whose time is taken, and a look whether
 * it shows just these. */
static double refresh_after(size_t n, size_t count)
{
	size_t mib[DEPTH_MAX], depth = DEPTH_MAX, next = 0;
	double taken = 0, clock = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
	for (size_t i = 0; i < 1000; i++)
		(void)cpu_ns(CLOCK_THREAD_CPUTIME_ID);
	clock = (cpu_ns(CLOCK_THREAD_CPUTIME_ID) - clock) / 1000;
	if (tree.name_to_mib("stats.arenas.0.small.nmalloc", mib, &depth) != 0)
		bench_die("no such name", "stats.arenas.0.small.nmalloc");
	for (size_t i = 0; i < arenas.n; i++)
		arenas.counts[i] = read_count(mib, depth, arenas.index[i]);
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < n; k++) {
			size_t at = (next + k) % arenas.n;
			int flags = (int)(arenas.index[at] + 1) << ARENA_SHIFT | NO_CACHE;
			tree.free(block_mark(tree.allocate(TOUCH_SIZE, flags), TOUCH_SIZE, 1),
				  NO_CACHE);
			arenas.counts[at]++;
		}
		double start = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
		refresh();
		taken += cpu_ns(CLOCK_THREAD_CPUTIME_ID) - start - clock;
		for (size_t k = 0; k < n; k++) {
			size_t at = (next + k) % arenas.n;
			if (read_count(mib, depth, arenas.index[at]) != arenas.counts[at])
				bench_die("a refresh does not show what was allocated", "");
		}
		next = (next + n) % arenas.n;
	}
	return taken / (double)count;
}

static double refresh_after_few(const char *unused, size_t count)
{
	(void)unused;
	return refresh_after((arenas.n * TOUCHED_PERCENT + 99) / 100, count);
}

static double refresh_after_all(const char *unused, size_t count)
{
	(void)unused;
	return refresh_after(arenas.n, count);
}

/* ---- beside a thread that refreshes ---- */

enum { BESIDE_OBJECTS = 1000, BESIDE_LG_MAX = 12, BESIDE_CALLS = 2000000 };

static struct {
	size_t hz;
	bool is_active; /* atomic */
	bool ends;      /* atomic */
} refresher;

static void *refresh_by_the_clock(void *unused)
{
	struct timespec pause = {.tv_nsec = (long)(1000000000 / refresher.hz)};
	while (!__atomic_load_n(&refresher.ends, __ATOMIC_RELAXED)) {
		nanosleep(&pause, NULL);
		if (__atomic_load_n(&refresher.is_active, __ATOMIC_RELAXED))
			refresh();
	}
	return unused;
}

/* CPU time of the running thread for a fixed number of calls. */
static double work(struct bench_random *random, void **objects)
{
	double start = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
	for (size_t i = 0; i < BESIDE_CALLS; i++) {
		size_t at = bench_random_below(random, BESIDE_OBJECTS);
		if (objects[at] != NULL)
			(void)block_free(objects[at]);
		objects[at] = block_make(bench_random_size(random, BESIDE_LG_MAX), 1);
	}
	return cpu_ns(CLOCK_THREAD_CPUTIME_ID) - start;
}

static int compare_doubles(const void *a, const void *b)
{
	double one = *(const double *)a, other = *(const double *)b;
	return (one > other) - (one < other);
}

/* Percent of its operations per CPU-second that an allocating thread loses to a thread that
 * refreshes so often: the median of pairs of turns without and with it. */
static double beside(const char *hz, size_t pairs)
{
	static void *objects[BESIDE_OBJECTS];
	struct bench_random random = bench_random_seeded(1);
	double *losses = calloc(pairs, sizeof *losses);
	pthread_t thread;
	refresher.hz = strtoul(hz, NULL, 10);
	if (losses == NULL || pthread_create(&thread, NULL, refresh_by_the_clock, NULL) != 0)
		bench_die("cannot start a thread", "");
	(void)work(&random, objects);
	for (size_t i = 0; i < pairs; i++) {
		double times[2];
		for (size_t turn = 0; turn < 2; turn++) {
			/* Which comes first changes from pair to pair. */
			size_t is_beside = (turn + i) % 2;
			__atomic_store_n(&refresher.is_active, is_beside != 0, __ATOMIC_RELAXED);
			times[is_beside] = work(&random, objects);
		}
		losses[i] = 100 * (1 - times[0] / times[1]);
	}
	__atomic_store_n(&refresher.ends, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	qsort(losses, pairs, sizeof *losses, compare_doubles);
	double median = (losses[(pairs - 1) / 2] + losses[pairs / 2]) / 2;
	free(losses);
	return median;
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

static size_t resident_bytes(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	if (file == NULL || fscanf(file, "%*u %lu", &pages) != 1)
		bench_die("cannot read", "/proc/self/statm");
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Bytes that become resident for each arena. */
static double create_for_memory(const char *unused, size_t count)
{
	(void)unused;
	create("", 1);
	size_t before = resident_bytes();
	create("", count);
	return (double)(resident_bytes() - before) / (double)count;
}

/* An operation is run for its time, or measures something itself. */
static const struct operation {
	const char *name;
	void (*run)(const char *argument, size_t count);
	const char *argument;
	double (*measure)(const char *argument, size_t count);
} operations[] = {
	{"name", read_name, "stats.allocated", NULL},
	{"mib", read_mib, "stats.allocated", NULL},
	{"name-deep", read_name, "stats.arenas.0.bins.0.nmalloc", NULL},
	{"mib-deep", read_mib, "stats.arenas.0.bins.0.nmalloc", NULL},
	{"translate", translate, "stats.arenas.0.bins.0.nmalloc", NULL},
	{"epoch", refresh_often, "", NULL},
	{"print", print, "", NULL},
	{"print-json", print, "J", NULL},
	{"create", create, "", NULL},
	{"epoch-few", NULL, "", refresh_after_few},
	{"epoch-all", NULL, "", refresh_after_all},
	{"memory", NULL, "", create_for_memory},
	{"beside-10", NULL, "10", beside},
	{"beside-100", NULL, "100", beside},
};

int main(int argc, char **argv)
{
	size_t count = bench_arg(argc, argv, 2, "COUNT");
	arenas.n = bench_arg(argc, argv, 3, "ARENAS");
	tree_find();
	arenas.index = calloc(arenas.n, sizeof *arenas.index);
	arenas.counts = calloc(arenas.n, sizeof *arenas.counts);
	if (arenas.index == NULL || arenas.counts == NULL)
		bench_die("out of memory", "");
	for (size_t i = 0; i < arenas.n; i++) {
		unsigned arena = arenas.index[i] = create_arena();
		for (size_t size = 16; i < USED_ARENAS && size < 65536; size += size / 2)
			block_mark(tree.allocate(size, (int)(arena + 1) << ARENA_SHIFT), size, 1);
	}
	refresh();
	for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
		const struct operation *operation = &operations[i];
		if (strcmp(operation->name, argv[1]) != 0)
			continue;
		if (operation->measure != NULL) {
			printf("value %.2f\n", operation->measure(operation->argument, count));
			return 0;
		}
		operation->run(operation->argument, count / 10 + 1);
		double start = cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
		operation->run(operation->argument, count);
		double taken = cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - start;
		printf("value %.1f\n", taken / (double)count);
		return 0;
	}
	bench_die("no such operation", argv[1]);
}
