/* agent_server.h - accepts consoles and serves them: the agent's one permanent thread.
 *
 * It sleeps in poll(2) without a time-out, so an idle agent costs no CPU. At most
 * AGENT_NSESSIONS consoles at a time; one more is refused in words. Only the process's own
 * effective user and root are let in, whatever the socket's mode says.
 *
 * A service that closes all descriptors closes ours as well: then the server ends its sessions and
 * listens again at the same place, and where that cannot be done it ends itself.
 */
#ifndef MOONHEAP_AGENT_SERVER_H
#define MOONHEAP_AGENT_SERVER_H

#include "agent_connection.h"
#include "agent_socket.h"
#include "agent_wake.h"

#define AGENT_NSESSIONS 4u

struct agent_server {
	const struct agent_config *config;
	struct agent_socket *socket;
	struct agent_wake wake;
	struct agent_descriptor accepted; /* on its way to become a connection; fd -1: none */
	uint64_t deaf_until_ns; /* accepting failed for want of descriptors: try again then */
	pthread_t thread;
	bool is_over; /* the thread has nothing more to do with this; atomic */
	struct agent_connection connections[AGENT_NSESSIONS];
};

/* Get ready to serve a socket, which stays the caller's. 0, or an errno. */
int agent_server_open(struct agent_server *server, const struct agent_config *config,
		      struct agent_socket *socket);
/* Start the thread. 0, or an errno; then close it. */
int agent_server_start(struct agent_server *server);
void agent_server_close(struct agent_server *server);

/* Has it ended by itself? Then it may be started again. */
bool agent_server_is_over(const struct agent_server *server);

/* In a forked child, where none of the threads exist: close what was inherited. */
void agent_server_close_in_child(struct agent_server *server);

#endif
