#include "agent_server.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent_thread.h"

#define DEAF_NS 1000000000u

static void refuse(int fd, const char *why)
{
	struct agent_channel channel;
	struct agent_field field = agent_field_text(why);

	agent_channel_init(&channel, fd);
	agent_channel_try_send(&channel, PROTOCOL_REFUSED, 0, &field, 1);
	agent_channel_fini(&channel);
	close(fd);
}

static bool is_welcome(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return false;
	return peer.uid == geteuid() || peer.uid == 0;
}

static void accept_one(struct agent_server *server)
{
	int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		/* Out of descriptors or memory: the client stays in the queue, and asking again at
		 * once would burn the host's CPU. */
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			server->deaf_until_ns = budget_now_ns() + DEAF_NS;
		return;
	}
	if (!is_welcome(fd)) {
		refuse(fd, "only the service's own user and root may attach to it");
		return;
	}
	for (size_t i = 0; i < AGENT_NSESSIONS; i++) {
		if (server->connections[i].open)
			continue;
		int error = agent_connection_open(&server->connections[i], server->config, fd,
						  server->wake);
		if (error != 0)
			refuse(fd, error == EAGAIN ? "no thread for the session: the service is at "
						     "its limit of threads"
						   : "no memory for the session");
		return;
	}
	refuse(fd, "four consoles are attached already; end one of them first");
}

/* Fills the poll set and returns the time-out in ms, -1 for none. */
static int prepare(struct agent_server *server, struct pollfd *set)
{
	uint64_t date = 0;

	set[0] = (struct pollfd){.fd = server->wake, .events = POLLIN};
	set[1] = (struct pollfd){.fd = server->listener, .events = POLLIN};
	if (server->deaf_until_ns > budget_now_ns()) {
		set[1].fd = -1;
		date = server->deaf_until_ns;
	}
	for (size_t i = 0; i < AGENT_NSESSIONS; i++) {
		struct agent_connection *connection = &server->connections[i];

		set[2 + i] = (struct pollfd){.fd = -1};
		if (connection->open && agent_connection_is_finished(connection))
			agent_connection_close(connection);
		if (!connection->open)
			continue;
		uint64_t wanted = agent_connection_tick(connection);
		if (wanted != 0 && (date == 0 || wanted < date))
			date = wanted;
		short events = agent_connection_events(connection);
		if (events != 0) {
			set[2 + i].fd = connection->channel.fd;
			set[2 + i].events = events;
		}
	}
	if (date == 0)
		return -1;
	uint64_t now = budget_now_ns();
	uint64_t ms = date <= now ? 0 : (date - now) / 1000000u + 1;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

static void *server_thread(void *argument)
{
	struct agent_server *server = argument;
	struct pollfd set[2 + AGENT_NSESSIONS];

	agent_thread_enter("moonheap-agent");
	while (!server->stop) {
		int timeout_ms = prepare(server, set);

		if (poll(set, 2 + AGENT_NSESSIONS, timeout_ms) <= 0)
			continue;
		if (set[0].revents != 0) {
			uint64_t count;
			ssize_t ignored = read(server->wake, &count, sizeof(count));
			(void)ignored;
		}
		for (size_t i = 0; i < AGENT_NSESSIONS; i++)
			if (set[2 + i].fd >= 0 && set[2 + i].revents != 0)
				agent_connection_receive(&server->connections[i],
							 set[2 + i].revents);
		if (set[1].revents != 0)
			accept_one(server);
	}
	return NULL;
}

int agent_server_start(struct agent_server *server, const struct agent_config *config, int listener)
{
	*server = (struct agent_server){.config = config, .listener = listener};
	server->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (server->wake < 0)
		return errno;
	int error = agent_thread_start(&server->thread, server_thread, server);
	if (error != 0)
		close(server->wake);
	return error;
}

void agent_server_stop(struct agent_server *server)
{
	uint64_t one = 1;

	server->stop = true;
	ssize_t ignored = write(server->wake, &one, sizeof(one));
	(void)ignored;
	pthread_join(server->thread, NULL);
	for (size_t i = 0; i < AGENT_NSESSIONS; i++) {
		struct agent_connection *connection = &server->connections[i];
		if (!connection->open)
			continue;
		agent_connection_hang_up(connection);
		agent_connection_close(connection);
	}
	close(server->listener);
	close(server->wake);
}

void agent_server_close_in_child(struct agent_server *server)
{
	close(server->listener);
	close(server->wake);
	for (size_t i = 0; i < AGENT_NSESSIONS; i++)
		if (server->connections[i].open)
			close(server->connections[i].channel.fd);
}
