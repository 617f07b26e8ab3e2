/* footprint.c - how much memory is resident at moments that a peak does not show.
 *
 *     footprint density SIZE            64 MiB in objects of SIZE bytes
 *     footprint thinned OBJECTS SECONDS a mixed heap, churned, then nine tenths freed at random
 *     footprint idle SECONDS            one thread frees everything and then does nothing
 *     footprint exited THREADS SECONDS  threads that worked, freed everything and ended
 *     footprint parked THREADS          threads that worked, freed everything and wait
 *     footprint large MIB               a large heap of small objects, visited at random
 *     footprint columns ARRAYS KIB      arrays of KIB KiB each, read in step, as columns of a table
 *
 * Each moment is a line "NAME KIB": resident memory over what it was at the start, or, for
 * `density`, over what was asked for, in thousandths. `large` and `columns` also tell their CPU
 * time in milliseconds, and `large` its page faults and how much of it is in huge pages. SECONDS of
 * waiting go by with a little allocation now and then, as in a service between requests, except
 * where the name says "still".
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "threads.h"

/* Resident memory from /proc, read without stdio: asking must not change the answer. */
static long resident_kib(void)
{
	char text[128];
	int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
	if (length <= 0)
		bench_die("cannot read /proc/self/statm", "");
	close(file);
	text[length] = '\0';
	char *resident = strchr(text, ' ');
	return strtol(resident != NULL ? resident : "0", NULL, 10) * (sysconf(_SC_PAGESIZE) / 1024);
}

static long start_kib;

static void report(const char *name)
{
	printf("%s %ld\n", name, resident_kib() - start_kib);
}

static void sleep_ms(long ms)
{
	struct timespec rest = {ms / 1000, (ms % 1000) * 1000000};
	nanosleep(&rest, NULL);
}

/* Lets time go by with 200 short-lived blocks every tenth of a second. */
static void live_lightly(size_t seconds)
{
	struct bench_random random = bench_random_seeded(21);
	for (size_t tick = 0; tick < seconds * 10; tick++) {
		sleep_ms(100);
		for (unsigned i = 0; i < 200; i++)
			block_free(block_make(16 + bench_random_below(&random, 4000), (uint8_t)i));
	}
}

/* ---- density ---- */

static void measure_density(size_t size)
{
	size_t total = 64u << 20;
	long before = resident_kib();
	void *newest = NULL;
	for (size_t done = 0; done < total; done += size) {
		void **block = malloc(size);
		if (block == NULL)
			bench_die("out of memory", "");
		memset(block, 1, size);
		*block = newest;
		newest = block;
	}
	long grown = resident_kib() - before;
	printf("density %ld\n", (long)((double)grown * 1024 * 1000 / (double)total));
}

/* ---- a mixed heap ---- */

/* 8 bytes to 64 KiB over 13 doublings, the k-th with a weight of 1/k: numbers sit mostly in small
 * blocks, bytes mostly in large ones. The weights are 360360/k, which is whole up to 13. */
static size_t mixed_size(struct bench_random *random)
{
	enum { DOUBLINGS = 13, UNIT = 360360, WEIGHTS = 1145993 };
	size_t pick = bench_random_below(random, WEIGHTS);
	unsigned nth = 1;
	while (nth < DOUBLINGS && pick >= UNIT / nth)
		pick -= UNIT / nth++;
	size_t low = (size_t)4 << nth;
	size_t size = low + 1 + bench_random_below(random, low);
	return size < BLOCK_SIZE_MIN ? BLOCK_SIZE_MIN : size;
}

static void *filled(size_t size)
{
	void *block = malloc(size);
	if (block == NULL)
		bench_die("out of memory", "");
	return block_mark(block, size, 1);
}

static void measure_thinned(size_t objects, size_t seconds)
{
	struct bench_random random = bench_random_seeded(22);
	void **blocks = calloc(objects, sizeof *blocks);
	if (blocks == NULL)
		bench_die("out of memory", "");
	for (size_t i = 0; i < objects; i++)
		blocks[i] = filled(mixed_size(&random));
	for (size_t step = 0; step < objects * 5; step++) {
		size_t slot = bench_random_below(&random, objects);
		block_free(blocks[slot]);
		blocks[slot] = filled(mixed_size(&random));
	}
	report("full");
	uint64_t live_bytes = 0;
	for (size_t i = 0; i < objects; i++) {
		if (bench_random_below(&random, 10) != 0)
			block_free(blocks[i]);
		else
			live_bytes += block_word(blocks[i]) >> 8;
	}
	report("thinned");
	live_lightly(seconds);
	report("thinned-later");
	printf("live %ld\n", (long)(live_bytes / 1024));
}

/* ---- threads ---- */

enum { WORK_OBJECTS = 20000, WORK_ROUNDS = 3, PARKED_OBJECTS = 400, PARKED_STEPS = 20000 };

/* Three times: a mixed heap of some 50 MB, and all of it freed. */
static void *work(void *argument)
{
	struct bench_random random = bench_random_seeded((uintptr_t)argument);
	void **blocks = malloc(WORK_OBJECTS * sizeof *blocks);
	if (blocks == NULL)
		bench_die("out of memory", "");
	for (unsigned round = 0; round < WORK_ROUNDS; round++) {
		for (unsigned i = 0; i < WORK_OBJECTS; i++)
			blocks[i] = filled(mixed_size(&random));
		for (unsigned i = 0; i < WORK_OBJECTS; i++)
			block_free(blocks[i]);
	}
	free(blocks);
	return NULL;
}

