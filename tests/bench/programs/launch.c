/* launch.c - runs one program with a library preloaded and reports what it cost.
 *
 *     launch RESULT-FILE LIBRARY|- PROGRAM [ARGUMENTS…]
 *
 * Why not from Python: the kernel's peak of resident memory of a process starts from that of the
 * process that called exec. This program is static and allocates nothing, so its own few hundred
 * kilobytes stay below those of any program that it starts.
 *
 * The result is one line: user and system time in microseconds (of the program and of every
 * descendant that it waited for), the peak resident set in KiB (of the largest of them), minor and
 * major page faults, voluntary and involuntary switches, and the exit status (128 + signal).
 * SIGTERM and SIGINT are passed on to the program.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile pid_t child;

static void pass_on(int signal_number)
{
	if (child > 0)
		kill(child, signal_number);
}

static void say(const char *what, const char *detail)
{
	dprintf(STDERR_FILENO, "launch: %s: %s: %s\n", what, detail, strerror(errno));
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		dprintf(STDERR_FILENO, "usage: launch RESULT-FILE LIBRARY|- PROGRAM [ARGUMENTS]\n");
		return 2;
	}
	int result = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (result < 0) {
		say("cannot write", argv[1]);
		return 2;
	}
	struct sigaction action = {.sa_handler = pass_on};
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);

	child = fork();
	if (child == 0) {
		if (strcmp(argv[2], "-") != 0)
			setenv("LD_PRELOAD", argv[2], 1);
		execvp(argv[3], argv + 3);
		say("cannot run", argv[3]);
		_exit(127);
	}
	if (child < 0) {
		say("cannot fork for", argv[3]);
		return 2;
	}
	int status = 0;
	struct rusage usage;
	while (wait4(child, &status, 0, &usage) < 0) {
		if (errno != EINTR) {
			say("cannot wait for", argv[3]);
			return 2;
		}
	}
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	dprintf(result, "%lld %lld %ld %ld %ld %ld %ld %d\n",
		(long long)usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec,
		(long long)usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec,
		usage.ru_maxrss, usage.ru_minflt, usage.ru_majflt, usage.ru_nvcsw, usage.ru_nivcsw,
		code);
	close(result);
	return code;
}
