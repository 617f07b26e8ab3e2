#include "agent_connection.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#include "agent_thread.h"

#define FRAME_BYTES (PROTOCOL_HEADER_SIZE + PROTOCOL_PAYLOAD_MAX)
#define KEEP_BYTES  ((size_t)64 << 10) /* of a frame buffer that stay resident */

/* --- the session's thread ----------------------------------------------------------------- */

static void sleep_until_stopped(void *owner, uint64_t ns)
{
	struct agent_connection *connection = owner;
	uint64_t until = budget_now_ns() + ns;
	struct timespec date = {.tv_sec = (time_t)(until / 1000000000u),
				.tv_nsec = (long)(until % 1000000000u)};

	pthread_mutex_lock(&connection->lock);
	while (connection->stopping == BUDGET_RUNS)
		if (pthread_cond_timedwait(&connection->changed, &connection->lock, &date) != 0)
			break;
	pthread_mutex_unlock(&connection->lock);
}

/* The statement has ended: whoever asked for that is told so. */
static void answer_cancel(struct agent_connection *connection, uint32_t request)
{
	char number[12], zero[12];
	struct agent_field fields[] = {agent_field_number(number, PROTOCOL_OK),
				       agent_field_text(""), agent_field_number(zero, 0)};

	agent_channel_send(&connection->channel, PROTOCOL_RESULT, request, fields, 3);
}

static void *session_thread(void *argument)
{
	struct agent_connection *connection = argument;
	bool goes_on = true;

	agent_thread_enter("moonheap-lua");
	pthread_mutex_lock(&connection->lock);
	while (goes_on) {
		while (!connection->busy && !connection->hangup)
			pthread_cond_wait(&connection->changed, &connection->lock);
		if (connection->hangup)
			break;
		uint64_t limit_ms = agent_session_limit_ms(
			connection->header, connection->handed + PROTOCOL_HEADER_SIZE);
		if (limit_ms != 0) {
			connection->give_up_ns =
				budget_now_ns() + limit_ms * 1000000u + AGENT_PATIENCE_NS;
			agent_wake_ring(connection->server_wake);
		}
		pthread_mutex_unlock(&connection->lock);

		goes_on = agent_session_handle(connection->session, connection->header,
					       connection->handed + PROTOCOL_HEADER_SIZE);

		pthread_mutex_lock(&connection->lock);
		uint32_t cancel_request = connection->cancel_request;
		connection->busy = false;
		connection->cancel_request = 0;
		connection->give_up_ns = 0;
		connection->given_up = false;
		agent_wake_ring(connection->server_wake);
		if (cancel_request != 0) {
			pthread_mutex_unlock(&connection->lock);
			answer_cancel(connection, cancel_request);
			pthread_mutex_lock(&connection->lock);
		}
	}
	connection->finished = true;
	pthread_mutex_unlock(&connection->lock);
	agent_wake_ring(connection->server_wake);
	return NULL;
}

/* --- the server's thread ------------------------------------------------------------------ */

