/* agent_session.h - what one console may say, and what is answered.
 *
 * A session owns a Lua state, its role, its journal and its output buffers, all in memory mapped
 * for it. It is handed one request frame at a time and answers through its channel; who reads
 * frames, and on which thread, is agent_connection's business. One thread at a time, except
 * agent_session_stop.
 */
#ifndef MOONHEAP_AGENT_SESSION_H
#define MOONHEAP_AGENT_SESSION_H

#include <stdbool.h>

#include <moonheap/protocol.h>

#include "agent_channel.h"
#include "agent_sandbox.h"

/* What all sessions of an agent share; set once at start. */
struct agent_config {
	const struct target *target;
	size_t memory_limit; /* of each session */
};

struct agent_session;

/* How a session waits: returns early when somebody stops the statement. */
typedef void agent_session_sleep(void *owner, uint64_t ns);

/* Maps a session; NULL when the system has no memory. `owner` is handed to sleep. */
struct agent_session *agent_session_create(const struct agent_config *config,
					   struct agent_channel *channel,
					   agent_session_sleep *sleep, void *owner);
void agent_session_destroy(struct agent_session *session);

/* Answer a request. false: the session is over. */
bool agent_session_handle(struct agent_session *session, struct protocol_header header,
			  const unsigned char *payload);

/* Ask the running statement to stop; any thread. */
void agent_session_stop(struct agent_session *session, enum budget_reason reason);

/* No statement is running and the next may: called before a request is handed over. */
void agent_session_rearm(struct agent_session *session);

/* The limit (CLOCK_MONOTONIC ns, 0 none) that the request sets for itself; reads only the frame. */
uint64_t agent_session_limit_ms(struct protocol_header header, const unsigned char *payload);

/* Where in the allocator the session is at this moment (a path), NULL when it is not; any thread.
 */
const char *agent_session_inside(struct agent_session *session);

#endif
