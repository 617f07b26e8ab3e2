#include "agent_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 8

static int put_path(char path[PATH_MAX], const char *parent, const char *name)
{
	int n = snprintf(path, PATH_MAX, "%s%s", parent, name);

	return n > 0 && n < PATH_MAX ? 0 : -1;
}

static int is_directory(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static int is_absolute(const char *path)
{
	return path != NULL && path[0] == '/';
}

int agent_socket_directory(char path[PATH_MAX], const char *moonheap_runtime_dir,
			   const char *xdg_runtime_dir, uid_t uid)
{
	char run_user[64], in_tmp[64];

	snprintf(run_user, sizeof(run_user), "/run/user/%u", (unsigned)uid);
	snprintf(in_tmp, sizeof(in_tmp), "/tmp/moonheap-%u", (unsigned)uid);
	if (is_absolute(moonheap_runtime_dir))
		return put_path(path, moonheap_runtime_dir, "");
	if (is_absolute(xdg_runtime_dir))
		return put_path(path, xdg_runtime_dir, "/moonheap");
	if (is_directory(run_user))
		return put_path(path, run_user, "/moonheap");
	if (uid == 0)
		return put_path(path, "/run/moonheap", "");
	return put_path(path, in_tmp, "");
}

/* Make it if need be, and open it if it is ours alone. */
static int open_directory(const char *path, struct agent_descriptor *directory)
{
	struct stat info;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return errno;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (fstat(fd, &info) != 0 || info.st_uid != geteuid() || (info.st_mode & 077) != 0) {
		close(fd);
		return EPERM;
	}
	*directory = agent_descriptor_keep(fd);
	return directory->fd >= 0 ? 0 : EBADF;
}

/* By way of the open directory, so that it is the one that was looked at, and so that a long path
 * fits in a socket address; by its path where /proc is not mounted. */
static int make_address(struct sockaddr_un *address, const struct agent_socket *where,
			int through_proc)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	size_t size = sizeof(address->sun_path);
	int n = through_proc ? snprintf(address->sun_path, size, "/proc/self/fd/%d/%s",
					where->directory.fd, where->name)
			     : snprintf(address->sun_path, size, "%s/%s", where->path, where->name);

	return n > 0 && (size_t)n < size ? 0 : ENAMETOOLONG;
}

static int bind_at(const struct agent_socket *where, int through_proc)
{
	struct sockaddr_un address;
	int error = make_address(&address, where, through_proc);

	if (error != 0)
		return error;
	return bind(where->listener.fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? 0
											   : errno;
}

static int listen_there(struct agent_socket *where)
{
	int error = open_directory(where->path, &where->directory);

	if (error != 0)
		return error;
	snprintf(where->name, sizeof(where->name), "%d.sock", (int)getpid());
	where->listener = agent_descriptor_keep(
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (where->listener.fd < 0) {
		error = errno;
		goto no_socket;
	}
	/* A file of our PID's name was left by an earlier process that had this number. */
	unlinkat(where->directory.fd, where->name, 0);
	error = bind_at(where, 1);
	if (error == ENOENT)
		error = bind_at(where, 0);
	if (error != 0)
		goto no_name;
	/* The process's umask is the service's own: the mode is set afterwards, in a directory that
	 * nobody else can enter. */
	if (fchmodat(where->directory.fd, where->name, 0600, 0) != 0 ||
	    listen(where->listener.fd, BACKLOG) != 0) {
		error = errno;
		unlinkat(where->directory.fd, where->name, 0);
		goto no_name;
	}
	return 0;
no_name:
	agent_descriptor_close(&where->listener);
no_socket:
	agent_descriptor_close(&where->directory);
	return error;
}

int agent_socket_open(struct agent_socket *where, const char *directory)
{
	return put_path(where->path, directory, "") == 0 ? listen_there(where) : ENAMETOOLONG;
}

static bool is_directory_at_path(const struct agent_socket *where)
{
	struct stat info;

	return lstat(where->path, &info) == 0 && info.st_dev == where->directory.device &&
	       info.st_ino == where->directory.inode;
}

void agent_socket_unlink(const struct agent_socket *where)
{
	if (agent_descriptor_is_ours(&where->directory)) {
		unlinkat(where->directory.fd, where->name, 0);
	} else if (is_directory_at_path(where)) { /* the service has closed ours */
		char path[PATH_MAX + sizeof(where->name)];
		snprintf(path, sizeof(path), "%s/%s", where->path, where->name);
		unlink(path);
	}
}

void agent_socket_remove(struct agent_socket *where)
{
	agent_descriptor_close(&where->listener);
	agent_socket_unlink(where);
	agent_descriptor_close(&where->directory);
}

int agent_socket_open_again(struct agent_socket *where)
{
	agent_socket_remove(where);
	return listen_there(where);
}
