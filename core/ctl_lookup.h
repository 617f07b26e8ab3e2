/* ctl_lookup.h - the leaf behind a whole name, by hash: what is asked for by far the most.
 *
 * A table from the text of each row's path, where an index is one sign whatever it is called, to
 * its node. Who does not find a name here asks ctl_tree_resolve(): interior names, beginnings,
 * indices in odd spellings and what does not exist are all found or refused there. Filled once,
 * constant then.
 */
#ifndef CTL_LOOKUP_H
#define CTL_LOOKUP_H

#include "ctl_tree.h"

/* Fills the table, after ctl_tree_start(). Any number of times; the caller holds ctl_lock. */
INTERNAL void ctl_lookup_start(void);

/* The node with this path, which has indices as they are in paths; NULL: there is none. */
INTERNAL const struct ctl_node *ctl_lookup_path(const char *path);

/* The place of a leaf; false: not found here. */
INTERNAL bool ctl_lookup(const char *name, struct ctl_place *place);

#endif
