#include "unwind.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <ucontext.h>

#include "cfi.h"
#include "os.h"

/* Where the stack of a caller may lie above that of its callee: frames are not larger than this. */
#define FRAME_BYTES_MAX ((uintptr_t)16 << 20)

/* The module that an address belongs to, without any lock: from glibc 2.35. */
static int (*find_object)(void *address, struct dl_find_object *result); /* NULL: not there */

ALWAYS_RUN void unwind_boot(void)
{
	/* The union is the way from an object pointer to a function pointer. */
	union {
		void *object;
		int (*function)(void *address, struct dl_find_object *result);
	} found = {.object = dlsym(RTLD_DEFAULT, "_dl_find_object")};
	__atomic_store_n(&find_object, found.function, __ATOMIC_RELEASE);
}

/* ---- reading the stack ---- */

#define NO_PAGE ((uintptr_t)1)

struct stack {
	uintptr_t page;   /* the latest that was seen to be readable */
	uintptr_t lowest; /* nothing of interest is below */
};

static bool read_word(uintptr_t address, uintptr_t *word, void *opaque)
{
	struct stack *stack = opaque;
	if (address < stack->lowest || address % sizeof(*word) != 0)
		return false;
	uintptr_t page = address & ~(uintptr_t)(os_page - 1);
	if (page != stack->page) {
		if (!os_is_readable((const void *)address))
			return false;
		stack->page = page;
	}
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): page 0 is not readable */
	memcpy(word, (const void *)address, sizeof(*word));
	return true;
}

/* ---- frames ---- */

/* By the frame pointer, for code without a table: the two words it points to are the caller's. */
static bool step_by_frame_pointer(struct cfi_frame *frame, struct stack *stack)
{
	uintptr_t fp = frame->registers[CFI_FRAME_POINTER];
	uintptr_t sp = frame->registers[CFI_STACK_POINTER];
	uintptr_t caller_fp;
	uintptr_t pc;
	if (!(frame->known >> CFI_FRAME_POINTER & 1) || fp < sp || fp - sp > FRAME_BYTES_MAX ||
	    !read_word(fp, &caller_fp, stack) || !read_word(fp + sizeof(pc), &pc, stack))
		return false;
	frame->pc = pc;
	frame->registers[CFI_FRAME_POINTER] = caller_fp;
	frame->registers[CFI_STACK_POINTER] = fp + 2 * sizeof(pc);
	frame->known = (uint64_t)1 << CFI_FRAME_POINTER | (uint64_t)1 << CFI_STACK_POINTER;
	frame->is_interrupted = false;
	return pc != 0;
}

static bool is_in_a_module(uintptr_t pc, struct dl_find_object *object)
{
	int (*find)(void *, struct dl_find_object *) =
		__atomic_load_n(&find_object, __ATOMIC_ACQUIRE);
	return find != NULL && find((void *)pc, object) == 0;
}

/* false: the walk is over. */
static bool step(struct cfi_frame *frame, struct stack *stack)
{
	struct dl_find_object object;
	uintptr_t sp = frame->registers[CFI_STACK_POINTER];
	struct cfi_frame caller = *frame;
	bool known = is_in_a_module(frame->pc - (frame->is_interrupted ? 0 : 1), &object);
	bool ok = known && object.dlfo_eh_frame != NULL &&
		  cfi_step(object.dlfo_eh_frame, &caller, read_word, stack);
	if (!ok) {
		caller = *frame;
		/* Made-up code (a compiler at run time) keeps a frame pointer or it does not: only
		 * what leads back into a module is believed. */
		if (known || !step_by_frame_pointer(&caller, stack) ||
		    (find_object != NULL && !is_in_a_module(caller.pc, &object)))
			return false;
	}
	uintptr_t caller_sp = caller.registers[CFI_STACK_POINTER];
	/* A stack grows one way. But a handler's frame, on a stack of its own, goes back to the
	 * stack that it interrupted. */
	if (!caller.is_interrupted && !frame->is_interrupted &&
	    (caller_sp < sp || caller_sp - sp > FRAME_BYTES_MAX))
		return false;
	stack->lowest = caller_sp;
	*frame = caller;
	return true;
}

/* Where this library is, if it is not a part of the program itself, whose frames are wanted. */
static void find_own(struct dl_find_object *own)
{
	if (!is_in_a_module((uintptr_t)&unwind_boot, own) || own->dlfo_link_map == NULL ||
	    own->dlfo_link_map->l_name == NULL || own->dlfo_link_map->l_name[0] == '\0')
		own->dlfo_map_start = own->dlfo_map_end = NULL;
}

