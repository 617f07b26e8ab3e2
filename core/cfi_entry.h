/* cfi_entry.h - what an unwind table has for a place of code: the programs that cfi.c runs. Pure;
 * tables are trusted.
 */
#ifndef CFI_ENTRY_H
#define CFI_ENTRY_H

#include "cfi_cursor.h"

/* What the programs of several functions have in common. */
struct cfi_common {
	uint64_t code_factor;
	int64_t data_factor;
	uint64_t return_address;
	uint8_t encoding; /* of pointers to code */
	bool has_extra;
	bool is_signal_frame;
	struct cfi_cursor program;
};

struct cfi_entry {
	struct cfi_common common;
	uintptr_t start;
	struct cfi_cursor program;
};

/* The entry of the function around pc, by the table's index (.eh_frame_hdr); false: there is none,
 * or one that cannot be read. */
INTERNAL bool cfi_entry_find(const void *eh_frame_hdr, uintptr_t pc, struct cfi_entry *entry);

#endif
