/* at_peak.c - preloaded beside an allocator with a control tree: what a program's memory consists
 * of when it has most.
 *
 * A thread looks at what is resident some hundred times a second and, whenever that is a fiftieth
 * more than ever before, at the allocator's statistics. At exit a line is appended to the file that
 * AT_PEAK names; without it nothing is done:
 *
 *     RESIDENT HEAP OBJECTS
 *
 * in bytes: of the process, of that the allocator's, of that the objects that the program had. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STEP_NS     5000000
#define A_FIFTIETH  50
#define LINE_LENGTH 128
#define PATH_LENGTH 512

extern int mallctl(const char *name, void *old, size_t *length, void *new, size_t new_length)
	__attribute__((weak));

static struct {
	size_t resident;
	size_t heap;
	size_t objects;
} peak;
static atomic_bool ends;
static pthread_t watcher;
static char result[PATH_LENGTH]; /* a copy: programs write their title over the environment */

static size_t statistic(const char *name)
{
	size_t value = 0;
	size_t length = sizeof value;
	return mallctl(name, &value, &length, NULL, 0) == 0 ? value : 0;
}

static size_t resident_now(void)
{
	char line[LINE_LENGTH];
	int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return 0;
	ssize_t n = read(file, line, sizeof line - 1);
	close(file);
	if (n <= 0)
		return 0;
	line[n] = '\0';
	const char *second = strchr(line, ' ');
	return second == NULL ? 0 : strtoul(second, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static void look(void)
{
	size_t resident = resident_now();
	if (resident <= peak.resident + peak.resident / A_FIFTIETH)
		return;
	uint64_t epoch = 1;
	mallctl("epoch", NULL, NULL, &epoch, sizeof epoch);
	peak.resident = resident;
	peak.heap = statistic("stats.resident");
	peak.objects = statistic("stats.allocated");
}

static void *watch(void *unused)
{
	const struct timespec step = {.tv_nsec = STEP_NS};
	while (!atomic_load(&ends)) {
		look();
		nanosleep(&step, NULL);
	}
	return unused;
}

static __attribute__((constructor)) void begin(void)
{
	const char *path = getenv("AT_PEAK");
	if (mallctl == NULL || path == NULL || strlen(path) >= sizeof result)
		return;
	if (pthread_create(&watcher, NULL, watch, NULL) == 0)
		strcpy(result, path);
}

static __attribute__((destructor)) void end(void)
{
	char line[LINE_LENGTH];
	if (result[0] == '\0')
		return;
	atomic_store(&ends, true);
	pthread_join(watcher, NULL);
	int file = open(result, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0)
		return;
	int n = snprintf(line, sizeof line, "%zu %zu %zu\n", peak.resident, peak.heap,
			 peak.objects);
	if (write(file, line, (size_t)n) != n)
		perror(result);
	close(file);
}
