/* private_libc.h - prototypes of the functions that Lua is given in place of the C library's; only
 * liblua, through the names in private_libc.syms, calls them. */
#ifndef MOONHEAP_LUA_PRIVATE_LIBC_H
#define MOONHEAP_LUA_PRIVATE_LIBC_H

#include <locale.h>
#include <setjmp.h>
#include <stddef.h>

struct private_file; /* no such thing exists */

extern struct private_file *moonheap_agent_stdin;
extern struct private_file *moonheap_agent_stdout;
extern struct private_file *moonheap_agent_stderr;

void *moonheap_agent_realloc(void *old, size_t size);
void moonheap_agent_free(void *old);
struct private_file *moonheap_agent_fopen(const char *path, const char *mode);
struct private_file *moonheap_agent_freopen(const char *path, const char *mode,
					    struct private_file *file);
struct private_file *moonheap_agent_fopen64(const char *path, const char *mode);
struct private_file *moonheap_agent_freopen64(const char *path, const char *mode,
					      struct private_file *file);
int moonheap_agent_fclose(struct private_file *file);
size_t moonheap_agent_fread(void *to, size_t size, size_t n, struct private_file *file);
size_t moonheap_agent_fwrite(const void *from, size_t size, size_t n, struct private_file *file);
int moonheap_agent_fflush(struct private_file *file);
int moonheap_agent_fputs(const char *text, struct private_file *file);
int moonheap_agent_fputc(int c, struct private_file *file);
int moonheap_agent_getc(struct private_file *file);
int moonheap_agent_feof(struct private_file *file);
int moonheap_agent_ferror(struct private_file *file);
int moonheap_agent_fprintf(struct private_file *file, const char *format, ...);
int moonheap_agent_fprintf_chk(struct private_file *file, int flag, const char *format, ...);
struct lconv *moonheap_agent_localeconv(void);
int moonheap_agent_strcoll(const char *a, const char *b);
char *moonheap_agent_strerror(int error);
_Noreturn void moonheap_agent_longjmp(jmp_buf to, int value);
_Noreturn void moonheap_agent_abort(void);

#endif
