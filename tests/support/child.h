/* child.h - runs a case in a process of its own and tells how that ended: for cases that abort on
 * purpose, that may crash on another library, or that need a fresh heap. */
#ifndef TESTS_SUPPORT_CHILD_H
#define TESTS_SUPPORT_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct child_end {
	bool timed_out;    /* and was killed */
	int signal;        /* that ended it, or 0 */
	int status;        /* its exit status where no signal ended it */
	char output[4096]; /* the beginning of what it wrote to standard output and error */
};

/* No child of a case needs longer: it hangs. Less than ctest allows the whole program. */
enum { CHILD_SECONDS_MAX = 120 };

/* The end of a child that the caller forked, or made by clone(): its wait status. One that does not
 * end fails the case, after a line for each of its threads that says what it waits in. */
int child_wait(pid_t pid, const char *what);

/* Forks; the child runs body(argument) and exits with what it returns. The time is
 * that of a quiet machine; a loaded one gets a multiple. What hangs is shown as above. */
void child_run(int (*body)(void *argument), void *argument, unsigned timeout_seconds,
	       struct child_end *end);

/* The same with a program: argv and the environment end with NULL; environment NULL: ours. */
void child_exec(char *const argv[], char *const environment[], unsigned timeout_seconds,
		struct child_end *end);

/* Fails the case unless body(NULL) aborts in a child, and these words are in what it said. */
void child_expect_abort(int (*body)(void *), const char *words);

/* "exit status 3", "signal 11 (Segmentation fault)", "no end after 20 s". Not thread-safe. */
const char *child_describe(const struct child_end *end);

#endif
