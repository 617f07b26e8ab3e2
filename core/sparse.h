/* sparse.h - pages of sparse slabs that no region in use touches go back to the system too.
 *
 * After a heap has been thinned out, most of what is left of it are slabs with a few regions in
 * use. They cannot go, but a page of theirs that lies in free regions altogether need not have
 * memory: it is purged where it is, and comes back, reading as zero, when a region there is used
 * again.
 *
 * Passes over the bins of an arena run from time to time, as decay does and by whom decay does. A
 * slab gives up pages in the second pass that finds it as it was, so what is purged has been unused
 * for at least half the decay time of dirty pages. When a pass has found all slabs as they were,
 * there is none until pages of the arena become dirty again. Only slabs of the arena's own accord:
 * with extent hooks of the program, in arenas that it resets, with huge pages asked for, and out of
 * those that are packed (hpa.h), memory stays as it is.
 *
 * While a slab's pages are purged it is pinned: in no list of its bin (bin_pin_sparse()), so that
 * nothing of it is handed out, and the bin's lock is free.
 */
#ifndef SPARSE_H
#define SPARSE_H

#include "bin.h"

struct sparse {
	uint64_t due_ns; /* relaxed; UINT64_MAX: no pass is under way or planned */
	bool is_busy;    /* atomic; somebody is at it, to whom the rest belongs */
	uint8_t pass;    /* never 0, which is that of new slabs */
	uint8_t bin;     /* the next one of this pass */
	bool is_changed; /* this pass saw a slab that the next one has to look at */
	struct extent *pinned;
	uint64_t purged; /* pages; relaxed */
};

INTERNAL void sparse_init(struct sparse *sparse);

/* Begins with passes, unless they go on; something became unused. */
INTERNAL void sparse_begin(struct sparse *sparse, uint64_t now_ns, ssize_t dirty_decay_ms);

/* Does the next part of a pass if it is time; returns when it is time again. */
INTERNAL uint64_t sparse_step(struct sparse *sparse, struct bin *bins, struct pages *pages,
			      uint64_t now_ns);

/* In the child of a fork, with all locks free: what another thread had pinned is put back. */
INTERNAL void sparse_postfork_child(struct sparse *sparse, struct pages *pages);

#endif
