/* agent_host - a service that the tests attach to: fake control tree, the agent linked in, and
 * commands on standard input, each answered by a line.
 *
 *   mallocs       calls of malloc and friends by threads of the agent since the start
 *   fork          make a child; answers with what the child still has of the agent
 *   purge N       arena.<arena>.purge takes N seconds from now on
 *   counters      purges, refreshes, arenas, decay
 *   environment   LD_PRELOAD and the MOONHEAP_* variables that are left
 *   locale        use a decimal comma, if the system has such a locale
 *   masks         blocked signals of each thread of the agent
 *   close         close every descriptor above 2, as some services do at their start
 *   take          put a file of its own in the place of each of those: how many
 *   look          "fine" as long as nobody has closed, read or written one of these files
 *   start         start the agent again: its answer
 *   exit          end normally
 */
#include <dirent.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_ctl.h"
#include "moonheap/agent.h"

extern char **environ;

/* --- who allocates ------------------------------------------------------------------------ */

#ifdef COUNT_MALLOCS
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void __libc_free(void *old);
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *old, size_t size);
void free(void *old);

static _Atomic unsigned long agent_mallocs;

static void count(void)
{
	char name[16] = "";

	prctl(PR_GET_NAME, name);
	if (strncmp(name, "moonheap-", 9) == 0)
		agent_mallocs++;
}

void *malloc(size_t size)
{
	count();
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	count();
	return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	count();
	return __libc_realloc(old, size);
}

void free(void *old)
{
	__libc_free(old);
}
#else
static const unsigned long agent_mallocs;
#endif

/* --- commands ----------------------------------------------------------------------------- */

/* Sockets and eventfds that are open. */
static int count_agent_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	const struct dirent *entry;
	int n = 0;

	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		char target[64] = "", path[300];
		snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
		if (readlink(path, target, sizeof(target) - 1) > 0 &&
		    strncmp(target, "socket:", 7) == 0)
			n++;
	}
	if (directory != NULL)
		closedir(directory);
	return n;
}

static void set_purge_seconds(unsigned seconds)
{
	fake_ctl.purge_seconds = seconds;
	printf("%u\n", seconds);
}

/* The parent's count first, then the child's, then the child's exit status; the child leaves by
 * exit(), which runs the agent's destructor. */
/* Files of the program's in the place of every descriptor that it did not open, as of a service
 * that closes all and goes on: with offsets that nobody moves. */
static int numbers[64];
static size_t nnumbers;

static int take_all(void)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;

	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		int number = atoi(entry->d_name);
		if (number > 2 && number != dirfd(directory) && nnumbers < 64)
			numbers[nnumbers++] = number;
	}
	closedir(directory);
	for (size_t i = 0; i < nnumbers; i++) {
		FILE *file = tmpfile();
		if (file == NULL || dup2(fileno(file), numbers[i]) < 0 ||
		    pwrite(numbers[i], "x", 1, 0) != 1)
			return -1;
		fclose(file);
	}
	return (int)nnumbers;
}

static const char *look_at_files(void)
{
	for (size_t i = 0; i < nnumbers; i++)
		if (lseek(numbers[i], 0, SEEK_CUR) != 0 || lseek(numbers[i], 0, SEEK_END) != 1 ||
		    lseek(numbers[i], 0, SEEK_SET) != 0)
			return "somebody has closed, read or written a file";
	return "fine";
}

static void do_fork(void)
{
	int ends[2], in_child = -1, status = 0;
	int in_parent = count_agent_descriptors();

	if (pipe(ends) != 0)
		return;
	pid_t child = fork();
	if (child == 0) {
		in_child = count_agent_descriptors();
		ssize_t ignored = write(ends[1], &in_child, sizeof(in_child));
		(void)ignored;
		exit(strcmp(look_at_files(), "fine") == 0 ? 0 : 1);
	}
	if (read(ends[0], &in_child, sizeof(in_child)) != sizeof(in_child))
		in_child = -1;
	waitpid(child, &status, 0);
	close(ends[0]);
	close(ends[1]);
	printf("%d %d %d\n", in_parent, in_child, status);
}

static void print_environment(void)
{
	for (char **at = environ; *at != NULL; at++)
		if (strncmp(*at, "LD_PRELOAD=", 11) == 0 || strncmp(*at, "MOONHEAP_", 9) == 0)
			printf("%s ", *at);
	printf("\n");
}

static void print_masks(void)
{
	DIR *directory = opendir("/proc/self/task");
	const struct dirent *entry;

	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		char path[300], line[256], name[64] = "";
		snprintf(path, sizeof(path), "/proc/self/task/%s/status", entry->d_name);
		FILE *file = fopen(path, "r");
		while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
			if (strncmp(line, "Name:", 5) == 0)
				snprintf(name, sizeof(name), "%.40s", line + 6);
			else if (strncmp(line, "SigBlk:", 7) == 0 &&
				 strncmp(name, "moonheap-", 9) == 0)
				printf("%.*s=%.16s ", (int)strcspn(name, "\n"), name, line + 8);
		}
		if (file != NULL)
			fclose(file);
	}
	if (directory != NULL)
		closedir(directory);
	printf("\n");
}

int main(void)
{
	char line[256];

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("ready\n");
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "mallocs") == 0)
			printf("%lu\n", agent_mallocs);
		else if (strcmp(line, "fork") == 0)
			do_fork();
		else if (strncmp(line, "purge ", 6) == 0)
			set_purge_seconds((unsigned)atoi(line + 6));
		else if (strcmp(line, "counters") == 0)
			printf("%u %lu %u %ld\n", fake_ctl.npurged,
			       (unsigned long)fake_ctl.nrefreshed, fake_ctl.narenas,
			       fake_ctl.dirty_decay_ms);
		else if (strcmp(line, "environment") == 0)
			print_environment();
		else if (strcmp(line, "locale") == 0)
			printf("%s\n", setlocale(LC_ALL, "de_DE.UTF-8") != NULL ? "comma" : "none");
		else if (strcmp(line, "masks") == 0)
			print_masks();
		else if (strcmp(line, "close") == 0)
			printf("%d\n", close_range(3, ~0u, 0));
		else if (strcmp(line, "take") == 0)
			printf("%d\n", take_all());
		else if (strcmp(line, "look") == 0)
			printf("%s\n", look_at_files());
		else if (strcmp(line, "start") == 0)
			printf("%d\n", moonheap_agent_start());
		else if (strcmp(line, "exit") == 0)
			break;
		else
			printf("unknown command\n");
	}
	return 0;
}
