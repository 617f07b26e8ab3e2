#include "interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int descriptor = -1;

static void fill(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
}

int interrupt_open(void)
{
	sigset_t signals;
	if (descriptor >= 0)
		return descriptor;
	fill(&signals);
	descriptor = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (descriptor >= 0)
		sigprocmask(SIG_BLOCK, &signals, NULL);
	return descriptor;
}

int interrupt_descriptor(void)
{
	return descriptor;
}

bool interrupt_take(void)
{
	struct signalfd_siginfo info;
	return descriptor >= 0 && read(descriptor, &info, sizeof info) == (ssize_t)sizeof info;
}

void interrupt_restore(void)
{
	sigset_t signals;
	fill(&signals);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
}
