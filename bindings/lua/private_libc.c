/* private_libc - what Lua gets instead of the C library functions that would reach the host.
 *
 * The agent links Debian's liblua5.4.a, in which private_libc.syms has renamed these symbols. There
 * are two reasons. The archive is compiled for executables, so its references to stdin, stdout and
 * stderr can only be bound inside the library that it becomes part of. And a Lua that cannot name
 * malloc, stdio or abort cannot use the host's by accident: what the sandbox leaves out fails here
 * instead of opening a file, printing into the service's output or ending the service. The test
 * `agent_symbols` checks the outcome with nm.
 */
#include "private_libc.h"

#include <string.h>
#include <unistd.h>

struct private_file *moonheap_agent_stdin;
struct private_file *moonheap_agent_stdout;
struct private_file *moonheap_agent_stderr;

/* luaL_newstate is not used: every state has an allocator of its own (agent_heap). */
void *moonheap_agent_realloc(void *old, size_t size)
{
	(void)old;
	(void)size;
	return NULL;
}

void moonheap_agent_free(void *old)
{
	(void)old;
}

struct private_file *moonheap_agent_fopen(const char *path, const char *mode)
{
	(void)path;
	(void)mode;
	return NULL;
}

struct private_file *moonheap_agent_freopen(const char *path, const char *mode,
					    struct private_file *file)
{
	(void)path;
	(void)mode;
	(void)file;
	return NULL;
}

struct private_file *moonheap_agent_fopen64(const char *path, const char *mode)
{
	return moonheap_agent_fopen(path, mode);
}

struct private_file *moonheap_agent_freopen64(const char *path, const char *mode,
					      struct private_file *file)
{
	return moonheap_agent_freopen(path, mode, file);
}

int moonheap_agent_fclose(struct private_file *file)
{
	(void)file;
	return -1;
}

size_t moonheap_agent_fread(void *to, size_t size, size_t n, struct private_file *file)
{
	(void)to;
	(void)size;
	(void)n;
	(void)file;
	return 0;
}

size_t moonheap_agent_fwrite(const void *from, size_t size, size_t n, struct private_file *file)
{
	(void)from;
	(void)size;
	(void)file;
	return n;
}

int moonheap_agent_fflush(struct private_file *file)
{
	(void)file;
	return 0;
}

int moonheap_agent_fputs(const char *text, struct private_file *file)
{
	(void)text;
	(void)file;
	return 0;
}

int moonheap_agent_fputc(int c, struct private_file *file)
{
	(void)file;
	return c;
}

int moonheap_agent_getc(struct private_file *file)
{
	(void)file;
	return -1;
}

int moonheap_agent_feof(struct private_file *file)
{
	(void)file;
	return 1;
}

int moonheap_agent_ferror(struct private_file *file)
{
	(void)file;
	return 1;
}

int moonheap_agent_fprintf(struct private_file *file, const char *format, ...)
{
	(void)file;
	(void)format;
	return 0;
}

int moonheap_agent_fprintf_chk(struct private_file *file, int flag, const char *format, ...)
{
	(void)file;
	(void)flag;
	(void)format;
	return 0;
}

/* The C library's own fills a static structure that the host may be reading. */
struct lconv *moonheap_agent_localeconv(void)
{
	static char point[] = ".";
	static struct lconv c_locale = {.decimal_point = point};

	return &c_locale;
}

int moonheap_agent_strcoll(const char *a, const char *b)
{
	return strcmp(a, b);
}

char *moonheap_agent_strerror(int error)
{
	static char text[] = "not available in the agent";

	(void)error;
	return text;
}

/* The checked one ends the process when it doubts a stack frame, and sanitizers do not know it. */
_Noreturn void moonheap_agent_longjmp(jmp_buf to, int value)
{
	longjmp(to, value);
}

/* Reached only if the panic handler of agent_sandbox returned, which it does not. The service lives
 * on without this thread. */
_Noreturn void moonheap_agent_abort(void)
{
	for (;;)
		pause();
}
