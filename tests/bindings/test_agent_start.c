/* test_agent_start: a program that forks whenever the agent makes a thread. That may have to wait
 * for the heap, whose locks who forks may hold already: so who forks must not wait for it. And the
 * child has nothing of the agent, whatever that was about to do.
 */
#include <moonheap/agent.h>

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

enum { PATIENCE_S = 60 };

typedef int create_fn(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
		   void *argument);

static create_fn *real_create;
static bool forks;      /* whenever a thread is made; atomic */
static bool refuses;    /* to make threads */
static unsigned nforks; /* atomic */
static int client = -1; /* a socket of the test's own */

static int nothers; /* sockets that were there before */

static int count_sockets(void)
{
	struct stat info;
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		if (fd != client && fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode))
			n++;
	return n;
}

static void *fork_once(void *unused)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		_exit(count_sockets() - nothers);
	ck_assert(child > 0 && waitpid(child, &status, 0) == child);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		      "the child has sockets of the agent: %#x", (unsigned)status);
	return unused;
}

/* In the place of the C library's: no thread of the agent is made before a fork has passed. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
		   void *argument)
{
	struct timespec end;
	pthread_t forker;

	if (real_create == NULL)
		*(void **)(void *)&real_create = dlsym(RTLD_NEXT, "pthread_create");
	if (__atomic_load_n(&forks, __ATOMIC_ACQUIRE)) {
		clock_gettime(CLOCK_REALTIME, &end);
		end.tv_sec += PATIENCE_S;
		ck_assert_int_eq(real_create(&forker, NULL, fork_once, NULL), 0);
		ck_assert_msg(pthread_timedjoin_np(forker, NULL, &end) == 0,
			      "a fork waits for the agent");
		__atomic_add_fetch(&nforks, 1, __ATOMIC_RELEASE);
		if (refuses)
			return EAGAIN;
	}
	return real_create(thread, attributes, run, argument);
}

static int start(void)
{
	__atomic_store_n(&forks, true, __ATOMIC_RELEASE);
	int error = moonheap_agent_start();
	__atomic_store_n(&forks, false, __ATOMIC_RELEASE);
	return error;
}

START_TEST(forks_neither_wait_nor_inherit)
{
	char directory[64], name[96];

	strcpy(directory, "/tmp/moonheap-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	setenv("MOONHEAP_RUNTIME_DIR", directory, 1);
	snprintf(name, sizeof(name), "%s/%d.sock", directory, (int)getpid());
	nothers = count_sockets();
	/* Without a thread there is no agent, and nothing of it. */
	refuses = true;
	ck_assert_int_eq(start(), EAGAIN);
	ck_assert_uint_gt(nforks, 0);
	ck_assert_int_ne(access(name, F_OK), 0);
	refuses = false;
	ck_assert_int_eq(start(), 0);
	ck_assert_int_eq(access(name, F_OK), 0);
	ck_assert_int_eq(start(), EALREADY);

	/* A console comes. */
	unsigned before = nforks;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(address.sun_path, name);
	client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	__atomic_store_n(&forks, true, __ATOMIC_RELEASE);
	ck_assert_int_eq(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
	for (unsigned i = 0; i < 100u * PATIENCE_S; i++) {
		if (__atomic_load_n(&nforks, __ATOMIC_ACQUIRE) != before)
			break;
		usleep(10000);
	}
	ck_assert_uint_gt(__atomic_load_n(&nforks, __ATOMIC_ACQUIRE), before);
	__atomic_store_n(&forks, false, __ATOMIC_RELEASE);
	close(client);
	unlink(name);
	rmdir(directory);
}
END_TEST

int main(void)
{
	return cases_run("agent_start",
			 (const TTest *const[]){forks_neither_wait_nor_inherit, NULL});
}
