/* ctl_unknown.h - what is wrong with a name of the control tree, in words.
 *
 * Allocates nothing and takes no lock; what it says of indices is as of now. Any thread, once the
 * tree has been started (ctl_start()).
 */
#ifndef CTL_UNKNOWN_H
#define CTL_UNKNOWN_H

#include "ctl_tree.h"
#include "fmt.h"

/* Appends why a name leads to no leaf. false: it does, to the one that place then holds, and
 * nothing was appended. Of several names with spaces between, as a snapshot takes them, the first
 * that is wrong is told. */
INTERNAL bool ctl_unknown_tell(struct fmt *text, const char *name, struct ctl_place *place);

/* Appends a text of the caller's in quotes: cut where it is very long, and without what would move
 * the cursor of a terminal. */
INTERNAL void ctl_unknown_quote(struct fmt *text, const char *quoted, size_t length);

#endif
