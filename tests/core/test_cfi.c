/* test_cfi.c - a step by the tables of real code, and that what cannot be read ends it. */
#include "cfi.h"

#include <dlfcn.h>
#include <string.h>
#include "expect.h"
#include "suite.h"

static unsigned reads;
static unsigned reads_most = 1000;

static bool read_word(uintptr_t address, uintptr_t *word, void *opaque)
{
	(void)opaque;
	if (reads++ >= reads_most)
		return false;
	memcpy(word, (const void *)address, sizeof *word);
	return true;
}

/* A stack that is not there: a word at each address, which tells the address. */
static bool read_made_up(uintptr_t address, uintptr_t *word, void *opaque)
{
	(void)opaque;
	*word = address;
	return true;
}

static const void *table_of(const void *code)
{
	struct dl_find_object object;

	expect(_dl_find_object((void *)code, &object) == 0, "no module at %p", code);
	return object.dlfo_eh_frame;
}

/* The place, and where its caller goes on. */
#if defined(__x86_64__)
#define HERE(frame)                                                                                \
	__asm__ volatile("movq %%rsp, %0\n\tmovq %%rbp, %1\n\tleaq 0(%%rip), %2"                   \
			 : "=r"((frame)->registers[CFI_STACK_POINTER]),                            \
			   "=r"((frame)->registers[CFI_FRAME_POINTER]), "=r"((frame)->pc))
#else
#define HERE(frame)                                                                                \
	__asm__ volatile("mov %0, sp\n\tmov %1, x29\n\tadr %2, ."                                  \
			 : "=r"((frame)->registers[CFI_STACK_POINTER]),                            \
			   "=r"((frame)->registers[CFI_FRAME_POINTER]), "=r"((frame)->pc))
#endif

#define KNOWN ((uint64_t)1 << CFI_STACK_POINTER | (uint64_t)1 << CFI_FRAME_POINTER)

__attribute__((noinline)) static void step_to_caller(volatile int *keep)
{
	struct cfi_frame frame = {.known = KNOWN, .is_interrupted = true};

	reads = 0;
	HERE(&frame);
	expect(cfi_step(table_of((void *)frame.pc), &frame, read_word, NULL), "no step");
	expect(frame.pc == (uintptr_t)__builtin_return_address(0), "%lx is not the caller",
	       frame.pc);
	expect(!frame.is_interrupted, "a call is no signal");
	expect(frame.registers[CFI_STACK_POINTER] > (uintptr_t)&frame, "the stack grows upwards");
	*keep += 1;
}

START_TEST(to_the_caller)
{
	volatile int keep = 0;

	step_to_caller(&keep);
}
END_TEST

START_TEST(what_cannot_be_read)
{
	struct cfi_frame frame = {.known = KNOWN, .is_interrupted = true};

	HERE(&frame);
	reads = 0;
	reads_most = 0;
	expect(!cfi_step(table_of((void *)frame.pc), &frame, read_word, NULL),
	       "a step without a stack");
}
END_TEST

START_TEST(what_is_not_in_the_table)
{
	struct cfi_frame frame = {.known = KNOWN, .pc = 16};
	static const unsigned char other_version[64] = {2, 0x1b, 0x03, 0x3b};
	static const unsigned char other_encoding[64] = {1, 0x1b, 0x03, 0x00};

	expect(!cfi_step(table_of((void *)(uintptr_t)expect_failed), &frame, read_word, NULL),
	       "a place before all code");
	frame.pc = UINTPTR_MAX - 4;
	expect(!cfi_step(table_of((void *)(uintptr_t)expect_failed), &frame, read_word, NULL),
	       "a place behind all code");
	expect(!cfi_step(other_version, &frame, read_word, NULL), "another version");
	expect(!cfi_step(other_encoding, &frame, read_word, NULL), "another encoding");
}
END_TEST

/* Every place of the C library: whatever its table holds is read without harm, and nearly all of
 * it is understood. */
START_TEST(all_of_libc)
{
	struct dl_find_object object;
	unsigned understood = 0, all = 0;

	expect(_dl_find_object((void *)(uintptr_t)memcpy, &object) == 0 ||
		       _dl_find_object((void *)(uintptr_t)strlen, &object) == 0,
	       "no libc");
	const unsigned char *header = object.dlfo_eh_frame;
	uint32_t count;

	memcpy(&count, header + 8, sizeof count);
	expect(count > 1000, "%u functions", count);
	for (uint32_t i = 0; i < count; i++) {
		int32_t code;

		memcpy(&code, header + 12 + 8 * (size_t)i, sizeof code);
		for (unsigned at = 1; at < 40; at += 13) {
			struct cfi_frame frame = {.pc = (uintptr_t)header + (uintptr_t)code + at,
						  .known = ~(uint64_t)0,
						  .is_interrupted = true};

			for (unsigned r = 0; r < CFI_REGISTERS; r++)
				frame.registers[r] = 0x10000 + r * 0x1000;
			understood += cfi_step(header, &frame, read_made_up, NULL);
			all++;
		}
	}
	expect(understood > all / 10 * 6, "%u of %u", understood, all);
}
END_TEST

int main(void)
{
	return suite_run("cfi", (const TTest *[]){to_the_caller, what_cannot_be_read,
						  what_is_not_in_the_table, all_of_libc, NULL});
}
