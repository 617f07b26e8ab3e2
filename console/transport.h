/* transport.h - the connection to one agent: found, verified, frames out, frames in.
 *
 * Connecting goes through the directory of the socket as the target sees it, so mount namespaces
 * and long paths do not matter. The peer must be the process that the user named: its pid and uid
 * are compared with the kernel's word (SO_PEERCRED) before anything is sent. A pidfd tells later
 * whether a lost connection means that the process ended. Nothing here blocks past its deadline.
 */
#ifndef CONSOLE_TRANSPORT_H
#define CONSOLE_TRANSPORT_H

#include "agents.h"
#include "failure.h"
#include "frame.h"

#include <poll.h>

struct transport {
	int fd;
	int pidfd; /* -1 where the kernel has none */
	pid_t pid;
	char program[64];
	struct frame_reader reader;
	char lost[160]; /* why no more frames come, when it is not simply the end of the stream */
};

enum transport_event {
	TRANSPORT_FRAME,
	TRANSPORT_OTHER,   /* one of the other descriptors has something */
	TRANSPORT_TIMEOUT, /* the deadline has passed */
	TRANSPORT_LOST,    /* transport_explain_loss has the words */
};

int transport_open(struct transport *transport, const struct agent *agent, int64_t deadline_ms,
		   struct failure *failure);
void transport_close(struct transport *transport);

/* 0, or EXIT_LOST or EXIT_TIMEOUT. The payload is at most PROTOCOL_PAYLOAD_MAX bytes. */
int transport_send(struct transport *transport, enum protocol_type type, uint32_t request,
		   const struct buffer *payload, int64_t deadline_ms, struct failure *failure);

/* Waits for the next frame, or for one of the others (their revents are filled), until the
 * deadline. A frame lives until the next call. */
enum transport_event transport_next(struct transport *transport, struct frame *frame,
				    int64_t deadline_ms, struct pollfd *others, size_t nothers);

/* Says what became of the process; EXIT_LOST. */
int transport_explain_loss(struct transport *transport, struct failure *failure);

/* Says why an answer may be missing: stopped, frozen, busy; EXIT_TIMEOUT. */
int transport_explain_silence(const struct transport *transport, const char *waited_for,
			      struct failure *failure);

#endif
