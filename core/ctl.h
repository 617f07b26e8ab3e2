/* ctl.h - the control tree as the rest of core and the exported symbols use it: read, write and
 * call leaves by name or by MIB. include/moonheap/ctl.h, implemented in ctl_reflect.c, describes
 * it.
 *
 * Any thread, any time; the first call boots core and takes the first snapshot. EAGAIN: there is no
 * memory for that. Error numbers: ctl_access.h.
 */
#ifndef CTL_H
#define CTL_H

#include "build.h"

/* Boots core and takes the first snapshot if that was not done. false: no memory. */
INTERNAL bool ctl_start(void);
/* Whether that was done: from then on it takes no lock. */
INTERNAL bool ctl_is_started(void);

INTERNAL int ctl_by_name(const char *name, void *oldp, size_t *oldlenp, const void *newp,
			 size_t newlen);

/* *depth: room in mib on entry, components stored on return. With less room than the name has
 * components the first ones are stored, on purpose: a beginning of several names. */
INTERNAL int ctl_name_to_mib(const char *name, size_t *mib, size_t *depth);

INTERNAL int ctl_by_mib(const size_t *mib, size_t depth, void *oldp, size_t *oldlenp,
			const void *newp, size_t newlen);

#endif
