/* ctl_access.h - one read, write or call of one leaf: the access rules of mallctl(), all of them.
 */
#ifndef CTL_ACCESS_H
#define CTL_ACCESS_H

#include "ctl_row.h"

/* oldp and oldlenp take what is read, newp and newlen give what is written; a NULL on either side
 * means that the caller wants nothing there. Returns 0 or an error number:
 *   ENOENT  the leaf, or what an index names, is not there (any more)
 *   EPERM   the leaf cannot be used in this direction
 *   EINVAL  *oldlenp or newlen is not the size of the value, or the value makes no sense. What fits
 *           of the old value has then been copied and *oldlenp says how much
 *   EFAULT  the value is out of range, or what an index names cannot do this
 *   EAGAIN  out of memory or of room
 */
INTERNAL int ctl_access(const struct ctl_row *row, const struct ctl_call *call, void *oldp,
			size_t *oldlenp, const void *newp, size_t newlen);

/* Bytes of a value of this type. */
INTERNAL size_t ctl_type_size(enum moonheap_ctl_type type);

#endif
