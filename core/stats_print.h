/* stats_print.h - malloc_stats_print(): everything the statistics say, as text or JSON, in the
 * layout that programs know from jemalloc 5.3.
 *
 * Refreshes the statistics first. Allocates nothing, holds no lock while write is called. letters:
 * report_letter.def; NULL is "".
 */
#ifndef STATS_PRINT_H
#define STATS_PRINT_H

#include "build.h"

/* write: NULL for malloc_message, or standard error. */
INTERNAL void stats_print(void (*write)(void *opaque, const char *text), void *opaque,
			  const char *letters);

/* Reports by volume of allocation, where the option stats_interval asks for them. */
INTERNAL void stats_print_begin(void);

/* The report at the end of the process, where the option stats_print asks for it. */
INTERNAL void stats_print_at_exit(void);

#endif
