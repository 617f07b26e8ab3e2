#include "transport.h"

#include "clock.h"
#include "interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define READ_SIZE         65536
#define END_NOTICED_IN_MS 300 /* sockets of a dying process close a moment before it is gone */

static int open_directory(const struct agent *agent)
{
	char path[PATH_MAX + 64];
	agents_directory(agent, path, sizeof path);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int explain_connect(const struct agent *agent, int error, struct failure *failure)
{
	const struct process *process = &agent->process;
	char user[64];
	switch (error) {
	case EACCES:
	case EPERM:
		if (process->uid == geteuid())
			return failure_set(
				failure, EXIT_REFUSED,
				"no permission to attach to %s (pid %d): it was started by "
				"another user, whose directory holds its socket; run moonheap "
				"as root",
				process->program, (int)process->pid);
		process_user_name(process->uid, user, sizeof user);
		return failure_set(failure, EXIT_REFUSED,
				   "no permission to attach to %s (pid %d): it belongs to %s; run "
				   "moonheap as %s%s",
				   process->program, (int)process->pid, user, user,
				   process->uid == 0 ? "" : " or as root");
	case EAGAIN:
		return failure_set(failure, EXIT_TIMEOUT,
				   "the agent of %s (pid %d) takes no connections; the process may "
				   "be stopped or overloaded",
				   process->program, (int)process->pid);
	case ENOENT:
	case ECONNREFUSED:
		return failure_set(failure, EXIT_REFUSED,
				   "the agent of %s (pid %d) does not listen any more on %s",
				   process->program, (int)process->pid, agent->socket_path);
	default:
		return failure_set(failure, EXIT_REFUSED, "cannot connect to %s (pid %d) by %s: %s",
				   process->program, (int)process->pid, agent->socket_path,
				   strerror(error));
	}
}

/* Connects below an open directory; 0 or the error. A full queue of connections is waited for. */
static int connect_below(int fd, int directory, const char *name, int64_t deadline_ms)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", directory, name);
	while (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
		if (errno != EAGAIN && errno != EINTR)
			return errno;
		if (clock_left_ms(deadline_ms) == 0 || interrupt_take())
			return EAGAIN;
		poll(NULL, 0, 10);
	}
	return 0;
}

/* The socket must be the target's own. A service that gave up root keeps root's name here. */
static int verify_peer(int fd, const struct agent *agent, struct failure *failure)
{
	const struct process *process = &agent->process;
	struct ucred peer;
	socklen_t length = sizeof peer;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
		return failure_set(failure, EXIT_REFUSED, "cannot verify who listens on %s: %s",
				   agent->socket_path, strerror(errno));
	if (peer.pid == process->pid && (peer.uid == process->uid || peer.uid == 0))
		return 0;
	return failure_set(failure, EXIT_REFUSED,
			   "%s belongs to pid %d of user %u and not to %s (pid %d of user %u); "
			   "nothing was sent to it",
			   agent->socket_path, (int)peer.pid, (unsigned)peer.uid, process->program,
			   (int)process->pid, (unsigned)process->uid);
}

/* Opens the socket's directory and connects in it; 0 or the error. */
static int connect_to(int fd, const struct agent *agent, int64_t deadline_ms)
{
	int directory = open_directory(agent);
	if (directory < 0)
		return errno;
	int error = connect_below(fd, directory, strrchr(agent->socket_path, '/') + 1, deadline_ms);
	close(directory);
	return error;
}

int transport_open(struct transport *transport, const struct agent *agent, int64_t deadline_ms,
		   struct failure *failure)
{
	struct agent second;
	*transport = (struct transport){.fd = -1, .pid = agent->process.pid};
	memcpy(transport->program, agent->process.program, sizeof transport->program);
	transport->pidfd = (int)syscall(SYS_pidfd_open, agent->process.pid, 0);
	transport->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error = transport->fd < 0 ? errno : connect_to(transport->fd, agent, deadline_ms);
	/* A process of ours may hide its descriptors (it is not dumpable). */
	if ((error == EACCES || error == ENOENT) && agents_find_by_rule(&agent->process, &second))
		error = connect_to(transport->fd, &second, deadline_ms);
	int code = error != 0 ? explain_connect(agent, error, failure)
			      : verify_peer(transport->fd, agent, failure);
	if (code != 0)
		transport_close(transport);
	return code;
}

void transport_close(struct transport *transport)
{
	if (transport->fd >= 0)
		close(transport->fd);
	if (transport->pidfd >= 0)
		close(transport->pidfd);
	transport->fd = transport->pidfd = -1;
	frame_reader_free(&transport->reader);
}

