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

#include "build.h"

/* Numbers of DWARF, which differ between machines; the return address is a register too. */
#if defined(__x86_64__)
#define CFI_REGISTERS      17
#define CFI_FRAME_POINTER  6
#define CFI_STACK_POINTER  7
#define CFI_RETURN_ADDRESS 16
#elif defined(__aarch64__)
#define CFI_REGISTERS      33
#define CFI_FRAME_POINTER  29
#define CFI_STACK_POINTER  31
#define CFI_RETURN_ADDRESS 30
#endif

struct cfi_frame {
	uintptr_t pc;
	uintptr_t registers[CFI_REGISTERS];
	uint64_t known;      /* bit r: registers[r] is the frame's */
	bool is_interrupted; /* by a signal: pc was not left by a call */
};

/* Reads a word; false: it is not there. */
typedef bool cfi_read_fn(uintptr_t address, uintptr_t *word, void *opaque);

/* Makes *frame that of its caller. false: the table does not tell, or there is no caller; *frame is
 * then of no use. */
INTERNAL bool cfi_step(const void *eh_frame_hdr, struct cfi_frame *frame, cfi_read_fn *read,
		       void *opaque);

#endif
