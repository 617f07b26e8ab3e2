#include "program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OUR_MACHINE EM_AARCH64
#else
#error "say which ELF machine this is"
#endif

#define PROGRAM_HEADERS_MAX 256 /* of one file; real ones have about a dozen */

/* Does a table of program headers name an interpreter, that is, the dynamic loader? */
static bool names_loader(int fd, const Elf64_Ehdr *header)
{
	if (header->e_phentsize != sizeof(Elf64_Phdr))
		return false;
	for (unsigned i = 0; i < header->e_phnum && i < PROGRAM_HEADERS_MAX; i++) {
		Elf64_Phdr segment;
		off_t at = (off_t)(header->e_phoff + i * sizeof segment);
		if (pread(fd, &segment, sizeof segment, at) != (ssize_t)sizeof segment)
			return false;
		if (segment.p_type == PT_INTERP)
			return true;
	}
	return false;
}

static void read_interpreter(const char *head, size_t length, char *to, size_t size)
{
	const char *begin = head + 2;
	const char *end = memchr(head, '\n', length);
	if (end == NULL)
		end = head + length;
	begin += strspn(begin, " \t");
	while (end > begin && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	snprintf(to, size, "%.*s", end > begin ? (int)(end - begin) : 0, begin);
}

static void examine(int fd, struct program *program)
{
	union {
		char bytes[256];
		Elf64_Ehdr header;
	} head = {0};
	ssize_t length = pread(fd, head.bytes, sizeof head.bytes - 1, 0);
	program->kind = PROGRAM_UNKNOWN;
	if (length > 2 && head.bytes[0] == '#' && head.bytes[1] == '!') {
		program->kind = PROGRAM_SCRIPT;
		read_interpreter(head.bytes, (size_t)length, program->interpreter,
				 sizeof program->interpreter);
	} else if (length >= (ssize_t)sizeof head.header &&
		   memcmp(head.header.e_ident, ELFMAG, SELFMAG) == 0) {
		if (head.header.e_ident[EI_CLASS] != ELFCLASS64 ||
		    head.header.e_machine != OUR_MACHINE)
			program->kind = PROGRAM_OTHER_CPU;
		else if (names_loader(fd, &head.header))
			program->kind = PROGRAM_DYNAMIC;
		else
			program->kind = PROGRAM_STATIC;
	}
}

static bool gains_privileges(int fd, const struct stat *status)
{
	if ((status->st_mode & S_ISUID) != 0 && status->st_uid != geteuid())
		return true;
	if ((status->st_mode & S_ISGID) != 0 && (status->st_mode & S_IXGRP) != 0 &&
	    status->st_gid != getegid())
		return true;
	return geteuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0;
}

/* The first executable file of that name on PATH; errno says why there is none. */
static bool search_path(const char *name, char *path, size_t size)
{
	const char *directories = getenv("PATH");
	int error = ENOENT;
	if (directories == NULL)
		directories = "/usr/local/bin:/usr/bin:/bin";
	for (const char *at = directories;; at++) {
		size_t length = strcspn(at, ":");
		int written = length == 0 ? snprintf(path, size, "./%s", name)
					  : snprintf(path, size, "%.*s/%s", (int)length, at, name);
		struct stat status;
		if (written > 0 && (size_t)written < size && stat(path, &status) == 0 &&
		    S_ISREG(status.st_mode)) {
			if (access(path, X_OK) == 0)
				return true;
			error = EACCES;
		}
		at += length;
		if (*at == '\0')
			break;
	}
	errno = error;
	return false;
}

int program_find(const char *name, struct program *program, struct failure *failure)
{
	struct stat status;
	*program = (struct program){.kind = PROGRAM_UNKNOWN};
	bool found = true;
	if (strchr(name, '/') == NULL)
		found = search_path(name, program->path, sizeof program->path);
	else
		snprintf(program->path, sizeof program->path, "%s", name);
	if (!found && errno == EACCES)
		return failure_set(failure, EXIT_CANNOT_RUN,
				   "%s was found on PATH but is not executable", name);
	if (!found)
		return failure_set(failure, EXIT_NOT_FOUND, "no program %s on PATH", name);
	if (stat(program->path, &status) != 0)
		return failure_set(failure, errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN,
				   "cannot start %s: %s", program->path, strerror(errno));
	if (S_ISDIR(status.st_mode))
		return failure_set(failure, EXIT_CANNOT_RUN, "%s is a directory", program->path);
	if (access(program->path, X_OK) != 0)
		return failure_set(failure, EXIT_CANNOT_RUN, "%s is not executable: %s",
				   program->path, strerror(errno));
	int fd = open(program->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0; /* executable but not readable: nothing can be told beforehand */
	examine(fd, program);
	program->privileged = gains_privileges(fd, &status);
	close(fd);
	return 0;
}
