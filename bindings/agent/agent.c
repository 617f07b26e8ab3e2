/* agent - the life of the agent in its host: started before main() when 'moonheap run' asks for it,
 * gone without a trace in children and at exit.
 *
 * Loaded without MOONHEAP_AGENT in the environment the library does nothing at all. A failure to
 * start is silent: the service's standard error is not ours, and the service must run either way;
 * 'moonheap attach' finds no socket and says so.
 */
#include <moonheap/agent.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "agent_environment.h"
#include "agent_server.h"
#include "agent_socket.h"
#include "agent_thread.h"

extern char **environ;

/* Static, not mapped: a forked child must be able to read it. */
static struct {
	pid_t owner; /* the process that the agent runs in; 0: not running */
	struct target target;
	struct agent_config config;
	struct agent_socket socket;
	struct agent_server server;
} agent = {.socket = {.lock = PTHREAD_MUTEX_INITIALIZER}};

static void before_fork(void)
{
	pthread_mutex_lock(&agent.socket.lock);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&agent.socket.lock);
}

static void close_in_child(void)
{
	after_fork();
	if (agent.owner == 0)
		return;
	agent.owner = 0;
	agent_server_close_in_child(&agent.server);
	agent_descriptor_close(&agent.socket.listener);
	agent_descriptor_close(&agent.socket.directory);
}

static size_t memory_limit(const char *mib)
{
	size_t limit = 0;

	for (; mib != NULL && *mib >= '0' && *mib <= '9' && limit < 65536; mib++)
		limit = limit * 10 + (size_t)(*mib - '0');
	limit <<= 20;
	return limit < AGENT_HEAP_LIMIT_MIN ? AGENT_HEAP_LIMIT_DEFAULT : limit;
}

/* All but its thread, under the lock of the socket, so that no child is forked with half an agent.
 */
static int open_locked(const struct agent_environment *environment)
{
	char directory[PATH_MAX];

	if (agent.owner != 0 && agent.owner != getpid())
		return EPERM;
	if (agent.owner != 0 && !agent_server_is_over(&agent.server))
		return EALREADY;
	agent.owner = 0;
	if (agent_socket_directory(directory, environment->runtime_dir,
				   environment->xdg_runtime_dir, geteuid()) != 0)
		return ENAMETOOLONG;
	target_find(&agent.target);
	agent.config = (struct agent_config){.target = &agent.target,
					     .memory_limit = memory_limit(environment->memory_mib)};
	int error = agent_socket_open(&agent.socket, directory);
	if (error != 0)
		return error;
	error = agent_server_open(&agent.server, &agent.config, &agent.socket);
	if (error != 0) {
		agent_socket_remove(&agent.socket);
		return error;
	}
	agent.owner = getpid();
	return 0;
}

static void close_unstarted(void)
{
	pthread_mutex_lock(&agent.socket.lock);
	agent.owner = 0;
	agent_server_close(&agent.server);
	agent_socket_remove(&agent.socket);
	pthread_mutex_unlock(&agent.socket.lock);
}

static int fork_error; /* written once */

static void watch_forks(void)
{
	fork_error = pthread_atfork(before_fork, after_fork, close_in_child);
}

static int start(const struct agent_environment *environment)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (getauxval(AT_SECURE) != 0)
		return EPERM;
	pthread_once(&once, watch_forks);
	if (fork_error != 0)
		return fork_error;
	pthread_mutex_lock(&agent.socket.lock);
	int error = open_locked(environment);
	pthread_mutex_unlock(&agent.socket.lock);
	if (error != 0)
		return error;
	/* Without the lock: making threads allocates, and who forks may hold all locks of the heap
	 * by the time that it waits for ours. */
	agent_thread_prepare(1 + AGENT_NSESSIONS);
	error = agent_server_start(&agent.server);
	if (error != 0)
		close_unstarted();
	return error;
}

__attribute__((visibility("default"))) int moonheap_agent_start(void)
{
	struct agent_environment environment = {.memory_mib = getenv("MOONHEAP_AGENT_MEMORY"),
						.runtime_dir = getenv("MOONHEAP_RUNTIME_DIR"),
						.xdg_runtime_dir = getenv("XDG_RUNTIME_DIR")};

	return start(&environment);
}

__attribute__((constructor)) static void start_when_asked(void)
{
	int saved_errno = errno;

	if (getauxval(AT_SECURE) == 0 && environ != NULL) {
		struct agent_environment environment = agent_environment_take(environ);
		if (environment.agent != NULL && strcmp(environment.agent, "1") == 0)
			start(&environment);
	}
	errno = saved_errno;
}

/* The threads are left where they are: they end with the process. */
__attribute__((destructor)) static void remove_socket(void)
{
	if (agent.owner == 0 || agent.owner != getpid())
		return;
	pthread_mutex_lock(&agent.socket.lock);
	agent_socket_unlink(&agent.socket);
	pthread_mutex_unlock(&agent.socket.lock);
}
