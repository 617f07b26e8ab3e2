/* host.h - what the process around us is and may do, where that can change while it runs. Each call
 * asks the kernel; errno stays as it was. Asked seldom: a thread is about to be made, or counted.
 */
#ifndef HOST_H
#define HOST_H

#include "build.h"

INTERNAL int host_process(
	void); /* its id; another one in a child, even of a vfork() or a clone() */

/* Seccomp filters over the running thread; HOST_FILTERS_UNKNOWN where there are some, and the
 * kernel does not say how many. */
#define HOST_FILTERS_UNKNOWN UINT32_MAX /* one thread at a time may ask */
INTERNAL uint32_t host_filters(void);

/* May this be inside a signal handler? A handler's own signal is blocked while it runs, and its
 * disposition is a function; so false is certain but for handlers that do without that
 * (SA_NODEFER).
 */
INTERNAL bool host_may_be_in_handler(void);

/* The processor that the thread runs on, -1 when the system does not say. Cheap. */
INTERNAL int host_cpu(void);
/* Processors that the machine may ever have, whether this process may use them or not: their
 * numbers are below. */
INTERNAL unsigned host_cpus_most(void);

/* Names the running thread, as it is shown by ps and debuggers. */
INTERNAL void host_name_thread(const char *name);

#endif
