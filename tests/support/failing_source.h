/* failing_source.h - extent hooks that pass every call on to another table, but for some that they
 * let fail: running out of memory, and hooks that decline, at a chosen moment.
 *
 * The calls of one source come from one thread.
 */
#ifndef TESTS_SUPPORT_FAILING_SOURCE_H
#define TESTS_SUPPORT_FAILING_SOURCE_H

#include <moonheap/hooks.h>

struct failing_source {
	extent_hooks_t hooks; /* first: the hooks find the source by their first argument */
	extent_hooks_t *inner;
	unsigned long calls;   /* destroy, which cannot fail, does not count */
	unsigned long fail_at; /* the number of the call that fails; 0: none does */
	bool fail_on;          /* so do all after it */
	unsigned long failed;
};

void failing_source_init(struct failing_source *source, extent_hooks_t *inner);

/* From now on: the nth call from here fails; with on, all that come after it, too. 0: none. */
void failing_source_fail_at(struct failing_source *source, unsigned long nth, bool on);

#endif
