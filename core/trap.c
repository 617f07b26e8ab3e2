#include "trap.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include "guard.h"
#include "misuse.h"
#include "os.h"
#include "os_map.h"
#include "page_guard.h"
#include "unwind.h"

static struct sigaction before_us;

/* ---- what was there before ---- */

/* The signal again, with its disposition of before: at once for a fault, which the instruction
 * makes again; sent, for one that somebody sent. It is blocked until the handler returns. */
static void hand_back(const siginfo_t *info)
{
	sigaction(SIGSEGV, &before_us, NULL);
	if (info->si_code <= 0)
		raise(SIGSEGV);
}

/* Calls the program's handler as the kernel would have. */
static void call_before_us(int number, siginfo_t *info, void *context)
{
	struct sigaction action = before_us;
	sigset_t mask = action.sa_mask;
	if (action.sa_flags & (int)SA_RESETHAND) {
		before_us.sa_handler = SIG_DFL;
		before_us.sa_flags = 0;
	}
	if (!(action.sa_flags & SA_NODEFER))
		sigaddset(&mask, SIGSEGV);
	else {
		sigset_t self;
		sigemptyset(&self);
		sigaddset(&self, SIGSEGV);
		pthread_sigmask(SIG_UNBLOCK, &self, NULL);
	}
	pthread_sigmask(SIG_BLOCK, &mask, NULL); /* the kernel restores what was, at return */
	if (action.sa_flags & SA_SIGINFO)
		action.sa_sigaction(number, info, context);
	else
		action.sa_handler(number);
}

static void leave_to_others(int number, siginfo_t *info, void *context)
{
	bool is_sent = info->si_code <= 0;
	if (!(before_us.sa_flags & SA_SIGINFO) && before_us.sa_handler == SIG_IGN) {
		/* The kernel ignores what was sent, but no fault. */
		if (!is_sent)
			hand_back(info);
	} else if (!(before_us.sa_flags & SA_SIGINFO) && before_us.sa_handler == SIG_DFL) {
		hand_back(info);
	} else {
		call_before_us(number, info, context);
	}
}

/* ---- what is ours ---- */

static const char *access_of(const void *context)
{
#if defined(__x86_64__)
	const ucontext_t *at = context;
	return at->uc_mcontext.gregs[REG_ERR] & 2 ? "a write" : "a read";
#else
	(void)context;
	return "an access";
#endif
}

static void tell_place(struct fmt *text, const struct guard_slot *slot, ptrdiff_t distance,
		       const void *address)
{
	const struct extent *extent = &slot->extent;
	if (distance == 0) {
		fmt_unsigned(text, ptr_distance(extent->address, address));
		fmt_text(text, " bytes inside the object at ");
	} else {
		fmt_unsigned(text, (uint64_t)(distance > 0 ? distance - 1 : -distance));
		fmt_text(text, distance > 0 ? " bytes behind the end of the object at "
					    : " bytes before the start of the object at ");
	}
	fmt_pointer(text, extent->address);
	misuse_tell_object(text, slot->requested, size_class_sizes[extent->class], extent->arena);
}

/* Returns whether the program is to end. */
static bool tell(const struct guard_slot *slot, ptrdiff_t distance, const void *address,
		 const void *context)
{
	bool is_freed = __atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) == GUARD_FREED;
	struct fmt *text =
		misuse_begin_in_handler(is_freed ? MISUSE_USE_AFTER_FREE : MISUSE_OVERFLOW);
	if (text == NULL)
		return false;
	void *stack[GUARD_FRAMES];
	fmt_text(text, is_freed ? "use after free: " : distance > 0 ? "overflow: " : "underflow: ");
	fmt_text(text, access_of(context));
	fmt_text(text, " at ");
	fmt_pointer(text, address);
	fmt_text(text, ", ");
	tell_place(text, slot, distance, address);
	misuse_tell_stack(text, "made by", stack, unwind_from(context, stack, GUARD_FRAMES));
	guard_tell_trace(text, "allocated", &slot->allocated);
	if (is_freed)
		guard_tell_trace(text, "freed", &slot->freed);
	return misuse_end_in_handler(text);
}

/* The same for a fault on a guard beside an extent. */
static bool tell_extent(const struct extent *extent, const void *address, const void *context)
{
	bool is_before = (const char *)address < (char *)extent->address;
	struct fmt *text = misuse_begin_in_handler(MISUSE_OVERFLOW);
	if (text == NULL)
		return false;
	void *stack[GUARD_FRAMES];
	fmt_text(text, is_before ? "underflow: " : "overflow: ");
	fmt_text(text, access_of(context));
	fmt_text(text, " at ");
	fmt_pointer(text, address);
	fmt_text(text, ", ");
	fmt_unsigned(text, is_before ? ptr_distance(address, extent->address)
				     : ptr_distance(extent_end(extent), address));
	fmt_text(text, is_before ? " bytes before the start of " : " bytes behind the end of ");
	fmt_text(text, extent->is_slab ? "the slab at " : "the large object at ");
	fmt_pointer(text, extent->address);
	misuse_tell_object(text, 0, extent_usable(extent), extent->arena);
	misuse_tell_stack(text, "made by", stack, unwind_from(context, stack, GUARD_FRAMES));
	return misuse_end_in_handler(text);
}

/* The same for a fault on a large object that was freed and is held back. */
static bool tell_held(const struct extent *extent, const void *address, const void *context)
{
	const char *object = extent_object(extent);
	bool is_before = (const char *)address < object;
	struct fmt *text = misuse_begin_in_handler(MISUSE_USE_AFTER_FREE);
	if (text == NULL)
		return false;
	void *stack[GUARD_FRAMES];
	fmt_text(text, "use after free: ");
	fmt_text(text, access_of(context));
	fmt_text(text, " at ");
	fmt_pointer(text, address);
	fmt_text(text, ", ");
	fmt_unsigned(text,
		     is_before ? ptr_distance(address, object) : ptr_distance(object, address));
	fmt_text(text, is_before ? " bytes before the start of the large object at "
				 : " bytes inside the large object at ");
	fmt_pointer(text, object);
	misuse_tell_object(text, extent->requested, extent_usable(extent), extent->arena);
	misuse_tell_stack(text, "made by", stack, unwind_from(context, stack, GUARD_FRAMES));
	return misuse_end_in_handler(text);
}

static void *page_of(const void *address)
{
	return (void *)((uintptr_t)address & ~(uintptr_t)(os_page - 1));
}

/* Whether a fault was on memory of ours, and the program goes on after it. */
static bool is_answered(const void *address, const void *context)
{
	ptrdiff_t distance;
	struct extent *extent;
	struct guard_slot *slot = guard_pool_find(address, &distance);
	if (slot != NULL) {
		if (tell(slot, distance, address, context))
			return false;
		return guard_pool_open(slot, address);
	}
	extent = pagemap_lookup(address);
	if (extent != NULL && extent->is_held) {
		if (tell_held(extent, address, context))
			return false;
		return os_protect(page_of(address), os_page, true);
	}
	if (!page_guard_find(address, &extent) || tell_extent(extent, address, context))
		return false;
	return os_protect(page_of(address), os_page, true);
}

static void on_fault(int number, siginfo_t *info, void *context)
{
	int saved = errno;
	bool is_fault = info->si_code > 0;
	if (!is_fault || !is_answered(info->si_addr, context))
		leave_to_others(number, info, context);
	errno = saved;
}

void trap_install(void)
{
	struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	sigemptyset(&action.sa_mask);
	sigaction(SIGSEGV, &action, &before_us);
}
