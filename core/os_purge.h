/* os_purge.h - what is behind address space: contents dropped, huge pages asked for.
 *
 * Some systems that only look like Linux take the call that drops contents for a hint. That is
 * found out at the first forced purge, for which the range must be writable; forced purges fail
 * from then on, unless os_trust_purge() was called.
 *
 * Ranges are of whole pages (os_page). Functions that fail return false and leave errno as it was.
 */
#ifndef OS_PURGE_H
#define OS_PURGE_H

#include "build.h"

/* Drops contents: at once, reads as zero from then on; or when the system likes to. */
INTERNAL bool os_purge_forced(void *address, size_t size);
INTERNAL bool os_purge_lazy(void *address, size_t size);
INTERNAL void os_trust_purge(void);
INTERNAL bool os_purge_zeroes(void); /* that is known */

/* Asks for huge pages behind a range, or for none; false: refused, or unknown to the system. */
INTERNAL bool os_advise_huge(void *address, size_t size, bool huge);
/* Makes them huge here and now; false: refused, no huge page to be had, or unknown to the system.
 */
INTERNAL bool os_collapse(void *address, size_t size);

/* One advice of madvise(2), for other modules of os. */
INTERNAL bool os_advise(void *address, size_t size, int advice);

#endif
