#include "process.h"

#include "text.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The beginning of a file of /proc/PID; -1 when it cannot be read. */
static ssize_t read_file(pid_t pid, const char *name, char *bytes, size_t size)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t length = read(fd, bytes, size - 1);
	close(fd);
	if (length >= 0)
		bytes[length] = '\0';
	return length;
}

/* The value behind "\nKEY:\t" in the text of /proc/PID/status. */
static const char *status_value(const char *status, const char *key)
{
	size_t length = strlen(key);
	for (const char *line = status; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) == 0 && line[length] == ':')
			return line + length + 1 + strspn(line + length + 1, " \t");
	}
	return NULL;
}

/* Word number `at` of a line, as a number; 0 when there is none. */
static unsigned long word(const char *line, int at)
{
	for (; at > 0; at--) {
		line += strcspn(line, " \t\n");
		line += strspn(line, " \t");
	}
	return strtoul(line, NULL, 10);
}

static unsigned long last_word(const char *line)
{
	size_t length = strcspn(line, "\n");
	while (length > 0 && isdigit((unsigned char)line[length - 1]))
		length--;
	return strtoul(line + length, NULL, 10);
}

static bool executable_name(pid_t pid, char *name, size_t size)
{
	char link[64], path[PATH_MAX];
	snprintf(link, sizeof link, "/proc/%d/exe", (int)pid);
	ssize_t length = readlink(link, path, sizeof path - 1);
	if (length <= 0)
		return false;
	path[length] = '\0';
	const char *slash = strrchr(path, '/');
	snprintf(name, size, "%.*s", (int)size - 1, slash == NULL ? path : slash + 1);
	char *deleted = strstr(name, " (deleted)");
	if (deleted != NULL)
		*deleted = '\0';
	return true;
}

/* The kernel cuts a name to 15 bytes; the executable knows the rest when it begins alike. */
static void read_program(pid_t pid, char *program, size_t size)
{
	char name[64], executable[NAME_MAX + 1];
	ssize_t length = read_file(pid, "comm", name, sizeof name);
	if (length > 0 && name[length - 1] == '\n')
		name[length - 1] = '\0';
	if (length <= 0)
		snprintf(name, sizeof name, "?");
	bool cut = strlen(name) == 15 && executable_name(pid, executable, sizeof executable) &&
		   strncmp(executable, name, 15) == 0;
	text_clean_name(cut ? executable : name, program, size);
}

bool process_read(pid_t pid, struct process *process)
{
	char status[8192];
	if (read_file(pid, "status", status, sizeof status) <= 0)
		return false;
	const char *tgid = status_value(status, "Tgid");
	if (tgid == NULL || word(tgid, 0) != (unsigned long)pid)
		return false; /* a thread of some process */
	const char *state = status_value(status, "State");
	const char *uid = status_value(status, "Uid");
	const char *inner = status_value(status, "NSpid");
	const char *rss = status_value(status, "VmRSS");
	*process = (struct process){
		.pid = pid,
		.inner_pid = inner == NULL ? pid : (pid_t)last_word(inner),
		.uid = uid == NULL ? 0 : (uid_t)word(uid, 1),
		.state = state == NULL ? '?' : *state,
		.rss_bytes = rss == NULL ? 0 : (uint64_t)word(rss, 0) * 1024,
	};
	read_program(pid, process->program, sizeof process->program);
	return true;
}

bool process_is_named(const struct process *process, const char *name)
{
	char other[PATH_MAX];
	if (strcmp(process->program, name) == 0)
		return true;
	if (executable_name(process->pid, other, sizeof other) && strcmp(other, name) == 0)
		return true;
	if (read_file(process->pid, "cmdline", other, sizeof other) <= 0)
		return false;
	const char *slash = strrchr(other, '/');
	return strcmp(slash == NULL ? other : slash + 1, name) == 0;
}

const char *process_allocator(pid_t pid)
{
	/* In the order in which they win: a program may be linked to jemalloc and still run on
	 * what was preloaded. */
	static const char *const known[][2] = {
		{"/libmoonheap.so", "moonheap"}, {"/libmimalloc", "mimalloc"},
		{"/libtcmalloc", "tcmalloc"},    {"/libjemalloc.so", "jemalloc"},
		{"/libc.so.6", "libc"},
	};
	const size_t nknown = sizeof known / sizeof known[0];
	char path[64], line[PATH_MAX + 128];
	snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
	FILE *maps = fopen(path, "re");
	if (maps == NULL)
		return "";
	size_t best = nknown;
	bool any = false;
	while (best > 0 && fgets(line, sizeof line, maps) != NULL) {
		any = true;
		for (size_t i = 0; i < best; i++)
			if (strstr(line, known[i][0]) != NULL)
				best = i;
	}
	fclose(maps);
	if (best < nknown)
		return known[best][1];
	return any ? "other" : "";
}

void process_user_name(uid_t uid, char *name, size_t size)
{
	const struct passwd *entry = getpwuid(uid);
	if (entry != NULL)
		text_clean_name(entry->pw_name, name, size);
	else
		snprintf(name, size, "%u", (unsigned)uid);
}

void process_each(bool (*visit)(pid_t pid, void *opaque), void *opaque)
{
	DIR *proc = opendir("/proc");
	if (proc == NULL)
		return;
	const struct dirent *entry;
	while ((entry = readdir(proc)) != NULL) {
		char *end;
		long pid = strtol(entry->d_name, &end, 10);
		if (*end == '\0' && pid > 0 && pid <= INT_MAX && !visit((pid_t)pid, opaque))
			break;
	}
	closedir(proc);
}
