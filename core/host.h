/* host.h - what the process around us is and may do, where that can change while it runs. Each call
 * asks the kernel; errno stays as it was. Asked seldom: a thread is about to be made, or counted.
 */
#ifndef HOST_H
#define HOST_H

#include "build.h"

/* Did the C library make the running thread? Not so in a child that shares our memory (vfork()), in
 * a thread by clone() alone, and in a child past the C library: its locks that know their owner
 * take such a thread for another one, so it must not ask for anything that may take one. */
INTERNAL bool host_is_library_thread(void);

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

/* Processors by number, in the kernel's own form. */
#define HOST_CPUS_MAX 8192
struct host_cpus {
	uint64_t words[HOST_CPUS_MAX / 64];
};

ALWAYS_INLINE bool host_cpus_has(const struct host_cpus *cpus, unsigned cpu)
{
	return cpu < HOST_CPUS_MAX && (cpus->words[cpu / 64] >> cpu % 64 & 1) != 0;
}

/* Those that the running thread may use; none when the system does not say. */
INTERNAL void host_cpus_of_thread(struct host_cpus *cpus);
/* Binds the running thread to these, where the system lets us; never under a seccomp filter, which
 * might end the process for the question (systemd's ~@resources). */
INTERNAL void host_bind_thread(const struct host_cpus *cpus);

/* Names the running thread, as it is shown by ps and debuggers. */
INTERNAL void host_name_thread(const char *name);

#endif
