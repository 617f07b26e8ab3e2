#include "agent_wake.h"

#include <errno.h>
#include <sys/socket.h>

int agent_wake_open(struct agent_wake *wake)
{
	int ends[2];

	*wake = (struct agent_wake){{.fd = -1}, {.fd = -1}};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
		return errno;
	wake->sleeper = agent_descriptor_keep(ends[0]);
	wake->bell = agent_descriptor_keep(ends[1]);
	return 0;
}

void agent_wake_close(struct agent_wake *wake)
{
	agent_descriptor_close(&wake->sleeper);
	agent_descriptor_close(&wake->bell);
}

void agent_wake_ring(const struct agent_wake *wake)
{
	if (!agent_descriptor_is_ours(&wake->bell))
		return;
	ssize_t ignored = send(wake->bell.fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)ignored; /* what is full wakes as well */
}

void agent_wake_clear(const struct agent_wake *wake)
{
	char rings[256];

	while (recv(wake->sleeper.fd, rings, sizeof(rings), MSG_DONTWAIT) == sizeof(rings))
		;
}
