/* cfi_expression.h - the little stack machine by which unwind tables say where something is. Pure.
 */
#ifndef CFI_EXPRESSION_H
#define CFI_EXPRESSION_H

#include "cfi_cursor.h"
#include "cfi_frame.h"

struct cfi_reader {
	cfi_read_fn *read;
	void *opaque;
};

/* first: what the stack holds at the beginning, NULL for nothing. */
INTERNAL bool cfi_evaluate(struct cfi_cursor c, const struct cfi_frame *frame,
			   const uintptr_t *first, struct cfi_reader reader, uintptr_t *result);

#endif
