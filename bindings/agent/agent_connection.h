/* agent_connection.h - one console's connection: a socket that the server's thread reads, and a
 * thread of its own that answers.
 *
 * The server's thread receives frames and hands them over one at a time; a session's thread that
 * has nothing to answer sleeps on a condition. Because the reading goes on while a statement runs,
 * CANCEL and a client's death are seen at once, whatever the session is doing. When a statement
 * does not end within AGENT_PATIENCE_NS of being stopped (a long call inside the allocator), the
 * server's thread answers in its place; the session's Lua state is dropped when the call returns.
 *
 * `lock` guards the fields between its line and the next; the rest belongs to the thread named.
 * Lock order: lock, then the channel's write lock.
 */
#ifndef MOONHEAP_AGENT_CONNECTION_H
#define MOONHEAP_AGENT_CONNECTION_H

#include <pthread.h>

#include "agent_session.h"
#include "agent_wake.h"

#define AGENT_PATIENCE_NS 2000000000ull

struct agent_connection {
	/* set once */
	const struct agent_config *config;
	struct agent_channel channel;
	struct agent_session *session;
	pthread_t thread;
	const struct agent_wake *server_wake; /* its thread has something to look at */

	/* the server's thread */
	bool open;
	unsigned char *incoming; /* the frame that is being received */
	size_t received;
	bool held; /* it is complete, and waits for the session */

	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool busy; /* the session's thread answers `handed` */
	bool hangup;
	bool finished; /* the session's thread is about to end */
	struct protocol_header header;
	unsigned char *handed;
	uint32_t cancel_request; /* to be answered when the statement has ended, 0: none */
	enum budget_reason stopping;
	uint64_t give_up_ns; /* answer in the session's place then; 0: never */
	bool given_up;
};

/* Take over a connected socket. 0, or an errno. */
int agent_connection_open(struct agent_connection *connection, const struct agent_config *config,
			  int fd, const struct agent_wake *server_wake);

/* The client is gone, or has to go: stop what runs; the thread finishes soon. */
void agent_connection_hang_up(struct agent_connection *connection);

/* The thread has finished, or will: join it and free everything. */
void agent_connection_close(struct agent_connection *connection);

bool agent_connection_is_finished(struct agent_connection *connection);

/* What poll(2) should wait for: 0 when nothing but the client's death is of interest. */
short agent_connection_events(struct agent_connection *connection);

/* The socket has something to say. */
void agent_connection_receive(struct agent_connection *connection, short events);

/* Hand over a frame that was held, and answer for a session that is overdue. Returns when to come
 * back (CLOCK_MONOTONIC ns), 0: no date. */
uint64_t agent_connection_tick(struct agent_connection *connection);

#endif
