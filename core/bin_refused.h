/* bin_refused.h - regions that a bin does not take back: freed twice, or never handed out.
 *
 * A bin finds them under its lock and goes on with the others; what is wrong with them is told when
 * the lock was dropped, because telling may call the program and end it. A list belongs to one call
 * and begins with n == 0.
 */
#ifndef BIN_REFUSED_H
#define BIN_REFUSED_H

#include "slab.h"

#define BIN_REFUSED_MAX 8

struct bin_refused {
	unsigned n; /* may be more than are kept */
	struct {
		const void *region;
		uint32_t arena;
		enum slab_put_result why;
	} kept[BIN_REFUSED_MAX];
};

INTERNAL COLD void bin_refuse(struct bin_refused *refused, const void *region, uint32_t arena,
			      enum slab_put_result why);

/* One message for each, of objects of this class. With no lock held. */
INTERNAL COLD void bin_tell_refused(const struct bin_refused *refused, unsigned class);

#endif
