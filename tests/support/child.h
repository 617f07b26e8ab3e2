/* child.h - runs a case in a process of its own and tells how that ended: for cases that abort on
 * purpose, that may crash on another library, or that need a fresh heap. */
#ifndef TESTS_SUPPORT_CHILD_H
#define TESTS_SUPPORT_CHILD_H

#include <stdbool.h>
#include <stddef.h>

struct child_end {
	bool timed_out;    /* and was killed */
	int signal;        /* that ended it, or 0 */
	int status;        /* its exit status where no signal ended it */
	char output[4096]; /* the beginning of what it wrote to standard output and error */
};

/* Forks; the child runs body(argument) and exits with what it returns. */
void child_run(int (*body)(void *argument), void *argument, unsigned timeout_seconds,
	       struct child_end *end);

/* The same with a program: argv and the environment end with NULL; environment NULL: ours. */
void child_exec(char *const argv[], char *const environment[], unsigned timeout_seconds,
		struct child_end *end);

/* "exit status 3", "signal 11 (Segmentation fault)", "no end after 20 s". Not thread-safe. */
const char *child_describe(const struct child_end *end);

#endif
