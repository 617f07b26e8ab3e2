/* cfi.h - one step up the stack by a module's unwind table (.eh_frame, found by .eh_frame_hdr).
 *
 * For each place of code the table holds a small program: where the caller's frame begins (the CFA)
 * and where the registers that it had are saved. cfi_step() finds the program by binary search,
 * runs it, and turns the registers of a frame into those of its caller. Tables are trusted, as
 * every exception trusts them; what lies on the stack is read through the caller's function, which
 * may refuse. Pure: no state, no lock, no allocation, no system call.
 *
 * What compilers do not write (tables in other encodings, branches in expressions) is declined.
 */
#ifndef CFI_H
#define CFI_H

#include "cfi_frame.h"

/* Makes *frame that of its caller. false: the table does not tell, or there is no caller; *frame is
 * then of no use. */
INTERNAL bool cfi_step(const void *eh_frame_hdr, struct cfi_frame *frame, cfi_read_fn *read,
		       void *opaque);

#endif
