#include "interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int descriptor = -1;
static bool interrupted, returned;

static void fill(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGCONT);
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

static void collect(void)
{
	struct signalfd_siginfo info;
	while (descriptor >= 0 && read(descriptor, &info, sizeof info) == (ssize_t)sizeof info) {
		interrupted |= info.ssi_signo == SIGINT;
		returned |= info.ssi_signo == SIGCONT;
	}
}

static bool take(bool *happened)
{
	collect();
	bool was = *happened;
	*happened = false;
	return was;
}

bool interrupt_take(void)
{
	return take(&interrupted);
}

bool interrupt_take_return(void)
{
	return take(&returned);
}

void interrupt_restore(void)
{
	sigset_t signals;
	fill(&signals);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
}