static int send_bytes(struct transport *transport, const void *bytes, size_t length, int flags,
		      int64_t deadline_ms, struct failure *failure)
{
	const char *at = bytes;
	while (length > 0) {
		ssize_t sent = send(transport->fd, at, length, MSG_NOSIGNAL | flags);
		if (sent >= 0) {
			at += sent;
			length -= (size_t)sent;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return transport_explain_loss(transport, failure);
		struct pollfd writable = {.fd = transport->fd, .events = POLLOUT};
		if (poll(&writable, 1, clock_left_ms(deadline_ms)) == 0)
			return transport_explain_silence(transport, "take a request in time",
							 failure);
	}
	return 0;
}

int transport_send(struct transport *transport, enum protocol_type type, uint32_t request,
		   const struct buffer *payload, int64_t deadline_ms, struct failure *failure)
{
	unsigned char header[PROTOCOL_HEADER_SIZE];
	size_t length = payload == NULL ? 0 : payload->length;
	protocol_pack(header, (struct protocol_header){.length = (uint32_t)length,
						       .type = (uint16_t)type,
						       .request = request});
	int code = send_bytes(transport, header, sizeof header, length > 0 ? MSG_MORE : 0,
			      deadline_ms, failure);
	if (code != 0 || length == 0)
		return code;
	return send_bytes(transport, payload->bytes, length, 0, deadline_ms, failure);
}

/* Takes what the socket has; false when no more will come. */
static bool receive(struct transport *transport)
{
	char *room = frame_reader_room(&transport->reader, READ_SIZE);
	ssize_t length = recv(transport->fd, room, READ_SIZE, 0);
	if (length > 0)
		frame_reader_came(&transport->reader, (size_t)length);
	return length > 0 || (length < 0 && (errno == EAGAIN || errno == EINTR));
}

#define OTHERS_MAX 4

enum transport_event transport_next(struct transport *transport, struct frame *frame,
				    int64_t deadline_ms, struct pollfd *others, size_t nothers)
{
	struct pollfd watched[OTHERS_MAX + 1] = {{.fd = transport->fd, .events = POLLIN}};
	for (;;) {
		switch (frame_next(&transport->reader, frame)) {
		case FRAME_READY:
			return TRANSPORT_FRAME;
		case FRAME_TOO_LONG:
			snprintf(transport->lost, sizeof transport->lost,
				 "sent a frame longer than the protocol allows; it is no Moonheap "
				 "agent, or one of another version");
			return TRANSPORT_LOST;
		case FRAME_NEEDS_MORE:
			break;
		}
		for (size_t i = 0; i < nothers && i < OTHERS_MAX; i++)
			watched[i + 1] = others[i];
		int ready = poll(watched, (nfds_t)(1 + nothers), clock_left_ms(deadline_ms));
		for (size_t i = 0; i < nothers && i < OTHERS_MAX; i++)
			others[i].revents = ready > 0 ? watched[i + 1].revents : 0;
		if (ready == 0)
			return TRANSPORT_TIMEOUT;
		if (ready < 0)
			continue;
		if (watched[0].revents != 0 && !receive(transport))
			return TRANSPORT_LOST;
		for (size_t i = 0; i < nothers && i < OTHERS_MAX; i++)
			if (others[i].revents != 0)
				return TRANSPORT_OTHER;
	}
}

static bool process_has_ended(const struct transport *transport)
{
	if (transport->pidfd >= 0) {
		struct pollfd end = {.fd = transport->pidfd, .events = POLLIN};
		return poll(&end, 1, END_NOTICED_IN_MS) > 0;
	}
	struct process process;
	return !process_read(transport->pid, &process) || process.state == 'Z';
}

int transport_explain_loss(struct transport *transport, struct failure *failure)
{
	const char *program = transport->program;
	int pid = (int)transport->pid;
	if (transport->lost[0] != '\0')
		return failure_set(failure, EXIT_LOST, "%s (pid %d) %s", program, pid,
				   transport->lost);
	if (process_has_ended(transport))
		return failure_set(failure, EXIT_LOST,
				   "%s (pid %d) has ended while we were attached", program, pid);
	return failure_set(failure, EXIT_LOST,
			   "the agent of %s (pid %d) closed the connection; the process still runs",
			   program, pid);
}

int transport_explain_silence(const struct transport *transport, const char *waited_for,
			      struct failure *failure)
{
	struct process process;
	bool alive = process_read(transport->pid, &process);
	const char *why = "its agent is busy, or starved of CPU";
	if (!alive)
		why = "it has ended";
	else if (process.state == 'T' || process.state == 't')
		why = "it is stopped, by a signal or a debugger";
	else if (process.state == 'D')
		why = "it waits for the disk";
	return failure_set(failure, EXIT_TIMEOUT, "%s (pid %d) did not %s: %s", transport->program,
			   (int)transport->pid, waited_for, why);
}
