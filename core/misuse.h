/* misuse.h - what was found wrong with the program's use of memory: told, counted, and answered as
 * the options say.
 *
 * A finding is begun where it is noticed, without any lock held, its text is written by fmt_…(),
 * and misuse_end() acts: abort, report and go on, or ignore. Whoever finds must therefore be able
 * to go on, in the way that harms least: what is freed wrongly stays as it is.
 *
 * Never allocates. The text goes through the program's malloc_message; from a signal handler
 * straight to standard error. One finding is told at a time; one that comes up while the same
 * thread tells another (a malloc_message that errs itself), or while it ends the process (a handler
 * of SIGABRT that allocates), is counted and nothing more.
 */
#ifndef MISUSE_H
#define MISUSE_H

#include "fmt.h"

enum misuse {
#define SAFETY_FINDING(field, option, NAME, help) MISUSE_##NAME,
#include "counter.def"
	MISUSES
};

/* Counts a finding. Returns where to write its text, which begins with the prefix of all messages;
 * NULL when nobody wants to read it: then there is no more to do. */
INTERNAL COLD struct fmt *misuse_begin(enum misuse what);
/* The same in a signal handler. */
INTERNAL COLD struct fmt *misuse_begin_in_handler(enum misuse what);

/* " (100 bytes, size class 112, arena 0)"; requested: 0 where it is not known. */
INTERNAL void misuse_tell_object(struct fmt *text, size_t requested, size_t class_size,
				 unsigned arena);
/* A title in a line of its own, and a line for each address of code. */
INTERNAL void misuse_tell_stack(struct fmt *text, const char *title, void *const *stack,
				unsigned n);

/* Adds the running thread's stack, writes the text and acts. Returns unless the process is to end.
 */
INTERNAL COLD void misuse_end(struct fmt *text);
/* Writes the text; returns true when the process is to end, which is the caller's business. */
INTERNAL COLD bool misuse_end_in_handler(struct fmt *text);

/* For what an option says the process is to end at, in the reference's words: text is the whole
 * message. Returns when there is a hook, which is called instead: then the call is to fail. */
INTERNAL COLD void misuse_abort(const char *text);

/* Findings of this kind so far. */
INTERNAL uint64_t misuse_count(enum misuse what);

/* Called with the text instead of writing it and ending the process; NULL: neither.
 * experimental.hooks.safety_check_abort. */
typedef void misuse_hook_fn(const char *text);
INTERNAL void misuse_set_hook(misuse_hook_fn *hook);

/* In the child of a fork: nobody is telling anything. */
INTERNAL void misuse_postfork_child(void);

#endif
