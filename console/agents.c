#include "agents.h"

#include "place.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LISTENING_FLAG 0x10000ul /* __SO_ACCEPTCON, as the kernel prints it */

struct sockets {
	struct agent_socket *rows;
	size_t count;
};

struct candidate {
	pid_t pid;
	uint64_t namespace; /* inode of its network namespace; 0 when we may not know */
};

struct candidates {
	struct candidate *rows;
	size_t count;
};

/* Makes room for one more row of an array that doubles at powers of two. */
static void *grown(void *rows, size_t count, size_t row_size)
{
	if ((count & (count - 1)) != 0)
		return rows;
	void *more = realloc(rows, (count == 0 ? 1 : count * 2) * row_size);
	if (more == NULL) {
		fputs("moonheap: out of memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	return more;
}

/* The words of a line: Num: RefCount Protocol Flags Type St Inode Path */
enum { WORD_FLAGS = 3, WORD_INODE = 6, WORD_PATH = 7 };

static const char *word_at(const char *line, int at)
{
	for (; at > 0; at--) {
		line += strcspn(line, " ");
		line += strspn(line, " ");
	}
	return line;
}

bool agents_parse_socket(const char *line, struct agent_socket *entry)
{
	const char *path = word_at(line, WORD_PATH);
	unsigned long flags = strtoul(word_at(line, WORD_FLAGS), NULL, 16);
	uint64_t inode = strtoull(word_at(line, WORD_INODE), NULL, 10);
	size_t length = strcspn(path, "\n");
	if (path[0] != '/' || length >= sizeof entry->path)
		return false;
	memcpy(entry->path, path, length);
	entry->path[length] = '\0';
	const char *name = strrchr(entry->path, '/') + 1;
	char *end;
	long pid = strtol(name, &end, 10);
	if (name[0] < '1' || name[0] > '9' || pid > INT_MAX || strcmp(end, ".sock") != 0)
		return false;
	entry->inner_pid = (pid_t)pid;
	entry->inode = inode;
	entry->listening = (flags & LISTENING_FLAG) != 0;
	return true;
}

/* The sockets that a process sees in its network namespace. */
static void read_sockets(pid_t pid, struct sockets *sockets)
{
	char path[64], line[PATH_MAX + 128];
	snprintf(path, sizeof path, "/proc/%d/net/unix", (int)pid);
	FILE *table = fopen(path, "re");
	if (table == NULL)
		return;
	while (fgets(line, sizeof line, table) != NULL) {
		if (strstr(line, ".sock") == NULL)
			continue;
		sockets->rows = grown(sockets->rows, sockets->count, sizeof *sockets->rows);
		if (agents_parse_socket(line, &sockets->rows[sockets->count]))
			sockets->count++;
	}
	fclose(table);
}

static unsigned count_sessions(const struct sockets *sockets, const char *path)
{
	unsigned sessions = 0;
	for (size_t i = 0; i < sockets->count; i++)
		sessions += !sockets->rows[i].listening && strcmp(sockets->rows[i].path, path) == 0;
	return sessions;
}

static const char through_descriptor[] = "/proc/self/fd/";

/* The descriptor of an agent's directory in a path like /proc/self/fd/5/123.sock; -1 for others. */
static int directory_descriptor(const char *path)
{
	if (strncmp(path, through_descriptor, sizeof through_descriptor - 1) != 0)
		return -1;
	return (int)strtol(path + sizeof through_descriptor - 1, NULL, 10);
}

/* Does the process see the same files under the same names as we do? When we may not know, the
 * answer is yes: then the plain path is all we have. */
static bool shares_our_root(pid_t pid)
{
	char path[64];
	struct stat own_namespace, its_namespace, own_root, its_root;
	snprintf(path, sizeof path, "/proc/%d/ns/mnt", (int)pid);
	if (stat(path, &its_namespace) != 0 || stat("/proc/self/ns/mnt", &own_namespace) != 0)
		return true;
	snprintf(path, sizeof path, "/proc/%d/root/", (int)pid);
	if (stat(path, &its_root) != 0 || stat("/", &own_root) != 0)
		return true;
	return own_namespace.st_ino == its_namespace.st_ino && own_root.st_ino == its_root.st_ino &&
	       own_root.st_dev == its_root.st_dev;
}

void agents_directory(const struct agent *agent, char *path, size_t size)
{
	int pid = (int)agent->process.pid;
	int descriptor = directory_descriptor(agent->socket_path);
	int length = (int)(strrchr(agent->socket_path, '/') - agent->socket_path);
	if (descriptor >= 0)
		snprintf(path, size, "/proc/%d/fd/%d/", pid, descriptor);
	else if (shares_our_root(agent->process.pid))
		snprintf(path, size, "%.*s/", length, agent->socket_path);
	else
		snprintf(path, size, "/proc/%d/root%.*s/", pid, length, agent->socket_path);
}

static void socket_name(pid_t pid, const char *socket_path, char *path, size_t size)
{
	char link[64], directory[PATH_MAX];
	int descriptor = directory_descriptor(socket_path);
	snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)pid, descriptor);
	ssize_t length = descriptor < 0 ? -1 : readlink(link, directory, sizeof directory - 1);
	if (length > 0)
		snprintf(path, size, "%.*s%s", (int)length, directory, strrchr(socket_path, '/'));
	else
		snprintf(path, size, "%s", socket_path);
}

