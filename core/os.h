/* os.h - the whole contract with the operating system. No other module makes a system call, but
 * os_batch, lock (futex) and fault (write).
 * os_call.def lists them.
 *
 * Sizes and addresses are multiples of os_page. Functions that can fail return NULL or false and
 * leave errno as it was: running out of memory is a normal result.
 */
#ifndef OS_H
#define OS_H

#include "build.h"

INTERNAL extern size_t os_page; /* bytes of a page of the running kernel; set once by os_boot() */
INTERNAL extern unsigned os_lg_page;

INTERNAL void os_boot(void);

/* Address space that reads as zero and gets memory when it is touched. */
INTERNAL void *os_map(size_t size, size_t alignment);
/* The same, at an address or not at all. */
INTERNAL void *os_map_at(void *address, size_t size);
/* Gives address space back; false when the system refused (too many mappings). */
INTERNAL bool os_unmap(void *address, size_t size);
/* The same without a refusal: what cannot be given back now loses its contents and is tried again
 * when more is mapped. */
INTERNAL void os_discard(void *address, size_t size);
/* Drops contents: at once, reads as zero from then on; or when the system likes to. Some systems
 * that only look like Linux take the first for a hint: that is found out at its first use, for
 * which the range must be writable, and it fails from then on, unless os_trust_purge() was called.
 */
INTERNAL bool os_purge_forced(void *address, size_t size);
INTERNAL void os_trust_purge(void);
INTERNAL bool os_purge_zeroes(void); /* that is known */
INTERNAL bool os_purge_lazy(void *address, size_t size);
/* Asks for huge pages behind a range, or for none; false: refused, or unknown to the system. */
INTERNAL bool os_advise_huge(void *address, size_t size, bool huge);
/* Makes them huge here and now; false: refused, no huge page to be had, or unknown to the system.
 */
INTERNAL bool os_collapse(void *address, size_t size);
/* Drops contents at once and makes one mapping, with its neighbours, of what moves have broken up;
 * false: the system cannot, and nothing was changed. */
INTERNAL bool os_map_again(void *address, size_t size);
/* Moves contents to another mapping of the same size, page tables only; what was at `from` reads as
 * zero from then on. false: the system cannot, and nothing was changed. */
INTERNAL bool os_move(void *from, void *to, size_t size);

/* Address space that is only reserved: no access, no memory; and a range turned back into that, its
 * contents dropped, whatever it was. */
INTERNAL void *os_reserve(size_t size);
INTERNAL bool os_forbid(void *address, size_t size);
/* Allows or forbids access, contents stay. false: the kernel has no room for one mapping more. */
INTERNAL bool os_protect(void *address, size_t size, bool may_access);

/* Fresh memory in the place of whatever mapping is there. */
INTERNAL bool os_replace(void *address, size_t size);

/* Moves the end of the data segment; returns where it was, NULL when it cannot be moved. */
INTERNAL void *os_sbrk(ptrdiff_t by);

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
