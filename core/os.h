/* os.h - the running system: its pages, clocks, processors, threads and files.
 *
 * No module makes a system call but this one, os_purge, os_map, os_move and os_batch, lock (futex)
 * and fault (write). os_call.def lists them. Functions leave errno as it was.
 */
#ifndef OS_H
#define OS_H

#include "build.h"

INTERNAL extern size_t os_page; /* bytes of a page of the running kernel; set once by os_boot() */
INTERNAL extern unsigned os_lg_page;

INTERNAL void os_boot(void);

INTERNAL uint32_t os_thread_id(void); /* the kernel's number */
/* Its name, cut to fit, or "". */
INTERNAL void os_thread_name(char *name, size_t size);
INTERNAL uint64_t os_now_ns(void);          /* monotonic, some milliseconds coarse, cheap */
INTERNAL uint64_t os_now_precise_ns(void);  /* monotonic, exact */
INTERNAL uint64_t os_now_at_start_ns(void); /* the same, for what happens once */
INTERNAL unsigned os_cpus(void);            /* that this process may use */
INTERNAL bool os_is_privileged(void);       /* runs with rights that its caller does not have */
/* The first bytes of a file; their number, 0 when it cannot be read. */
INTERNAL size_t os_read_file(const char *path, char *buffer, size_t size);
/* Whether a word can be read at an address, asked from the kernel. */
INTERNAL bool os_is_readable(const void *address);
INTERNAL void os_write_stderr(const char *text, size_t length);

#endif
