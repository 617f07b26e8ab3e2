#include "os_batch.h"

#include "os_purge.h"
#include "os_call.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif
/* In the place of a file descriptor: the process of the calling thread. */
#define THIS_PROCESS (-10000)

static bool is_unknown; /* to the system, or forbidden; relaxed */

/* By one call, those from the first on: returns how many. */
static unsigned purge_from(const struct os_batch *batch, unsigned first)
{
	if (batch->n - first < 2 || __atomic_load_n(&is_unknown, __ATOMIC_RELAXED) ||
	    !os_purge_zeroes())
		return 0;
	int saved = errno;
	ssize_t bytes = os_call(process_madvise, -1,
				syscall(SYS_process_madvise, THIS_PROCESS, &batch->ranges[first],
					(size_t)batch->n - first, MADV_DONTNEED, 0));
	if (bytes < 0 && (errno == ENOSYS || errno == EBADF || errno == EPERM))
		__atomic_store_n(&is_unknown, true, __ATOMIC_RELAXED);
	errno = saved;
	unsigned n = 0;
	for (; first + n < batch->n && bytes >= (ssize_t)batch->ranges[first + n].iov_len; n++)
		bytes -= (ssize_t)batch->ranges[first + n].iov_len;
	return n;
}

static bool purge_one(const struct iovec *range)
{
	return os_purge_forced(range->iov_base, range->iov_len);
}

unsigned os_batch_purge(struct os_batch *batch)
{
	unsigned calls = 0;
	unsigned at = 0;
	if (batch->n != 0 && !os_purge_zeroes()) { /* perhaps nobody knows yet: this finds out */
		batch->purged[at] = purge_one(&batch->ranges[at]);
		at++;
		calls++;
	}
	unsigned together = purge_from(batch, at);
	calls += together != 0;
	for (unsigned end = at + together; at < end; at++)
		batch->purged[at] = true;
	for (; at < batch->n; at++, calls++)
		batch->purged[at] = purge_one(&batch->ranges[at]);
	return calls;
}
