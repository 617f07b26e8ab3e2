/* fault.h - assertions and fatal messages. Stands on nothing, never allocates.
 *
 * fault_assert() states an invariant of ours; it is checked in debug builds and costs nothing in
 * release builds. fault_die() is for what must end the process: broken invariants that were noticed
 * and misuse by the caller that cannot be answered by an error.
 */
#ifndef FAULT_H
#define FAULT_H

#include "build.h"

/* Writes "<moonheap>: " and the strings up to a NULL, ends the line, and aborts. */
INTERNAL COLD _Noreturn void fault_die(const char *text, ...) __attribute__((sentinel));

/* The same line without the end of the process. */
INTERNAL COLD void fault_warn(const char *text, ...) __attribute__((sentinel));

#ifdef NDEBUG
#define fault_assert(condition) ((void)sizeof(condition))
#else
#define FAULT_STRING(x) #x
#define FAULT_LINE(x)   FAULT_STRING(x)
#define fault_assert(condition)                                                                    \
	((condition) ? (void)0                                                                     \
		     : fault_die("assertion failed: ", #condition, " at ", __FILE__, ":",          \
				 FAULT_LINE(__LINE__), (char *)0))
#endif

#endif
