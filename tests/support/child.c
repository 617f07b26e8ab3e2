#include "child.h"
#include "expect.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What takes its time on a machine of one's own takes longer where all is busy, or sanitized. */
enum { SLOWNESS = 4 };

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- children that do not end ---- */

static void show_file(const char *directory, const char *thread, const char *file)
{
	char path[300], text[200];
	int fd;
	ssize_t length;

	snprintf(path, sizeof path, "%s/%s/%s", directory, thread, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
	text[length > 0 ? length : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	dprintf(STDERR_FILENO, " %s: %s%s", file, text, length > 0 ? "" : "?");
	if (fd >= 0)
		close(fd);
}

/* What each of its threads waits in: a hang has to tell more than that it is one. */
static void show_threads(pid_t pid)
{
	char path[64];
	const struct dirent *entry;
	DIR *directory;

	snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	directory = opendir(path);
	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		dprintf(STDERR_FILENO, "child %d, thread %s:", (int)pid, entry->d_name);
		show_file(path, entry->d_name, "comm");
		show_file(path, entry->d_name, "wchan");
		show_file(path, entry->d_name, "syscall");
		dprintf(STDERR_FILENO, "\n");
	}
	if (directory != NULL)
		closedir(directory);
}

static void kill_and_show(pid_t pid, int *status)
{
	show_threads(pid);
	kill(pid, SIGKILL);
	waitpid(pid, status, __WALL);
}

int child_wait(pid_t pid, const char *what)
{
	long long deadline = now_ms() + 1000LL * CHILD_SECONDS_MAX;
	useconds_t nap_us = 50;
	int status = 0;

	expect(pid > 0, "%s: fork: %s", what, strerror(errno));
	for (;;) {
		pid_t ended = waitpid(pid, &status, WNOHANG | __WALL);

		expect(ended >= 0 || errno == EINTR, "%s: waitpid: %s", what, strerror(errno));
		if (ended == pid)
			return status;
		if (now_ms() >= deadline)
			break;
		usleep(nap_us);
		nap_us = nap_us < 10000 ? 2 * nap_us : nap_us;
	}
	kill_and_show(pid, &status);
	expect(false, "%s: child %d does not end within %d s", what, (int)pid, CHILD_SECONDS_MAX);
	return status;
}

/* ---- output ---- */

/* Reads what the child writes until it closes the pipe or the deadline has passed. A grandchild
 * may hold the pipe open: the child's own end counts too. */
static void collect(pid_t pid, int fd, long long deadline, struct child_end *end)
{
	size_t used = 0;
	int status;
	bool open = true;
	char more[512];

	for (;;) {
		struct pollfd wait_for = {.fd = open ? fd : -1, .events = POLLIN};

		poll(&wait_for, 1, 20);
		if (open && wait_for.revents != 0) {
			ssize_t got = read(fd, more, sizeof more);

			open = got > 0;
			if (got > 0 && used < sizeof end->output - 1) {
				size_t room = sizeof end->output - 1 - used;
				size_t kept = (size_t)got < room ? (size_t)got : room;

				memcpy(end->output + used, more, kept);
				used += kept;
			}
			if (open)
				continue; /* all of it before its end is looked at */
		}
		end->output[used] = '\0';
		if (waitpid(pid, &status, WNOHANG) == pid)
			break;
		if (now_ms() >= deadline) {
			end->timed_out = true;
			kill_and_show(pid, &status);
			break;
		}
	}
	end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	end->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

static pid_t start(int *read_end)
{
	int ends[2];
	pid_t pid;

	expect(pipe2(ends, O_CLOEXEC) == 0, "pipe: %s", strerror(errno));
	pid = fork();
	expect(pid >= 0, "fork: %s", strerror(errno));
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		return 0;
	}
	close(ends[1]);
	*read_end = ends[0];
	return pid;
}

void child_run(int (*body)(void *argument), void *argument, unsigned timeout_seconds,
	       struct child_end *end)
{
	int fd = -1;
	pid_t pid;

	memset(end, 0, sizeof *end);
	fflush(NULL);
	pid = start(&fd);
	if (pid == 0)
		_exit(body(argument));
	collect(pid, fd, now_ms() + 1000LL * SLOWNESS * timeout_seconds, end);
	close(fd);
}

void child_exec(char *const argv[], char *const environment[], unsigned timeout_seconds,
		struct child_end *end)
{
	int fd = -1;
	pid_t pid;

	memset(end, 0, sizeof *end);
	fflush(NULL);
	pid = start(&fd);
	if (pid == 0) {
		execve(argv[0], argv, environment ? environment : environ);
		_exit(127);
	}
	collect(pid, fd, now_ms() + 1000LL * SLOWNESS * timeout_seconds, end);
	close(fd);
}

const char *child_describe(const struct child_end *end)
{
	static char text[80];

	if (end->timed_out)
		snprintf(text, sizeof text, "no end in time, killed");
	else if (end->signal != 0)
		snprintf(text, sizeof text, "signal %d (%s)", end->signal, strsignal(end->signal));
	else
		snprintf(text, sizeof text, "exit status %d", end->status);
	return text;
}

void child_expect_abort(int (*body)(void *), const char *words)
{
	struct child_end end;

	child_run(body, NULL, 20, &end);
	expect(end.signal == SIGABRT, "%s: %s", words, child_describe(&end));
	expect(strstr(end.output, words) != NULL, "\"%s\" is not in: %s", words, end.output);
}