void agents_socket_name(const struct agent *agent, char *path, size_t size)
{
	socket_name(agent->process.pid, agent->socket_path, path, size);
}

/* Is it one of the directories in which agents listen? One that only the process knows by its
 * descriptor, and does not show us, passes: the name of the socket speaks for it. */
static bool is_agent_path(pid_t pid, const char *socket_path)
{
	char path[PATH_MAX + 64], own[PATH_MAX];
	socket_name(pid, socket_path, path, sizeof path);
	if (directory_descriptor(path) >= 0)
		return true;
	char *name = strrchr(path, '/');
	*name = '\0';
	if (place_runtime_dir(geteuid(), true, own, sizeof own) && strcmp(own, path) == 0)
		return true;
	const char *directory = strrchr(path, '/');
	static const char plain[] = "/moonheap";
	if (directory == NULL || strncmp(directory, plain, sizeof plain - 1) != 0)
		return false;
	return directory[sizeof plain - 1] == '\0' || directory[sizeof plain - 1] == '-';
}

enum answer { NO, YES, UNKNOWN };

/* Does the process hold this socket? Unknown when we may not look into it. */
static enum answer holds_socket(pid_t pid, uint64_t inode)
{
	char path[64], wanted[64], link[64];
	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	snprintf(wanted, sizeof wanted, "socket:[%" PRIu64 "]", inode);
	DIR *descriptors = opendir(path);
	if (descriptors == NULL)
		return UNKNOWN;
	enum answer answer = NO;
	const struct dirent *entry;
	while (answer == NO && (entry = readdir(descriptors)) != NULL) {
		ssize_t length =
			readlinkat(dirfd(descriptors), entry->d_name, link, sizeof link - 1);
		if (length <= 0)
			continue;
		link[length] = '\0';
		if (strcmp(link, wanted) == 0)
			answer = YES;
	}
	closedir(descriptors);
	return answer;
}

static void fill(struct agent *agent, const struct process *process,
		 const struct agent_socket *socket, const struct sockets *sockets)
{
	agent->process = *process;
	memcpy(agent->socket_path, socket->path, sizeof agent->socket_path);
	agent->sessions = count_sessions(sockets, socket->path);
}

/* Where the tables of the kernel are hidden, the rule says where the socket would be. */
bool agents_find_by_rule(const struct process *process, struct agent *agent)
{
	char directory[PATH_MAX];
	for (int use_environment = 1; use_environment >= 0; use_environment--) {
		if (!place_runtime_dir(process->uid, use_environment != 0, directory,
				       sizeof directory))
			continue;
		struct stat status;
		int length = snprintf(agent->socket_path, sizeof agent->socket_path, "%s/%d.sock",
				      directory, (int)process->inner_pid);
		if (length < (int)sizeof agent->socket_path &&
		    stat(agent->socket_path, &status) == 0 && S_ISSOCK(status.st_mode)) {
			agent->process = *process;
			agent->sessions = 0;
			return true;
		}
	}
	return false;
}

