/* api_cpp.c - the C++ allocation operators, in C: the library must not need libstdc++.
 *
 * The operators have their mangled names. What they need of the C++ runtime when memory runs out, a
 * program that throws has loaded: it is looked up then, by name, so a program in C never is asked
 * for it.
 */
#include "alloc.h"
#include "fault.h"
#include "message.h"
#include "misuse.h"
#include "options.h"

#include <dlfcn.h>
#include <stdlib.h>

typedef void (*new_handler_fn)(void);

/* ---- out of memory ---- */

/* A function of the C++ runtime that the program has loaded, also when it is only in the scope of a
 * module that a program in C opened; NULL when there is none. or_static: also one that is linked
 * into the program, which must not be asked for names that are exported here too. The union is the
 * way from an object pointer to a function pointer. */
union cxx_function {
	void *object;
	new_handler_fn (*get_handler)(void);
	void (*throw_bad_alloc)(void);
	void *(*new_nothrow)(size_t size, const void *nothrow);
	void *(*new_aligned_nothrow)(size_t size, size_t alignment, const void *nothrow);
};

static union cxx_function cxx_function(const char *name, bool or_static)
{
	static const char *const runtimes[] = {"libstdc++.so.6", "libc++.so.1"};
	union cxx_function found = {.object = NULL};
	for (size_t i = 0; i < ARRAY_LEN(runtimes) && found.object == NULL; i++) {
		void *runtime = dlopen(runtimes[i], RTLD_LAZY | RTLD_NOLOAD);
		if (runtime == NULL)
			continue;
		found.object = dlsym(runtime, name);
		dlclose(runtime);
	}
	if (found.object == NULL && or_static)
		found.object = dlsym(RTLD_DEFAULT, name);
	return found;
}

static new_handler_fn current_new_handler(void)
{
	/* std::get_new_handler() */
	union cxx_function f = cxx_function("_ZSt15get_new_handlerv", true);
	return f.object != NULL ? f.get_handler() : NULL;
}

static _Noreturn void throw_bad_alloc(void)
{
	/* std::__throw_bad_alloc() */
	union cxx_function f = cxx_function("_ZSt17__throw_bad_allocv", true);
	if (f.object != NULL)
		f.throw_bad_alloc();
	fault_die("operator new is out of memory, and there is no C++ runtime to throw bad_alloc",
		  (char *)0);
}

/* The handler of a nothrow form may throw, and C cannot catch: the runtime's own nothrow operator
 * can. It calls ::operator new, which is ours, and turns what that throws into a null pointer. */
static void *new_caught(size_t size, size_t alignment)
{
	union cxx_function f = cxx_function(alignment != 0 ? "_ZnwmSt11align_val_tRKSt9nothrow_t"
							   : "_ZnwmRKSt9nothrow_t",
					    false);
	if (f.object == NULL)
		return NULL;
	return alignment != 0 ? f.new_aligned_nothrow(size, alignment, &f)
			      : f.new_nothrow(size, &f);
}

/* What the standard asks for: call the new_handler and try again, until there is none. A handler
 * may throw; that passes through here (this file is compiled with unwind tables for it). */
static COLD void *new_handled(size_t size, size_t alignment, bool may_throw)
{
	struct alloc_how how = {.alignment = alignment};
	for (;;) {
		void *p = alloc_request(size, &how);
		if (p != NULL)
			return p;
		if (options.experimental_infallible_new) {
			misuse_abort(MESSAGE_PREFIX "Allocation failed and opt.experimental_"
						    "infallible_new is true. Aborting.\n");
			return NULL;
		}
		new_handler_fn handler = current_new_handler();
		if (handler == NULL) {
			if (!may_throw)
				return NULL;
			throw_bad_alloc();
		}
		if (!may_throw)
			return new_caught(size, alignment);
		handler();
	}
}

/* For the hooks of the program these are malloc() and aligned_alloc(). */
static COLD void *new_slow(size_t size, size_t alignment, bool may_throw)
{
	void *p = new_handled(size, alignment, may_throw);
	if (call_hooks_are_on() && alignment == 0)
		call_hooks_allocated(CALL_MALLOC, p, (uintptr_t)p, size, 0, 0);
	else if (call_hooks_are_on())
		call_hooks_allocated(CALL_ALIGNED_ALLOC, p, (uintptr_t)p, alignment, size, 0);
	return p;
}

static void *new_plain(size_t size, bool may_throw)
{
	void *p = alloc_fast(size);
	return likely(p != NULL) ? p : new_slow(size, 0, may_throw);
}

static void *new_aligned(size_t size, size_t alignment, bool may_throw)
{
	struct alloc_how how = {.alignment = alignment};
	void *p = call_hooks_are_on() ? NULL : alloc_request(size, &how);
	return likely(p != NULL) ? p : new_slow(size, alignment, may_throw);
}

/* ---- operators: name, mangled name, parameters, body ---- */

#define OPERATOR_NEW(mangled, parameters, call)                                                    \
	EXPORT void *API(mangled) parameters;                                                      \
	EXPORT FAST_PATH void *API(mangled) parameters                                             \
	{                                                                                          \
		return call;                                                                       \
	}

#define OPERATOR_DELETE(mangled, parameters) OPERATOR_DELETE_BY(mangled, parameters, alloc_free(p))
#define OPERATOR_DELETE_SIZED(mangled, parameters)                                                 \
	OPERATOR_DELETE_BY(mangled, parameters, alloc_free_sized(p, size))
#define OPERATOR_DELETE_BY(mangled, parameters, call)                                              \
	EXPORT void API(mangled) parameters;                                                       \
	EXPORT FAST_PATH void API(mangled) parameters                                              \
	{                                                                                          \
		call;                                                                              \
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
OPERATOR_DELETE_SIZED(_ZdlPvm, (void *p, size_t size))
OPERATOR_DELETE_SIZED(_ZdaPvm, (void *p, size_t size))
OPERATOR_DELETE(_ZdlPvSt11align_val_t, (void *p, size_t alignment UNUSED))
OPERATOR_DELETE(_ZdaPvSt11align_val_t, (void *p, size_t alignment UNUSED))
OPERATOR_DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, (void *p, size_t alignment UNUSED, NOTHROW))
OPERATOR_DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, (void *p, size_t alignment UNUSED, NOTHROW))
OPERATOR_DELETE_SIZED(_ZdlPvmSt11align_val_t, (void *p, size_t size, size_t alignment UNUSED))
OPERATOR_DELETE_SIZED(_ZdaPvmSt11align_val_t, (void *p, size_t size, size_t alignment UNUSED))
