#include "agent_server.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
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

/* A child that is forked from now on closes it, until it is a connection's, which it closes too. */
static int accept_noted(struct agent_server *server)
{
	pthread_mutex_lock(&server->socket->lock);
	server->accepted = agent_descriptor_keep(
		accept4(server->socket->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
	pthread_mutex_unlock(&server->socket->lock);
	return server->accepted.fd;
}

/* Lets a client in, or tells it why not. */
static void admit(struct agent_server *server, int fd)
{
	if (!is_welcome(fd)) {
		refuse(fd, "only the service's own user and root may attach to it");
		return;
	}
	for (size_t i = 0; i < AGENT_NSESSIONS; i++) {
		if (server->connections[i].open)
			continue;
		int error = agent_connection_open(&server->connections[i], server->config, fd,
						  &server->wake);
		if (error != 0)
			refuse(fd, error == EAGAIN ? "no thread for the session: the service is at "
						     "its limit of threads"
						   : "no memory for the session");
		return;
	}
	refuse(fd, "four consoles are attached already; end one of them first");
}

static void accept_one(struct agent_server *server)
{
	int fd = accept_noted(server);

	if (fd < 0) {
		/* Out of descriptors or memory: the client stays in the queue, and asking again at
		 * once would burn the host's CPU. */
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			server->deaf_until_ns = budget_now_ns() + DEAF_NS;
		return;
	}
	admit(server, fd);
	server->accepted.fd = -1;
}

/* Fills the poll set and returns the time-out in ms, -1 for none. */
static int prepare(struct agent_server *server, struct pollfd *set)
{
	uint64_t date = 0;

	set[0] = (struct pollfd){.fd = server->wake.sleeper.fd, .events = POLLIN};
	set[1] = (struct pollfd){.fd = server->socket->listener.fd, .events = POLLIN};
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
			set[2 + i].fd = connection->channel.socket.fd;
			set[2 + i].events = events;
		}
	}
	if (date == 0)
		return -1;
	uint64_t now = budget_now_ns();
	uint64_t ms = date <= now ? 0 : (date - now) / 1000000u + 1;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

static void end_sessions(struct agent_server *server)
{
	for (size_t i = 0; i < AGENT_NSESSIONS; i++) {
		struct agent_connection *connection = &server->connections[i];
		if (!connection->open)
			continue;
		agent_connection_hang_up(connection);
		agent_connection_close(connection);
	}
}

/* The host has closed our descriptors: from the start again, and false when that cannot be. */
static bool start_again(struct agent_server *server)
{
	end_sessions(server);
	pthread_mutex_lock(&server->socket->lock);
	agent_wake_close(&server->wake);
	bool listens =
		agent_wake_open(&server->wake) == 0 && agent_socket_open_again(server->socket) == 0;
	if (!listens)
		agent_wake_close(&server->wake);
	pthread_mutex_unlock(&server->socket->lock);
	return listens;
}

static bool is_lost(const struct agent_server *server, const struct pollfd *set)
{
	return (set[0].revents != 0 && !agent_descriptor_is_ours(&server->wake.sleeper)) ||
	       (set[1].revents != 0 && !agent_descriptor_is_ours(&server->socket->listener));
}

/* Polling itself fails: no memory, or the process may have no descriptors any more. */
static void wait_a_second(void)
{
	struct timespec second = {.tv_sec = 1};

	nanosleep(&second, NULL);
}

static void *server_thread(void *argument)
{
	struct agent_server *server = argument;
	struct pollfd set[2 + AGENT_NSESSIONS];

	agent_thread_enter("moonheap-agent");
	for (;;) {
		int timeout_ms = prepare(server, set);

		int nready = poll(set, 2 + AGENT_NSESSIONS, timeout_ms);
		if (nready < 0 && errno != EINTR)
			wait_a_second();
		if (nready <= 0)
			continue;
		if (is_lost(server, set)) {
			if (!start_again(server))
				break;
			continue;
		}
		if (set[0].revents != 0)
			agent_wake_clear(&server->wake);
		for (size_t i = 0; i < AGENT_NSESSIONS; i++)
			if (set[2 + i].fd >= 0 && set[2 + i].revents != 0)
				agent_connection_receive(&server->connections[i],
							 set[2 + i].revents);
		if (set[1].revents != 0)
			accept_one(server);
	}
	pthread_detach(pthread_self());
	__atomic_store_n(&server->is_over, true, __ATOMIC_RELEASE);
	return NULL;
}

int agent_server_open(struct agent_server *server, const struct agent_config *config,
		      struct agent_socket *socket)
{
	*server = (struct agent_server){.config = config, .socket = socket, .accepted = {.fd = -1}};
	return agent_wake_open(&server->wake);
}

int agent_server_start(struct agent_server *server)
{
	return agent_thread_start(&server->thread, server_thread, server);
}

void agent_server_close(struct agent_server *server)
{
	agent_wake_close(&server->wake);
}

bool agent_server_is_over(const struct agent_server *server)
{
	return __atomic_load_n(&server->is_over, __ATOMIC_ACQUIRE);
}

void agent_server_close_in_child(struct agent_server *server)
{
	agent_wake_close(&server->wake);
	agent_descriptor_close(&server->accepted);
	for (size_t i = 0; i < AGENT_NSESSIONS; i++)
		if (server->connections[i].open)
			agent_descriptor_close(&server->connections[i].channel.socket);
}
