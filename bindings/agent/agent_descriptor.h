/* agent_descriptor.h - file descriptors of ours in a process that is somebody else's.
 *
 * Some services close every descriptor that they did not open themselves, ours with them; the next
 * one that they open would have the number that we remember, and what we read, write, accept and
 * close would be theirs. So our numbers are high, where a service that has few does not come by,
 * and what is behind a number is looked at before it is used. That is for what has an inode of its
 * own: anonymous ones, as of an eventfd, look alike.
 */
#ifndef MOONHEAP_AGENT_DESCRIPTOR_H
#define MOONHEAP_AGENT_DESCRIPTOR_H

#include <stdbool.h>
#include <sys/types.h>

struct agent_descriptor {
	int fd; /* -1: none */
	dev_t device;
	ino_t inode;
};

/* Moves a descriptor to a high number, where there is one, and returns it; -1 stays -1. */
int agent_descriptor_raise(int fd);

/* Notes what is behind a descriptor. */
struct agent_descriptor agent_descriptor_note(int fd);

/* Both. */
struct agent_descriptor agent_descriptor_keep(int fd);

/* Is what was noted still behind the number? */
bool agent_descriptor_is_ours(const struct agent_descriptor *descriptor);

/* Closes it, if it is still ours; then there is none. */
void agent_descriptor_close(struct agent_descriptor *descriptor);

#endif
