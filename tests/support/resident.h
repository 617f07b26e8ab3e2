/* resident.h - how much memory the process holds, as the kernel counts it. */
#ifndef TESTS_SUPPORT_RESIDENT_H
#define TESTS_SUPPORT_RESIDENT_H

#include <stdbool.h>
#include <stddef.h>

size_t resident_bytes(void);
size_t mapped_bytes(void);
size_t mappings(void); /* how many there are */

/* Waits until at most limit bytes are resident, calling tick between looks: true when that happened
 * before seconds had passed. tick may be NULL. */
bool resident_falls_to(size_t limit, unsigned seconds, void (*tick)(void));

#endif
