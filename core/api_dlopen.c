/* api_dlopen.c - dlopen() without RTLD_DEEPBIND: one malloc for the whole process.
 *
 * A library that is opened with RTLD_DEEPBIND looks for symbols in its own dependencies first, and
 * so finds the C library's malloc and free while everybody else has this one: the first object that
 * changes sides ends the process. PHP opens its extensions that way. Here the flag is taken off,
 * unless the option dlopen_deepbind says otherwise; everything else is the C library's work.
 *
 * That one looks at its return address to learn who calls: the caller's RUNPATH says where to look
 * for the file, and $ORIGIN in it where the caller lives. So it is not called but jumped to, with
 * registers and stack as they came; that takes a few lines of assembly for each processor.
 *
 * Not part of the archive: in a program without dynamic linking there is no other dlopen to go to.
 */
#include "boot.h"
#include "options.h"

#include <dlfcn.h>

/* Where to go on, and with which flags: returned in two registers. */
struct next {
	void *function;
	long mode;
};

INTERNAL struct next api_dlopen_next(const char *file, int mode);

/* Out of reach of the dynamic linker's lookup; dlerror() tells the rest. */
static void *not_found(const char *file UNUSED, int mode UNUSED)
{
	return NULL;
}

ALWAYS_RUN struct next api_dlopen_next(const char *file UNUSED, int mode)
{
	static void *libc_dlopen; /* relaxed; whoever races finds the same */
	void *function = __atomic_load_n(&libc_dlopen, __ATOMIC_RELAXED);
	if (function == NULL) {
		function = dlsym(RTLD_NEXT, "dlopen");
		__atomic_store_n(&libc_dlopen, function, __ATOMIC_RELAXED);
	}
	if (function == NULL) {
		union {
			void *(*function)(const char *, int);
			void *object;
		} stand_in = {.function = not_found};
		function = stand_in.object;
	}
	if (boot_ensure() && !options.dlopen_deepbind)
		mode &= ~RTLD_DEEPBIND;
	return (struct next){function, mode};
}

#define STRING_OF(x) #x
#define STRING(x)    STRING_OF(x)
#define NAME         STRING(API(dlopen))

/* clang-format off */
#if defined(__x86_64__)
#define BODY                                                                                       \
	"	endbr64\n"                                                                         \
	"	pushq	%rdi\n"                                                                    \
	"	.cfi_adjust_cfa_offset 8\n"                                                        \
	"	pushq	%rsi\n"                                                                    \
	"	.cfi_adjust_cfa_offset 8\n"                                                        \
	"	subq	$8, %rsp\n" /* calls want it at a multiple of 16 */                        \
	"	.cfi_adjust_cfa_offset 8\n"                                                        \
	"	call	api_dlopen_next\n"                                                         \
	"	addq	$16, %rsp\n"                                                               \
	"	.cfi_adjust_cfa_offset -16\n"                                                      \
	"	popq	%rdi\n"                                                                    \
	"	.cfi_adjust_cfa_offset -8\n"                                                       \
	"	movl	%edx, %esi\n"                                                              \
	"	jmp	*%rax\n"
#elif defined(__aarch64__)
#define BODY                                                                                       \
	"	hint	#34\n" /* bti c */                                                         \
	"	stp	x29, x30, [sp, #-32]!\n"                                                   \
	"	.cfi_adjust_cfa_offset 32\n"                                                       \
	"	.cfi_offset 29, -32\n"                                                             \
	"	.cfi_offset 30, -24\n"                                                             \
	"	str	x0, [sp, #16]\n"                                                           \
	"	bl	api_dlopen_next\n"                                                         \
	"	mov	x16, x0\n" /* x1 is the mode already */                                    \
	"	ldr	x0, [sp, #16]\n"                                                           \
	"	ldp	x29, x30, [sp], #32\n"                                                     \
	"	.cfi_adjust_cfa_offset -32\n"                                                      \
	"	.cfi_restore 29\n"                                                                 \
	"	.cfi_restore 30\n"                                                                 \
	"	br	x16\n"
#endif
/* clang-format on */

#ifdef BODY
__asm__(".text\n"
	".globl	" NAME "\n"
	".type	" NAME ", %function\n"
	".p2align 4\n" NAME ":\n"
	".cfi_startproc\n" BODY ".cfi_endproc\n"
	".size	" NAME ", .-" NAME "\n");
#else
/* Elsewhere it is left to the compiler, which makes a jump of it when it optimises. */
EXPORT void *API(dlopen)(const char *file, int mode)
{
	struct next next = api_dlopen_next(file, mode);
	union {
		void *object;
		void *(*function)(const char *, int);
	} libc_dlopen = {.object = next.function};
	return libc_dlopen.function(file, (int)next.mode);
}
#endif
