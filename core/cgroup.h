/* cgroup.h - how many processors' worth of time the control groups of this process grant it.
 *
 * Containers and units of systemd mostly limit time, not the set of processors: a process may run
 * on all 64, but on two at a time. Both versions of control groups are read (cpu.max;
 * cpu.cfs_quota_us over cpu.cfs_period_us), of the process's own group and of those above it that
 * are visible. Nothing is allocated; what cannot be read limits nothing.
 */
#ifndef CGROUP_H
#define CGROUP_H

#include "build.h"

#define CGROUP_NO_LIMIT UINT32_MAX

/* The least limit, rounded up to whole processors. One thread at a time. Some tens of microseconds.
 */
INTERNAL uint32_t cgroup_cpus(void);

/* What stands before /proc and before the mounted file systems; "" but in tests. */
INTERNAL extern const char *cgroup_root;

#endif
