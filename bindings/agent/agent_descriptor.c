#include "agent_descriptor.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Above what most services have open; the kernel's table has an entry for every number below. */
#define HIGH 500

int agent_descriptor_raise(int fd)
{
	struct rlimit limit;
	int least = HIGH;

	if (fd < 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return fd;
	if (limit.rlim_cur / 2 < HIGH)
		least = (int)limit.rlim_cur / 2;
	int high = fcntl(fd, F_DUPFD_CLOEXEC, least);
	if (high < 0)
		return fd;
	close(fd);
	return high;
}

struct agent_descriptor agent_descriptor_note(int fd)
{
	struct stat info;

	if (fd < 0 || fstat(fd, &info) != 0)
		return (struct agent_descriptor){.fd = -1};
	return (struct agent_descriptor){.fd = fd, .device = info.st_dev, .inode = info.st_ino};
}

struct agent_descriptor agent_descriptor_keep(int fd)
{
	return agent_descriptor_note(agent_descriptor_raise(fd));
}

bool agent_descriptor_is_ours(const struct agent_descriptor *descriptor)
{
	struct stat info;

	return descriptor->fd >= 0 && fstat(descriptor->fd, &info) == 0 &&
	       info.st_dev == descriptor->device && info.st_ino == descriptor->inode;
}

void agent_descriptor_close(struct agent_descriptor *descriptor)
{
	if (agent_descriptor_is_ours(descriptor))
		close(descriptor->fd);
	descriptor->fd = -1;
}
