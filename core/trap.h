/* trap.h - a fault on memory that is guarded, in words.
 *
 * The handler of SIGSEGV looks whether the address is one of ours. If it is, the finding is told
 * from the handler, and then, unless the program is to go on, the fault happens again with whatever
 * was there before us: the program's handler, or the end with the signal, at the instruction that
 * made it, so that a core dump shows that. If it is not ours, whatever was there before is done at
 * once, as if we were not there. A handler that the program installs later replaces this one.
 *
 * Uses no lock and no memory but the stack; runs on the alternative stack of a thread that has one.
 */
#ifndef TRAP_H
#define TRAP_H

#include "build.h"

/* Installed when options ask for guarded memory; once, when libc is up. */
INTERNAL void trap_install(void);

#endif
