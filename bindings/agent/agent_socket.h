/* agent_socket.h - where the agent listens: DIRECTORY/PID.sock, for its own user only.
 *
 * The directory is the first of these that applies:
 *     $MOONHEAP_RUNTIME_DIR
 *     $XDG_RUNTIME_DIR/moonheap
 *     /run/user/UID/moonheap    when /run/user/UID exists
 *     /run/moonheap             for root
 *     /tmp/moonheap-UID
 * A variable counts when it is an absolute path. It is made with mode 0700, and used only if it is
 * a directory (not a link) of our own that nobody else may enter: whoever could put a socket there
 * could speak in the service's name.
 */
#ifndef MOONHEAP_AGENT_SOCKET_H
#define MOONHEAP_AGENT_SOCKET_H

#include <limits.h>
#include <pthread.h>
#include <sys/types.h>

#include "agent_descriptor.h"

struct agent_socket {
	struct agent_descriptor listener;
	/* Kept open: the name is removed through it, whatever became of the path; by the path,
	 * where that still leads to it, once the service has closed it. */
	struct agent_descriptor directory;
	char path[PATH_MAX];  /* of the directory */
	char name[32];        /* PID.sock */
	pthread_mutex_t lock; /* of whoever changes descriptors; held round fork, and at exit */
};

/* The directory's path for these settings (an unset variable is NULL), into path. 0, or -1 when it
 * does not fit. */
int agent_socket_directory(char path[PATH_MAX], const char *moonheap_runtime_dir,
			   const char *xdg_runtime_dir, uid_t uid);

/* Listen there as this process. 0, or an errno. */
int agent_socket_open(struct agent_socket *socket, const char *directory);

/* The same again, in the place of one that was closed under us. */
int agent_socket_open_again(struct agent_socket *socket);

/* Remove the name alone: at exit, where the server may still listen. */
void agent_socket_unlink(const struct agent_socket *socket);

/* Stop listening, remove the name and close the directory. */
void agent_socket_remove(struct agent_socket *socket);

#endif
