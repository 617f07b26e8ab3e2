/* unwind.h - who called: the return addresses on the running thread's stack.
 *
 * No lock, no allocation, no write but to the caller's array: it runs inside malloc and in signal
 * handlers. Frames are found by the unwind tables that every library carries, as exceptions find
 * them; a frame without a table is left by its frame pointer. Only the thread's own stack is read,
 * and whatever looks wrong ends the walk: a short stack is an answer, a crash is not.
 *
 * Before unwind_boot(), and where the C library cannot say to which module an address belongs
 * (before glibc 2.35), only frame pointers lead on.
 */
#ifndef UNWIND_H
#define UNWIND_H

#include "fmt.h"

/* Looks up what the C library offers. Called once, when libc is up. */
INTERNAL void unwind_boot(void);

/* Fills up to most return addresses, the innermost first, those in this library left out; returns
 * how many. */
INTERNAL unsigned unwind_here(void **stack, unsigned most);

/* The same from the registers that a signal handler was given; the place itself comes first. */
INTERNAL unsigned unwind_from(const void *ucontext, void **stack, unsigned most);

/* "0x7f… /usr/lib/libfoo.so+0x1234" */
INTERNAL void unwind_tell(struct fmt *text, const void *address);

#endif
