/* test_agent_start: a program that starts the agent while another of its threads forks. What makes
 * a thread may wait for the heap, whose locks who forks may hold already: so who forks must not
 * wait for what starts the agent.
 */
#include <moonheap/agent.h>

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

enum { PATIENCE_S = 60 };

typedef int create_fn(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
		   void *argument);

static create_fn *real_create;
static __thread bool is_starting; /* this thread, the agent */
static bool refuses;              /* new threads; atomic */
static unsigned nforks;

static void *fork_once(void *unused)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		_exit(7);
	ck_assert(child > 0 && waitpid(child, &status, 0) == child);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7);
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
	if (is_starting) {
		clock_gettime(CLOCK_REALTIME, &end);
		end.tv_sec += PATIENCE_S;
		ck_assert_int_eq(real_create(&forker, NULL, fork_once, NULL), 0);
		ck_assert_msg(pthread_timedjoin_np(forker, NULL, &end) == 0,
			      "a fork waits for the agent to be started");
		nforks++;
		if (refuses)
			return EAGAIN;
	}
	return real_create(thread, attributes, run, argument);
}

static int start(void)
{
	is_starting = true;
	int error = moonheap_agent_start();
	is_starting = false;
	return error;
}

START_TEST(forks_do_not_wait_for_a_start)
{
	char directory[64], name[128];

	strcpy(directory, "/tmp/moonheap-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	setenv("MOONHEAP_RUNTIME_DIR", directory, 1);
	snprintf(name, sizeof(name), "%s/%d.sock", directory, (int)getpid());
	/* Without a thread there is no agent, and nothing of it. */
	refuses = true;
	ck_assert_int_eq(start(), EAGAIN);
	ck_assert_uint_gt(nforks, 0);
	ck_assert_int_ne(access(name, F_OK), 0);
	refuses = false;
	ck_assert_int_eq(start(), 0);
	ck_assert_int_eq(access(name, F_OK), 0);
	ck_assert_int_eq(start(), EALREADY);
	unlink(name);
	rmdir(directory);
}
END_TEST

int main(void)
{
	return cases_run("agent_start",
			 (const TTest *const[]){forks_do_not_wait_for_a_start, NULL});
}
