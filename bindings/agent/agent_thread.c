#include "agent_thread.h"

#include <locale.h>
#include <signal.h>
#include <sys/prctl.h>

/* The host's signals are handled by the host's threads. What the agent's own instructions raise
 * (SIGSEGV ...) stays deliverable: the service's crash reporter must see it, and if it were blocked
 * the kernel would take the handler away first. */
static void block_signals(sigset_t *before)
{
	static const int own[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
	sigset_t all;

	sigfillset(&all);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		sigdelset(&all, own[i]);
	pthread_sigmask(SIG_SETMASK, &all, before);
}

int agent_thread_start(pthread_t *thread, void *(*run)(void *), void *argument)
{
	pthread_attr_t attributes;
	sigset_t before;
	int error = pthread_attr_init(&attributes);

	if (error != 0)
		return error;
	error = pthread_attr_setstacksize(&attributes, AGENT_STACK_BYTES);
	if (error == 0) {
		block_signals(&before); /* the thread inherits the mask */
		error = pthread_create(thread, &attributes, run, argument);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	pthread_attr_destroy(&attributes);
	return error;
}

static void *wait_and_end(void *gate)
{
	pthread_mutex_lock(gate);
	pthread_mutex_unlock(gate);
	return NULL;
}

void agent_thread_prepare(unsigned n)
{
	pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
	pthread_t threads[AGENT_THREAD_PREPARE_MAX];
	unsigned started = 0;

	/* All live at once, or one stack would serve them all. */
	pthread_mutex_lock(&gate);
	while (started < n && started < AGENT_THREAD_PREPARE_MAX &&
	       agent_thread_start(&threads[started], wait_and_end, &gate) == 0)
		started++;
	pthread_mutex_unlock(&gate);
	while (started > 0)
		pthread_join(threads[--started], NULL);
}

void agent_thread_enter(const char *name)
{
	prctl(PR_SET_NAME, name);
	/* A static object in the C library; nothing is allocated. */
	uselocale(newlocale(LC_ALL_MASK, "C", (locale_t)0));
}