static unsigned char *map_frame(void)
{
	void *frame = mmap(NULL, FRAME_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return frame == MAP_FAILED ? NULL : frame;
}

static void unmap_frame(unsigned char *frame)
{
	if (frame != NULL)
		munmap(frame, FRAME_BYTES);
}

int agent_connection_open(struct agent_connection *connection, const struct agent_config *config,
			  int fd, const struct agent_wake *server_wake)
{
	pthread_condattr_t attributes;
	int error = ENOMEM;

	*connection = (struct agent_connection){.config = config, .server_wake = server_wake};
	agent_channel_init(&connection->channel, fd);
	pthread_mutex_init(&connection->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&connection->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	connection->incoming = map_frame();
	connection->handed = map_frame();
	connection->session =
		agent_session_create(config, &connection->channel, sleep_until_stopped, connection);
	if (connection->incoming != NULL && connection->handed != NULL &&
	    connection->session != NULL)
		error = agent_thread_start(&connection->thread, session_thread, connection);
	if (error == 0) {
		connection->open = true;
		return 0;
	}
	if (connection->session != NULL)
		agent_session_destroy(connection->session);
	unmap_frame(connection->incoming);
	unmap_frame(connection->handed);
	pthread_cond_destroy(&connection->changed);
	pthread_mutex_destroy(&connection->lock);
	agent_channel_fini(&connection->channel);
	return error;
}

void agent_connection_close(struct agent_connection *connection)
{
	pthread_join(connection->thread, NULL);
	agent_session_destroy(connection->session);
	unmap_frame(connection->incoming);
	unmap_frame(connection->handed);
	agent_descriptor_close(&connection->channel.socket);
	pthread_cond_destroy(&connection->changed);
	pthread_mutex_destroy(&connection->lock);
	agent_channel_fini(&connection->channel);
	connection->open = false;
}

bool agent_connection_is_finished(struct agent_connection *connection)
{
	pthread_mutex_lock(&connection->lock);
	bool finished = connection->finished;
	pthread_mutex_unlock(&connection->lock);
	return finished;
}

/* Under lock: stop what runs. */
static void stop_locked(struct agent_connection *connection, enum budget_reason reason)
{
	connection->stopping = reason;
	if (connection->give_up_ns == 0 || reason != BUDGET_TIMEOUT)
		connection->give_up_ns = budget_now_ns() + AGENT_PATIENCE_NS;
	agent_session_stop(connection->session, reason);
	pthread_cond_signal(&connection->changed);
}

void agent_connection_hang_up(struct agent_connection *connection)
{
	pthread_mutex_lock(&connection->lock);
	if (!connection->hangup) {
		connection->hangup = true;
		stop_locked(connection, BUDGET_HANGUP);
	}
	pthread_mutex_unlock(&connection->lock);
	/* A session that waits for this client to read must not wait for ever. */
	if (agent_descriptor_is_ours(&connection->channel.socket))
		shutdown(connection->channel.socket.fd, SHUT_RDWR);
}

static void refuse(struct agent_connection *connection, const char *why)
{
	struct agent_field field = agent_field_text(why);

	agent_channel_try_send(&connection->channel, PROTOCOL_REFUSED, 0, &field, 1);
	agent_connection_hang_up(connection);
}

static void answer_result(struct agent_connection *connection, uint32_t request,
			  enum protocol_status status, const char *text)
{
	char status_text[12], exit_text[12];
	struct agent_field fields[] = {
		agent_field_number(status_text, (uint32_t)status), agent_field_text(text),
		agent_field_number(exit_text, status == PROTOCOL_OK ? 0 : 1)};

	/* A client whose answers cannot be sent must not wait for them. */
	if (!agent_channel_try_send(&connection->channel, PROTOCOL_RESULT, request, fields, 3))
		agent_connection_hang_up(connection);
}

static void cancel(struct agent_connection *connection, struct protocol_header header)
{
	const unsigned char *payload = connection->incoming + PROTOCOL_HEADER_SIZE;
	const char *text = "";
	uint32_t offset = 0, length = 0, request = 0;
	bool deferred = false;

	if (protocol_next_field(payload, header.length, &offset, &text, &length))
		for (uint32_t i = 0; i < length && i < 10 && text[i] >= '0' && text[i] <= '9'; i++)
			request = request * 10 + (uint32_t)(text[i] - '0');
	pthread_mutex_lock(&connection->lock);
	if (connection->busy && !connection->given_up && connection->cancel_request == 0 &&
	    connection->header.request == request) {
		stop_locked(connection, BUDGET_CANCELLED);
		connection->cancel_request = header.request;
		deferred = true;
	}
	pthread_mutex_unlock(&connection->lock);
	if (!deferred) /* it has ended already, which is what was wanted */
		answer_result(connection, header.request, PROTOCOL_OK, "");
}

/* Give the received frame to the session; it must not be busy. */
static void hand_over(struct agent_connection *connection)
{
	unsigned char *frame = connection->incoming;

	pthread_mutex_lock(&connection->lock);
	connection->incoming = connection->handed;
	connection->handed = frame;
	connection->header = protocol_unpack(frame);
	connection->stopping = connection->hangup ? BUDGET_HANGUP : BUDGET_RUNS;
	if (!connection->hangup)
		agent_session_rearm(connection->session);
	connection->busy = true;
	pthread_cond_signal(&connection->changed);
	pthread_mutex_unlock(&connection->lock);
	/* What a big frame made resident goes back. */
	madvise(connection->incoming + KEEP_BYTES,
		(FRAME_BYTES - KEEP_BYTES) / KEEP_BYTES * KEEP_BYTES, MADV_DONTNEED);
	connection->received = 0;
	connection->held = false;
}

/* The session is stuck and was answered for: it cannot take this frame. */
static void answer_for_stuck(struct agent_connection *connection, struct protocol_header header)
{
	struct agent_field nothing =
		agent_field_text("not known: a call inside the allocator has not returned");

	if (header.type == PROTOCOL_CLOSE) {
		agent_channel_try_send(&connection->channel, PROTOCOL_GOODBYE, header.request,
				       &nothing, 1);
		agent_connection_hang_up(connection);
		return;
	}
	answer_result(connection, header.request, PROTOCOL_LUA_ERROR,
		      "the statement before is still inside a call of the allocator; this session "
		      "can go on when it returns");
	connection->received = 0;
}

static void frame_is_complete(struct agent_connection *connection, struct protocol_header header)
{
	if (header.type == PROTOCOL_CANCEL) {
		cancel(connection, header);
		connection->received = 0;
		return;
	}
	pthread_mutex_lock(&connection->lock);
	bool busy = connection->busy, given_up = connection->given_up;
	pthread_mutex_unlock(&connection->lock);
	if (busy && given_up)
		answer_for_stuck(connection, header);
	else if (busy)
		connection->held = true;
	else
		hand_over(connection);
}

short agent_connection_events(struct agent_connection *connection)
{
	if (connection->hangup) /* only this thread sets it */
		return 0;
	return connection->held ? POLLRDHUP : POLLIN;
}

/* Receives what belongs to the current frame and no more, so that frames never share a buffer. */
static bool receive_more(struct agent_connection *connection)
{
	size_t want = PROTOCOL_HEADER_SIZE;

	if (connection->received >= PROTOCOL_HEADER_SIZE) {
		struct protocol_header header = protocol_unpack(connection->incoming);
		if (header.length > PROTOCOL_PAYLOAD_MAX) {
			refuse(connection, "a frame is longer than the protocol allows (1 MiB)");
			return false;
		}
		want += header.length;
		if (connection->received == want) {
			frame_is_complete(connection, header);
			return !connection->held && !connection->hangup;
		}
	}
	ssize_t n = recv(connection->channel.socket.fd, connection->incoming + connection->received,
			 want - connection->received, MSG_DONTWAIT);
	if (n > 0) {
		connection->received += (size_t)n;
		return true;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		agent_connection_hang_up(connection);
	return n < 0 && errno == EINTR;
}

void agent_connection_receive(struct agent_connection *connection, short events)
{
	if (!agent_descriptor_is_ours(&connection->channel.socket)) {
		agent_connection_hang_up(connection);
		return;
	}
	if (connection->held) {
		if (events & (POLLHUP | POLLERR | POLLRDHUP))
			agent_connection_hang_up(connection);
		return;
	}
	while (receive_more(connection))
		;
}

static void answer_overdue(struct agent_connection *connection, enum budget_reason stopping,
			   uint32_t request, uint32_t cancel_request)
{
	const char *inside = agent_session_inside(connection->session);
	bool timeout = stopping == BUDGET_RUNS || stopping == BUDGET_TIMEOUT;
	char text[256], status[12], exit_code[12];

	snprintf(text, sizeof(text),
		 "%s, but still inside %s: the session's variables are dropped when that returns",
		 timeout ? "stopped by its time limit" : "cancelled",
		 inside != NULL ? inside : "a C function");
	struct agent_field fields[] = {
		agent_field_number(status, timeout ? PROTOCOL_TIMEOUT : PROTOCOL_CANCELLED),
		agent_field_text(text), agent_field_number(exit_code, timeout ? 5 : 1)};
	/* When another frame is under way the session is not stuck: its client does not read. */
	if (!agent_channel_answer_instead(&connection->channel, PROTOCOL_RESULT, request, fields,
					  3))
		return;
	pthread_mutex_lock(&connection->lock);
	connection->given_up = true;
	if (connection->cancel_request == cancel_request)
		connection->cancel_request = 0;
	pthread_mutex_unlock(&connection->lock);
	if (cancel_request != 0)
		answer_result(connection, cancel_request, PROTOCOL_OK, "");
}

uint64_t agent_connection_tick(struct agent_connection *connection)
{
	uint64_t come_back = 0;

	pthread_mutex_lock(&connection->lock);
	bool busy = connection->busy;
	bool waits = busy && connection->give_up_ns != 0 && !connection->hangup;
	bool overdue = waits && budget_now_ns() >= connection->give_up_ns;
	enum budget_reason stopping = connection->stopping;
	uint32_t request = connection->header.request;
	uint32_t cancel_request = connection->cancel_request;
	if (overdue)
		connection->give_up_ns = 0;
	else if (waits)
		come_back = connection->give_up_ns;
	pthread_mutex_unlock(&connection->lock);
	if (!busy && connection->held && !connection->hangup)
		hand_over(connection);
	if (overdue)
		answer_overdue(connection, stopping, request, cancel_request);
	return come_back;
}
