/* agents.h - which processes hold a Moonheap agent, told without waking one.
 *
 * An agent listens on a Unix socket named PID.sock (its pid in its own pid namespace) in a
 * directory named moonheap or moonheap-UID, or in the directory that MOONHEAP_RUNTIME_DIR names.
 * The kernel's table of Unix sockets, one for each network namespace, therefore tells all agents
 * and how many consoles each serves. An agent that bound its socket by way of an open directory
 * stands there as /proc/self/fd/N/PID.sock; N is a descriptor of that process. Nothing here
 * connects; who does verifies the peer.
 */
#ifndef CONSOLE_AGENTS_H
#define CONSOLE_AGENTS_H

#include "process.h"

#include <limits.h>

/* One line of /proc/PID/net/unix that could belong to an agent. */
struct agent_socket {
	pid_t inner_pid; /* from the name */
	uint64_t inode;
	bool listening;
	char path[PATH_MAX];
};

struct agent {
	struct process process;
	char socket_path[PATH_MAX]; /* as the process bound it */
	unsigned sessions;          /* connections that it serves now */
};

struct agents {
	struct agent *rows; /* by pid */
	size_t count;
};

/* All that this user may see. Free with agents_free. */
void agents_scan(struct agents *agents);
void agents_free(struct agents *agents);

/* The agent of one process; false when it has none. */
bool agents_find(const struct process *process, struct agent *agent);

/* The directory of the agent's socket in our own view of the files, by way of /proc/PID where that
 * is another one. */
void agents_directory(const struct agent *agent, char *path, size_t size);

/* The path by which people know the socket. */
void agents_socket_name(const struct agent *agent, char *path, size_t size);

/* The second place to look for the socket of a process, by the rule alone; false when there is
 * nothing. For processes whose descriptors and namespaces are hidden from us. */
bool agents_find_by_rule(const struct process *process, struct agent *agent);

/* Takes a line of the kernel's table apart; false when it is no socket named NUMBER.sock. Pure. */
bool agents_parse_socket(const char *line, struct agent_socket *entry);

#endif