static unsigned walk(struct cfi_frame *frame, void **into, unsigned most, bool with_own)
{
	struct stack stack = {.page = NO_PAGE, .lowest = frame->registers[CFI_STACK_POINTER]};
	struct dl_find_object own;
	unsigned n = 0;
	find_own(&own);
	do {
		void *pc = (void *)frame->pc;
		bool is_own = pc >= own.dlfo_map_start && pc < own.dlfo_map_end;
		if (n > 0 || with_own || !is_own)
			into[n++] = pc;
	} while (n < most && step(frame, &stack));
	return n;
}

/* The registers as they are here, all that a callee must keep among them. */
#if defined(__x86_64__)
#define CALLEE_KEEPS ((uint64_t)1 << 3 | (uint64_t)1 << 6 | (uint64_t)1 << 7 | (uint64_t)0xf << 12)
ALWAYS_INLINE void registers_here(struct cfi_frame *frame)
{
	__asm__ volatile("movq %%rbx, 3*8(%1)\n\tmovq %%rbp, 6*8(%1)\n\tmovq %%rsp, 7*8(%1)\n\t"
			 "movq %%r12, 12*8(%1)\n\tmovq %%r13, 13*8(%1)\n\tmovq %%r14, 14*8(%1)\n\t"
			 "movq %%r15, 15*8(%1)\n\tleaq 0(%%rip), %0"
			 : "=r"(frame->pc)
			 : "r"(frame->registers)
			 : "memory");
	frame->known = CALLEE_KEEPS;
}
#elif defined(__aarch64__)
ALWAYS_INLINE void registers_here(struct cfi_frame *frame)
{
	uintptr_t *r = frame->registers;
	uintptr_t sp;
	__asm__ volatile("stp x19, x20, [%2, #152]\n\tstp x21, x22, [%2, #168]\n\t"
			 "stp x23, x24, [%2, #184]\n\tstp x25, x26, [%2, #200]\n\t"
			 "stp x27, x28, [%2, #216]\n\tstp x29, x30, [%2, #232]\n\t"
			 "mov %1, sp\n\tadr %0, ."
			 : "=&r"(frame->pc), "=&r"(sp)
			 : "r"(r)
			 : "memory");
	r[CFI_STACK_POINTER] = sp;
	frame->known = (uint64_t)0x1fff << 19;
}
#endif

__attribute__((noinline)) unsigned unwind_here(void **stack, unsigned most)
{
	struct cfi_frame frame = {.is_interrupted = true}; /* pc is here, not behind a call */
	registers_here(&frame);
	return walk(&frame, stack, most, false);
}

unsigned unwind_from(const void *ucontext, void **stack, unsigned most)
{
	const ucontext_t *context = ucontext;
	struct cfi_frame frame = {.is_interrupted = true};
#if defined(__x86_64__)
	/* In the order of DWARF's numbers. */
	static const uint8_t order[CFI_REGISTERS] = {
		REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
		REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
	for (unsigned i = 0; i < CFI_REGISTERS; i++)
		frame.registers[i] = (uintptr_t)context->uc_mcontext.gregs[order[i]];
	frame.pc = frame.registers[CFI_RETURN_ADDRESS];
	frame.known = ((uint64_t)1 << CFI_RETURN_ADDRESS) - 1;
#elif defined(__aarch64__)
	for (unsigned i = 0; i < 31; i++)
		frame.registers[i] = (uintptr_t)context->uc_mcontext.regs[i];
	frame.registers[CFI_STACK_POINTER] = (uintptr_t)context->uc_mcontext.sp;
	frame.pc = (uintptr_t)context->uc_mcontext.pc;
	frame.known = ((uint64_t)1 << 32) - 1;
#endif
	return walk(&frame, stack, most, true);
}

/* ---- in words ---- */

void unwind_tell(struct fmt *text, const void *address)
{
	struct dl_find_object object;
	fmt_pointer(text, address);
	if (!is_in_a_module((uintptr_t)address, &object) || object.dlfo_link_map == NULL)
		return;
	const struct link_map *module = object.dlfo_link_map;
	fmt_char(text, ' ');
	fmt_text(text,
		 module->l_name != NULL && module->l_name[0] != '\0' ? module->l_name : "program");
	fmt_char(text, '+');
	fmt_text(text, "0x");
	fmt_hex(text, (uintptr_t)address - module->l_addr);
}
