/* agent_wake.h - wakes the server's thread out of poll(2): a pair of sockets, whose inodes are
 * their own, unlike an eventfd's, so that each end is told from what a service put in its place.
 */
#ifndef MOONHEAP_AGENT_WAKE_H
#define MOONHEAP_AGENT_WAKE_H

#include "agent_descriptor.h"

struct agent_wake {
	struct agent_descriptor sleeper; /* to poll: readable when somebody rang */
	struct agent_descriptor bell;
};

/* 0, or an errno. */
int agent_wake_open(struct agent_wake *wake);
void agent_wake_close(struct agent_wake *wake);

/* Any thread. Without effect once an end is not ours any more. */
void agent_wake_ring(const struct agent_wake *wake);
/* Forgets what was rung until now. */
void agent_wake_clear(const struct agent_wake *wake);

#endif
