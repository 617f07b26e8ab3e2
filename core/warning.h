/* warning.h - what the allocator could not do for the program: told in a line, and, where the user
 * would rather have the process end than go on like this, its end.
 *
 * The option abort is about warnings, things that went wrong and that we can live with; xmalloc is
 * about requests that cannot be met. No locks may be held.
 */
#ifndef WARNING_H
#define WARNING_H

#include "build.h"

/* A warning, the first time that it comes up (*told); ends the process when abort is set. */
INTERNAL COLD void warning_once(bool *told, const char *text);

/* The system has not what an option, one whose values are words, asks for: "No THP support". */
INTERNAL COLD void warning_of_option(const char *what, const char *option);

/* A request could not be met: with xmalloc, says so and ends the process. what: "malloc(): out of
 * memory", for instance. Keeps errno. */
INTERNAL COLD void warning_of_no_memory(const char *what);

#endif
