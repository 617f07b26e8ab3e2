#include "host.h"

#include "os.h"
#include "os_call.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* By number throughout: programs put functions of their own in front of libc's, and those may hold
 * locks while they allocate. */

bool host_is_library_thread(void)
{
	/* The number by which the library knows the thread shows in its processor-time clock, whose
	 * form is the kernel's: the number's complement above 3 bits, "one thread", "time run". */
	clockid_t clock;
	unsigned own = (unsigned)syscall(SYS_gettid);
	return pthread_getcpuclockid(pthread_self(), &clock) == 0 &&
	       (unsigned)clock == (~own << 3 | 6);
}

/* The number behind a name in a text of lines "Name:\tnumber"; UINT32_MAX when it is not there. */
static uint32_t number_of(const char *text, const char *name)
{
	size_t length = strlen(name);
	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) != 0)
			continue;
		uint32_t n = 0;
		for (const char *digit = line + length; *digit != '\0' && *digit != '\n'; digit++)
			if (*digit >= '0' && *digit <= '9')
				n = n * 10 + (uint32_t)(*digit - '0');
		return n;
	}
	return UINT32_MAX;
}

uint32_t host_filters(void)
{
	static APART char text[4096]; /* stacks of threads may be small */
	int saved = errno;
	int mode = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);
	errno = saved;
	if (mode == 0)
		return 0;
	size_t length = os_read_file("/proc/thread-self/status", text, sizeof(text) - 1);
	text[length] = '\0';
	return number_of(text, "Seccomp_filters:");
}

/* As the kernel has it, on every architecture that we know: the handler comes first. */
struct kernel_action {
	void (*handler)(int);
	unsigned long rest[3];
};

bool host_may_be_in_handler(void)
{
	uint64_t blocked = 0;
	bool found = false;
	int saved = errno;
	if (syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, sizeof(blocked)) != 0)
		found = true;
	for (int signal = 1; signal <= 64 && !found; signal++) {
		struct kernel_action action = {.handler = SIG_DFL};
		if ((blocked >> (signal - 1) & 1) == 0 || signal == SIGKILL || signal == SIGSTOP)
			continue;
		found = syscall(SYS_rt_sigaction, signal, NULL, &action, sizeof(blocked)) != 0 ||
			(action.handler != SIG_DFL && action.handler != SIG_IGN);
	}
	errno = saved;
	return found;
}

int host_cpu(void)
{
	int saved = errno;
	int cpu = os_call(getcpu, -1, sched_getcpu());
	errno = saved;
	return cpu;
}

unsigned host_cpus_most(void)
{
	int saved = errno;
	long n = sysconf(_SC_NPROCESSORS_CONF);
	errno = saved;
	return n > 0 ? (unsigned)n : 1;
}

void host_cpus_of_thread(struct host_cpus *cpus)
{
	int saved = errno;
	/* The kernel writes as many words as it has processors for. */
	memset(cpus, 0, sizeof(*cpus));
	if (os_call(sched_getaffinity, -1, syscall(SYS_sched_getaffinity, 0, sizeof(*cpus), cpus)) <
	    0)
		memset(cpus, 0, sizeof(*cpus));
	errno = saved;
}

void host_bind_thread(const struct host_cpus *cpus)
{
	int saved = errno;
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 0)
		syscall(SYS_sched_setaffinity, 0, sizeof(*cpus), cpus);
	errno = saved;
}

void host_name_thread(const char *name)
{
	int saved = errno;
	prctl(PR_SET_NAME, name, 0, 0, 0);
	errno = saved;
}
