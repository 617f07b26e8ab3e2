/* ctl_refusal.h - why a leaf that is there, asked in the right lengths, refused, in words.
 *
 * An error number is what the interface has; the reason is found again from what it is known to
 * mean for this leaf, and from the arena that the name leads to, as it is now. Allocates nothing
 * and takes no lock.
 */
#ifndef CTL_REFUSAL_H
#define CTL_REFUSAL_H

#include "ctl_tree.h"
#include "fmt.h"

/* Appends the reason behind the leaf's name, which the caller has written. */
INTERNAL void ctl_refusal_tell(struct fmt *text, int error, const struct ctl_place *leaf);

#endif