bool agents_find(const struct process *process, struct agent *agent)
{
	struct sockets sockets = {0};
	read_sockets(process->pid, &sockets);
	/* Containers may share a network namespace: then a name can come twice, and the process
	 * that holds the socket decides. */
	const struct agent_socket *best = NULL;
	enum answer best_answer = NO;
	for (size_t i = 0; i < sockets.count; i++) {
		const struct agent_socket *socket = &sockets.rows[i];
		if (!socket->listening || socket->inner_pid != process->inner_pid)
			continue;
		enum answer answer = holds_socket(process->pid, socket->inode);
		if (answer == UNKNOWN && !is_agent_path(process->pid, socket->path))
			continue;
		if (answer == YES || (answer == UNKNOWN && best_answer == NO)) {
			best = socket;
			best_answer = answer;
		}
	}
	if (best != NULL)
		fill(agent, process, best, &sockets);
	free(sockets.rows);
	return best != NULL || agents_find_by_rule(process, agent);
}

static uint64_t network_namespace(pid_t pid)
{
	char path[64];
	struct stat status;
	snprintf(path, sizeof path, "/proc/%d/ns/net", (int)pid);
	return stat(path, &status) == 0 ? (uint64_t)status.st_ino : 0;
}

static bool add_candidate(pid_t pid, void *opaque)
{
	struct candidates *all = opaque;
	all->rows = grown(all->rows, all->count, sizeof *all->rows);
	all->rows[all->count++] = (struct candidate){pid, network_namespace(pid)};
	return true;
}

/* The process behind a socket: nearly always the one that its name says; in another pid namespace
 * the one that is so called there and holds it. */
static bool find_owner(const struct agent_socket *socket, uint64_t namespace,
		       const struct candidates *all, struct process *owner)
{
	if (process_read(socket->inner_pid, owner) && owner->inner_pid == socket->inner_pid &&
	    holds_socket(socket->inner_pid, socket->inode) != NO)
		return true;
	for (size_t i = 0; i < all->count; i++)
		if (all->rows[i].namespace == namespace && process_read(all->rows[i].pid, owner) &&
		    owner->inner_pid == socket->inner_pid &&
		    holds_socket(all->rows[i].pid, socket->inode) == YES)
			return true;
	return false;
}

static void scan_namespace(pid_t pid, uint64_t namespace, const struct candidates *all,
			   struct agents *agents)
{
	struct sockets sockets = {0};
	struct process owner;
	read_sockets(pid, &sockets);
	for (size_t i = 0; i < sockets.count; i++) {
		const struct agent_socket *socket = &sockets.rows[i];
		if (!socket->listening || !find_owner(socket, namespace, all, &owner) ||
		    !is_agent_path(owner.pid, socket->path))
			continue;
		agents->rows = grown(agents->rows, agents->count, sizeof *agents->rows);
		fill(&agents->rows[agents->count++], &owner, socket, &sockets);
	}
	free(sockets.rows);
}

static bool seen_before(const struct candidates *all, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (all->rows[i].namespace == all->rows[at].namespace)
			return true;
	return false;
}

static int by_pid(const void *a, const void *b)
{
	const struct agent *first = a, *second = b;
	return (first->process.pid > second->process.pid) -
	       (first->process.pid < second->process.pid);
}

void agents_scan(struct agents *agents)
{
	*agents = (struct agents){0};
	struct candidates all = {0};
	uint64_t own = network_namespace(getpid());
	process_each(add_candidate, &all);
	scan_namespace(getpid(), own, &all, agents);
	for (size_t i = 0; i < all.count; i++) {
		const struct candidate *row = &all.rows[i];
		if (row->namespace != 0 && row->namespace != own && !seen_before(&all, i))
			scan_namespace(row->pid, row->namespace, &all, agents);
	}
	free(all.rows);
	if (agents->count > 0)
		qsort(agents->rows, agents->count, sizeof *agents->rows, by_pid);
}

void agents_free(struct agents *agents)
{
	free(agents->rows);
	*agents = (struct agents){0};
}
