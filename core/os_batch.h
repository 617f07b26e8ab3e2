/* os_batch.h - contents of several ranges dropped by one call of the system, as the option
 * process_madvise_max_batch asks for.
 *
 * The call is process_madvise() on the process itself, which Linux allows for dropping since 6.13.
 * The process is named without a file descriptor (Linux 6.14): one would be seen by the program,
 * which may close it, and by a forked child, for which it would be somebody else's memory. Where
 * the system does not know that, or a filter forbids it, it is not asked again, and ranges go one
 * by one as without the option. Stateless but for that; no locks.
 */
#ifndef OS_BATCH_H
#define OS_BATCH_H

#include "build.h"
#include "options.h"
#include <sys/uio.h>

struct os_batch {
	unsigned n;
	struct iovec ranges[OS_BATCH_MOST];
	bool purged[OS_BATCH_MOST]; /* after os_batch_purge(): it reads as zero */
};

/* How many ranges one call takes; below 2 there are none to gather. */
ALWAYS_INLINE unsigned os_batch_limit(void)
{
	return (unsigned)options.process_madvise_max_batch;
}

/* There is room: n is below the limit. */
ALWAYS_INLINE void os_batch_add(struct os_batch *batch, void *address, size_t size)
{
	batch->ranges[batch->n++] = (struct iovec){.iov_base = address, .iov_len = size};
}

/* Drops the contents of the ranges, as os_purge_forced() does; returns the calls that it took. */
INTERNAL COLD unsigned os_batch_purge(struct os_batch *batch);

#endif
