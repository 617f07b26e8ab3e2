/* api_cpp.c - the C++ allocation operators, in C: the library must not need libstdc++.
 *
 * The operators have their mangled names. What they need of the C++ runtime when memory runs out, a
 * program that throws has loaded: it is looked up then, by name, so a program in C never is asked
 * for it.
 */
#include "alloc.h"
#include "fault.h"
#include "options.h"

#include <dlfcn.h>
#include <stdlib.h>

typedef void (*new_handler_fn)(void);

/* ---- out of memory ------------------------------------------------------------------------------
 */

static new_handler_fn current_new_handler(void)
{
	/* std::get_new_handler() */
	union {
		void *object;
		new_handler_fn (*function)(void);
	} get = {.object = dlsym(RTLD_DEFAULT, "_ZSt15get_new_handlerv")};
	return get.object != NULL ? get.function() : NULL;
}

static _Noreturn void throw_bad_alloc(void)
{
	/* std::__throw_bad_alloc() */
	union {
		void *object;
		void (*function)(void);
	} throw_it = {.object = dlsym(RTLD_DEFAULT, "_ZSt17__throw_bad_allocv")};
	if (throw_it.object != NULL)
		throw_it.function();
	fault_die("operator new is out of memory, and there is no C++ runtime to throw bad_alloc",
		  (char *)0);
}

/* What the standard asks for: call the new_handler and try again, until there is none. A handler
 * may throw; that passes through here (this file is compiled with unwind tables for it). */
static COLD void *new_slow(size_t size, size_t alignment, bool may_throw)
{
	struct alloc_how how = {.alignment = alignment};
	for (;;) {
		void *p = alloc_request(size, &how);
		if (p != NULL)
			return p;
		if (options.experimental_infallible_new)
			fault_die("Allocation failed and opt.experimental_infallible_new is true. "
				  "Aborting.",
				  (char *)0);
		new_handler_fn handler = current_new_handler();
		if (handler == NULL) {
			if (!may_throw)
				return NULL;
			throw_bad_alloc();
		}
		handler();
	}
}

static void *new_plain(size_t size, bool may_throw)
{
	void *p = alloc_fast(size);
	return likely(p != NULL) ? p : new_slow(size, 0, may_throw);
}

static void *new_aligned(size_t size, size_t alignment, bool may_throw)
{
	struct alloc_how how = {.alignment = alignment};
	void *p = alloc_request(size, &how);
	return likely(p != NULL) ? p : new_slow(size, alignment, may_throw);
}

/* ---- operators: name, mangled name, parameters, body
 * ---------------------------------------------- */

#define OPERATOR_NEW(mangled, parameters, call)                                                    \
	EXPORT void *API(mangled) parameters;                                                      \
	EXPORT void *API(mangled) parameters                                                       \
	{                                                                                          \
		return call;                                                                       \
	}

#define OPERATOR_DELETE(mangled, parameters)                                                       \
	EXPORT void API(mangled) parameters;                                                       \
	EXPORT void API(mangled) parameters                                                        \
	{                                                                                          \
		alloc_free(p);                                                                     \
	}

#define NOTHROW const void *nothrow UNUSED

/* new and new[]: plain, nothrow, aligned, aligned nothrow */
OPERATOR_NEW(_Znwm, (size_t size), new_plain(size, true))
OPERATOR_NEW(_Znam, (size_t size), new_plain(size, true))
OPERATOR_NEW(_ZnwmRKSt9nothrow_t, (size_t size, NOTHROW), new_plain(size, false))
OPERATOR_NEW(_ZnamRKSt9nothrow_t, (size_t size, NOTHROW), new_plain(size, false))
OPERATOR_NEW(_ZnwmSt11align_val_t, (size_t size, size_t alignment),
	     new_aligned(size, alignment, true))
OPERATOR_NEW(_ZnamSt11align_val_t, (size_t size, size_t alignment),
	     new_aligned(size, alignment, true))
OPERATOR_NEW(_ZnwmSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, NOTHROW),
	     new_aligned(size, alignment, false))
OPERATOR_NEW(_ZnamSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, NOTHROW),
	     new_aligned(size, alignment, false))

/* delete and delete[]: plain, nothrow, sized, aligned, aligned nothrow, aligned sized */
OPERATOR_DELETE(_ZdlPv, (void *p))
OPERATOR_DELETE(_ZdaPv, (void *p))
OPERATOR_DELETE(_ZdlPvRKSt9nothrow_t, (void *p, NOTHROW))
OPERATOR_DELETE(_ZdaPvRKSt9nothrow_t, (void *p, NOTHROW))
OPERATOR_DELETE(_ZdlPvm, (void *p, size_t size UNUSED))
OPERATOR_DELETE(_ZdaPvm, (void *p, size_t size UNUSED))
OPERATOR_DELETE(_ZdlPvSt11align_val_t, (void *p, size_t alignment UNUSED))
OPERATOR_DELETE(_ZdaPvSt11align_val_t, (void *p, size_t alignment UNUSED))
OPERATOR_DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, (void *p, size_t alignment UNUSED, NOTHROW))
OPERATOR_DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, (void *p, size_t alignment UNUSED, NOTHROW))
OPERATOR_DELETE(_ZdlPvmSt11align_val_t, (void *p, size_t size UNUSED, size_t alignment UNUSED))
OPERATOR_DELETE(_ZdaPvmSt11align_val_t, (void *p, size_t size UNUSED, size_t alignment UNUSED))
