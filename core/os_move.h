/* os_move.h - contents moved to another mapping by the kernel, and mappings made whole again.
 *
 * Sizes and addresses are multiples of os_page; errno stays as it was. Where the kernel takes a
 * mapping away and cannot put another in its place, the process ends with a message: anything else
 * would be somebody's corruption.
 */
#ifndef OS_MOVE_H
#define OS_MOVE_H

#include "build.h"

/* Moves contents to another mapping of the same size, page tables only; what was at `from` reads as
 * zero from then on. false: the system cannot, and nothing was changed. */
INTERNAL bool os_move(void *from, void *to, size_t size);
/* Drops contents at once and makes one mapping, with its neighbours, of what moves have broken up;
 * false: the system cannot, and nothing was changed. */
INTERNAL bool os_map_again(void *address, size_t size);

#endif
