/* cfi_frame.h - the registers of a frame on the stack, as far as they are known. Pure. */
#ifndef CFI_FRAME_H
#define CFI_FRAME_H

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

#endif
