/* cache_check.h - mistakes of the program that have not left a thread's cache yet.
 *
 * free() pushes what the pagemap calls a region of the class and looks no further. The slow paths
 * look, at the latest few: twice the same pointer, or one that is not where an object starts, would
 * be handed out as memory of its own.
 */
#ifndef CACHE_CHECK_H
#define CACHE_CHECK_H

#include "cache_bin.h"

/* Looks at the n latest regions of a stack, which has so many; what is wrong is taken out and told.
 */
INTERNAL void cache_check_latest(struct cache_bin *bin, unsigned class, unsigned n);

#endif
