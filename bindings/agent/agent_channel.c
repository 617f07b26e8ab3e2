#include "agent_channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#define LOCK_PAUSE_NS 500000u

/* How long to wait for a client before the socket is looked at again: its end wakes nobody once the
 * service has closed our number. */
#define LOOK_AGAIN_MS 1000

void agent_channel_init(struct agent_channel *channel, int fd)
{
	channel->socket = agent_descriptor_note(fd);
	channel->broken = false;
	channel->muted = 0;
	pthread_mutex_init(&channel->write_lock, NULL);
}

void agent_channel_fini(struct agent_channel *channel)
{
	pthread_mutex_destroy(&channel->write_lock);
}

struct agent_field agent_field_text(const char *text)
{
	return (struct agent_field){text, strlen(text)};
}

struct agent_field agent_field_number(char buffer[12], uint32_t number)
{
	char *p = buffer + 12;

	do {
		*--p = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	return (struct agent_field){p, (size_t)(buffer + 12 - p)};
}

/* Writes all of it, under the write lock. */
static bool send_all(struct agent_channel *channel, struct iovec *parts, size_t nparts, bool wait)
{
	while (nparts > 0 && !channel->broken) {
		struct msghdr message = {.msg_iov = parts, .msg_iovlen = nparts};
		if (!agent_descriptor_is_ours(&channel->socket)) {
			channel->broken = true;
			break;
		}
		ssize_t sent = sendmsg(channel->socket.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN && wait) {
			struct pollfd ready = {.fd = channel->socket.fd, .events = POLLOUT};
			poll(&ready, 1, LOOK_AGAIN_MS);
			continue;
		}
		if (sent < 0) {
			channel->broken = true;
			break;
		}
		size_t done = (size_t)sent;
		while (nparts > 0 && done >= parts->iov_len) {
			done -= parts->iov_len;
			parts++;
			nparts--;
		}
		if (nparts > 0) {
			parts->iov_base = (char *)parts->iov_base + done;
			parts->iov_len -= done;
		}
	}
	return !channel->broken;
}

static struct iovec part(const void *bytes, size_t length)
{
	return (struct iovec){(void *)(uintptr_t)bytes, length};
}

static bool send_fields(struct agent_channel *channel, enum protocol_type type, uint32_t request,
			const struct agent_field *fields, size_t nfields, bool wait)
{
	unsigned char header[PROTOCOL_HEADER_SIZE] = {0}; /* packed when the length is known */
	unsigned char lengths[AGENT_CHANNEL_NFIELDS][4];
	struct iovec parts[1 + 2 * AGENT_CHANNEL_NFIELDS];
	size_t nparts = 0, length = 0;

	parts[nparts++] = part(header, sizeof(header));
	for (size_t i = 0; i < nfields && i < AGENT_CHANNEL_NFIELDS; i++) {
		protocol_put32(lengths[i], (uint32_t)fields[i].length);
		parts[nparts++] = part(lengths[i], 4);
		if (fields[i].length > 0)
			parts[nparts++] = part(fields[i].text, fields[i].length);
		length += 4 + fields[i].length;
	}
	protocol_pack(header, (struct protocol_header){.length = (uint32_t)length,
						       .type = (uint16_t)type,
						       .request = request});
	return send_all(channel, parts, nparts, wait);
}

bool agent_channel_send(struct agent_channel *channel, enum protocol_type type, uint32_t request,
			const struct agent_field *fields, size_t nfields)
{
	bool sent = false;

	pthread_mutex_lock(&channel->write_lock);
	if (request == 0 || channel->muted != request)
		sent = send_fields(channel, type, request, fields, nfields, true);
	pthread_mutex_unlock(&channel->write_lock);
	return sent;
}

bool agent_channel_send_packed(struct agent_channel *channel, enum protocol_type type,
			       uint32_t request, const char *payload, size_t length)
{
	unsigned char header[PROTOCOL_HEADER_SIZE];
	bool sent = false;

	protocol_pack(header, (struct protocol_header){.length = (uint32_t)length,
						       .type = (uint16_t)type,
						       .request = request});
	struct iovec parts[2] = {part(header, sizeof(header)), part(payload, length)};
	pthread_mutex_lock(&channel->write_lock);
	if (request == 0 || channel->muted != request)
		sent = send_all(channel, parts, length > 0 ? 2 : 1, true);
	pthread_mutex_unlock(&channel->write_lock);
	return sent;
}

/* Not pthread_mutex_timedlock, whose clock may be set. */
static bool lock_soon(struct agent_channel *channel)
{
	static const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};

	for (unsigned tries = AGENT_CHANNEL_LOCK_NS / LOCK_PAUSE_NS; tries > 0; tries--) {
		if (pthread_mutex_trylock(&channel->write_lock) == 0)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

bool agent_channel_try_send(struct agent_channel *channel, enum protocol_type type,
			    uint32_t request, const struct agent_field *fields, size_t nfields)
{
	if (!lock_soon(channel))
		return false;
	bool sent = send_fields(channel, type, request, fields, nfields, false);
	pthread_mutex_unlock(&channel->write_lock);
	return sent;
}

bool agent_channel_answer_instead(struct agent_channel *channel, enum protocol_type type,
				  uint32_t request, const struct agent_field *fields,
				  size_t nfields)
{
	if (!lock_soon(channel))
		return false;
	bool sent = send_fields(channel, type, request, fields, nfields, false);
	channel->muted = request;
	pthread_mutex_unlock(&channel->write_lock);
	return sent;
}

bool agent_channel_was_answered(struct agent_channel *channel, uint32_t request)
{
	pthread_mutex_lock(&channel->write_lock);
	bool was = request != 0 && channel->muted == request;
	if (was)
		channel->muted = 0;
	pthread_mutex_unlock(&channel->write_lock);
	return was;
}
