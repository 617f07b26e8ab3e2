/* process.h - what /proc says about a process, as far as finding and naming it needs.
 *
 * The facts are a snapshot; a pid may be reused afterwards, so whoever connects compares the peer's
 * credentials and keeps a pidfd.
 */
#ifndef CONSOLE_PROCESS_H
#define CONSOLE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
	pid_t pid;
	pid_t inner_pid; /* its pid in its own pid namespace */
	uid_t uid;       /* effective */
	char state;      /* R S D T Z …, as in /proc/PID/status */
	uint64_t rss_bytes;
	char program[64]; /* harmless for a terminal */
};

/* False when there is no such process. */
bool process_read(pid_t pid, struct process *process);

/* Does the process go by this name: its own one, its executable's, or argv[0]'s? */
bool process_is_named(const struct process *process, const char *name);

/* The allocator that its mappings show: "moonheap", "jemalloc", "libc" …, "other"; "" when they
 * cannot be read. */
const char *process_allocator(pid_t pid);

/* Names of a user id, for messages; the number when there is no name. */
void process_user_name(uid_t uid, char *name, size_t size);

/* Calls visit with every pid until it returns false. */
void process_each(bool (*visit)(pid_t pid, void *opaque), void *opaque);

#endif