static void measure_idle(size_t seconds)
{
	work((void *)(uintptr_t)1);
	void *big = malloc(64u << 20);
	if (big == NULL)
		bench_die("out of memory", "");
	memset(big, 1, 64u << 20);
	report("peak");
	free(big);
	report("freed");
	sleep_ms((long)seconds * 1000);
	report("idle-still");
	live_lightly(seconds);
	report("idle-later");
}

static void measure_exited(size_t threads, size_t seconds)
{
	pthread_t all[THREADS_MAX];
	for (size_t i = 0; i < threads; i++)
		all[i] = thread_start(work, (void *)(i + 1));
	for (size_t i = 0; i < threads; i++)
		thread_join(all[i]);
	report("exited");
	live_lightly(seconds);
	report("exited-later");
}

static pthread_barrier_t all_parked, leave;

static void *work_and_park(void *argument)
{
	struct bench_random random = bench_random_seeded((uintptr_t)argument);
	void *blocks[PARKED_OBJECTS] = {NULL};
	for (unsigned step = 0; step < PARKED_STEPS; step++) {
		void **slot = &blocks[bench_random_below(&random, PARKED_OBJECTS)];
		if (*slot != NULL)
			block_free(*slot);
		*slot = filled(bench_random_size(&random, 13));
	}
	for (unsigned i = 0; i < PARKED_OBJECTS; i++) {
		if (blocks[i] != NULL)
			block_free(blocks[i]);
	}
	pthread_barrier_wait(&all_parked);
	pthread_barrier_wait(&leave);
	return NULL;
}

static void measure_parked(size_t threads)
{
	pthread_t all[THREADS_MAX];
	pthread_barrier_init(&all_parked, NULL, (unsigned)threads + 1);
	pthread_barrier_init(&leave, NULL, (unsigned)threads + 1);
	for (size_t i = 0; i < threads; i++)
		all[i] = thread_start(work_and_park, (void *)(i + 1));
	pthread_barrier_wait(&all_parked);
	report("parked");
	pthread_barrier_wait(&leave);
	for (size_t i = 0; i < threads; i++)
		thread_join(all[i]);
}

/* ---- a large heap ---- */

/* The number of a line "NAME: NUMBER kB" of /proc/self/smaps_rollup; 0 where there is none. */
static long rollup_kib(const char *name)
{
	char text[4096];
	int file = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
	ssize_t length = file < 0 ? 0 : read(file, text, sizeof text - 1);
	if (file >= 0)
		close(file);
	text[length > 0 ? length : 0] = '\0';
	const char *line = strstr(text, name);
	return line != NULL ? strtol(line + strlen(name), NULL, 10) : 0;
}

/* Prints the CPU time so far; returns the page faults. */
static long report_cpu(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	printf("cpu %lld\n", (long long)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
				     (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000);
	return usage.ru_minflt;
}

static void measure_large(size_t mib)
{
	enum { SIZE_AVERAGE = 120, VISITS = 20000000 };
	struct bench_random random = bench_random_seeded(23);
	size_t count = (mib << 20) / SIZE_AVERAGE;
	void **blocks = malloc(count * sizeof *blocks);
	if (blocks == NULL)
		bench_die("out of memory", "");
	for (size_t i = 0; i < count; i++)
		blocks[i] = block_make(16 + bench_random_below(&random, 2 * SIZE_AVERAGE - 32),
				       (uint8_t)i);
	uint64_t sum = 0;
	for (size_t visit = 0; visit < VISITS; visit++)
		sum += block_check(blocks[bench_random_below(&random, count)]);
	long faults = report_cpu();
	report("resident");
	printf("huge %ld\n", rollup_kib("AnonHugePages:"));
	printf("faults %ld\n", faults);
	if (sum == 0)
		bench_die("the heap was empty", "");
}

/* ---- arrays read in step ---- */

static void measure_columns(size_t count, size_t kib)
{
	enum { VALUES_READ = 200000000 };
	size_t length = kib * 1024 / sizeof(uint64_t);
	uint64_t **columns = malloc(count * sizeof *columns);
	if (columns == NULL)
		bench_die("out of memory", "");
	for (size_t i = 0; i < count; i++) {
		columns[i] = malloc(kib * 1024);
		if (columns[i] == NULL)
			bench_die("out of memory", "");
		memset(columns[i], 1, kib * 1024);
	}
	uint64_t sum = 0;
	for (size_t done = 0; done < VALUES_READ; done += count * length) {
		for (size_t row = 0; row < length; row++) {
			for (size_t i = 0; i < count; i++)
				sum += columns[i][row];
		}
	}
	report_cpu();
	report("resident");
	if (sum == 0)
		bench_die("the arrays were empty", "");
}

int main(int argc, char **argv)
{
	size_t first = bench_arg(argc, argv, 2, "the first number");
	start_kib = resident_kib();
	if (strcmp(argv[1], "density") == 0)
		measure_density(first);
	else if (strcmp(argv[1], "thinned") == 0)
		measure_thinned(first, bench_arg(argc, argv, 3, "SECONDS"));
	else if (strcmp(argv[1], "idle") == 0)
		measure_idle(first);
	else if (strcmp(argv[1], "exited") == 0 && first <= THREADS_MAX)
		measure_exited(first, bench_arg(argc, argv, 3, "SECONDS"));
	else if (strcmp(argv[1], "parked") == 0 && first <= THREADS_MAX)
		measure_parked(first);
	else if (strcmp(argv[1], "large") == 0)
		measure_large(first);
	else if (strcmp(argv[1], "columns") == 0)
		measure_columns(first, bench_arg(argc, argv, 3, "KIB"));
	else
		bench_die("density, thinned, idle, exited, parked (at most 64 threads), large or "
			  "columns",
			  argv[1]);
	return 0;
}
