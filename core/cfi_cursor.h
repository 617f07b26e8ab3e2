/* cfi_cursor.h - numbers and pointers out of an unwind table, one after the other. Pure.
 *
 * What is asked for beyond the end is 0, and the cursor is then at its end.
 */
#ifndef CFI_CURSOR_H
#define CFI_CURSOR_H

#include "build.h"

struct cfi_cursor {
	const uint8_t *at;
	const uint8_t *end;
};

INTERNAL uint64_t cfi_take_fixed(struct cfi_cursor *c, unsigned size);
INTERNAL uint64_t cfi_take_uleb(struct cfi_cursor *c);
INTERNAL int64_t cfi_take_sleb(struct cfi_cursor *c);

/* How a pointer is written: the format, and what it counts from. */
#define CFI_POINTER_FORMAT 0x0f
#define CFI_POINTER_PCREL  0x10
/* false: written in a way that compilers do not use here. */
INTERNAL bool cfi_take_pointer(struct cfi_cursor *c, uint8_t encoding, uintptr_t *value);

#endif
