/* agent_channel.h - frames out to one console, from whichever of two threads has something to say.
 *
 * The session's thread writes and waits for the client to read (back-pressure: a statement that
 * prints 100 MB runs as fast as its reader reads). The server's thread answers for a session that
 * cannot; it never waits for a client. A frame goes out whole under the write lock. When the client
 * is gone the channel is broken for good, and every further send is a no-op. A request that the
 * server's thread answered in the session's place is muted: the session's own late answer is
 * swallowed.
 */
#ifndef MOONHEAP_AGENT_CHANNEL_H
#define MOONHEAP_AGENT_CHANNEL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <moonheap/protocol.h>

#include "agent_descriptor.h"

struct agent_field {
	const char *text;
	size_t length;
};

#define AGENT_CHANNEL_NFIELDS 8u         /* of a frame that is sent at once */
#define AGENT_CHANNEL_LOCK_NS 100000000u /* a thread that has just sent is about to unlock */

struct agent_channel {
	struct agent_descriptor socket; /* non-blocking */
	_Atomic bool broken;
	pthread_mutex_t write_lock;
	uint32_t muted; /* request id, under write_lock; 0: none */
};

void agent_channel_init(struct agent_channel *channel, int fd);
void agent_channel_fini(struct agent_channel *channel);

/* Send a frame and wait until it is out, or the client is gone (false). At most
 * AGENT_CHANNEL_NFIELDS fields. */
bool agent_channel_send(struct agent_channel *channel, enum protocol_type type, uint32_t request,
			const struct agent_field *fields, size_t nfields);

/* The same with a payload that is packed already. */
bool agent_channel_send_packed(struct agent_channel *channel, enum protocol_type type,
			       uint32_t request, const char *payload, size_t length);

/* Send without waiting for the client: false when the frame did not go out, because another has
 * been under way for AGENT_CHANNEL_LOCK_NS (a client that does not read it), or because there is no
 * room (then the channel is broken: half a frame is no frame). */
bool agent_channel_try_send(struct agent_channel *channel, enum protocol_type type,
			    uint32_t request, const struct agent_field *fields, size_t nfields);

/* The same, and from then on nobody else answers the request. */
bool agent_channel_answer_instead(struct agent_channel *channel, enum protocol_type type,
				  uint32_t request, const struct agent_field *fields,
				  size_t nfields);

/* Was the request answered instead? Forgets it. */
bool agent_channel_was_answered(struct agent_channel *channel, uint32_t request);

/* A decimal number as a field, in the caller's buffer. */
struct agent_field agent_field_number(char buffer[12], uint32_t number);
struct agent_field agent_field_text(const char *text);

#endif
