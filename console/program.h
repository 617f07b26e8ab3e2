/* program.h - a program on disk, before it is started: can it run on a preloaded library?
 *
 * The dynamic loader preloads nothing into programs that it does not load (statically linked), that
 * are of another kind of CPU, or that gain privileges (set-uid, set-gid, file capabilities).
 */
#ifndef CONSOLE_PROGRAM_H
#define CONSOLE_PROGRAM_H

#include "failure.h"

#include <limits.h>
#include <stdbool.h>

enum program_kind {
	PROGRAM_DYNAMIC,
	PROGRAM_STATIC,
	PROGRAM_OTHER_CPU, /* an ELF file, but not for the CPU of our libraries */
	PROGRAM_SCRIPT,    /* begins with #! */
	PROGRAM_UNKNOWN    /* whatever else the kernel may start */
};

struct program {
	char path[PATH_MAX];
	enum program_kind kind;
	bool privileged;       /* starting it would change what we may do */
	char interpreter[256]; /* of a script: the rest of its first line */
};

/* Looks the program up as execvp() would, and reads its head. 0, or EXIT_NOT_FOUND or
 * EXIT_CANNOT_RUN. */
int program_find(const char *name, struct program *program, struct failure *failure);

#endif
