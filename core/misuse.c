#include "misuse.h"

#include <stdlib.h>
#include <string.h>

#include "lock.h"
#include "message.h"
#include "options.h"
#include "os.h"
#include "unwind.h"

/* Room for a sentence and three stacks. Touched when something is found, not before. */
static APART char buffer[12 * 1024];
static struct fmt text_now;
static enum misuse kind_now;
static bool in_handler_now;
static const void *teller; /* atomic: whose the four above are; as in lock.h a thread's lock_self */

static uint64_t counts[MISUSES]; /* relaxed */
static misuse_hook_fn *hook;     /* relaxed */

#define STACK_MAX 16 /* frames of the call in which a finding was noticed */

/* Who waits longer than this takes over: the one who tells may be a thread that a signal handler of
 * the program ended. */
#define PATIENCE_NS ((uint64_t)1000 * 1000)
#define PATIENCE    1000

static unsigned action_on(enum misuse what)
{
	const uint8_t actions[MISUSES] = {
#define SAFETY_FINDING(field, option, NAME, help) options.option,
#include "counter.def"
	};
	return actions[what] != SAFETY_BY_ACTION ? actions[what] : options.safety_action;
}

static bool become_teller(void)
{
	uint32_t nobody_writes_it = 0;
	for (unsigned i = 0; i < PATIENCE; i++) {
		const void *nobody = NULL;
		if (__atomic_compare_exchange_n(&teller, &nobody, &lock_self, false,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return true;
		if (nobody == &lock_self)
			return false;
		lock_sleep_on(&nobody_writes_it, 0, PATIENCE_NS);
	}
	__atomic_store_n(&teller, &lock_self, __ATOMIC_RELAXED);
	return true;
}

static struct fmt *begin(enum misuse what, bool in_handler)
{
	__atomic_add_fetch(&counts[what], 1, __ATOMIC_RELAXED);
	if (action_on(what) == SAFETY_IGNORE || !become_teller())
		return NULL;
	kind_now = what;
	in_handler_now = in_handler;
	fmt_begin(&text_now, buffer, sizeof(buffer) - 1);
	fmt_text(&text_now, MESSAGE_PREFIX);
	return &text_now;
}

struct fmt *misuse_begin(enum misuse what)
{
	return begin(what, false);
}

struct fmt *misuse_begin_in_handler(enum misuse what)
{
	return begin(what, true);
}

void misuse_tell_object(struct fmt *text, size_t requested, size_t class_size, unsigned arena)
{
	fmt_text(text, " (");
	if (requested != 0) {
		fmt_unsigned(text, requested);
		fmt_text(text, " bytes, ");
	}
	fmt_text(text, "size class ");
	fmt_unsigned(text, class_size);
	fmt_text(text, ", arena ");
	fmt_unsigned(text, arena);
	fmt_char(text, ')');
}

void misuse_tell_stack(struct fmt *text, const char *title, void *const *stack, unsigned n)
{
	fmt_char(text, '\n');
	fmt_text(text, MESSAGE_PREFIX "  ");
	fmt_text(text, title);
	for (unsigned i = 0; i < n; i++) {
		fmt_text(text, "\n" MESSAGE_PREFIX "    #");
		fmt_unsigned(text, i);
		fmt_char(text, ' ');
		unwind_tell(text, stack[i]);
	}
	if (n == 0)
		fmt_text(text, " (no stack)");
}

/* Returns whether the process is to end. */
static bool end(struct fmt *text)
{
	misuse_hook_fn *instead = __atomic_load_n(&hook, __ATOMIC_RELAXED);
	bool ends = action_on(kind_now) == SAFETY_ABORT;
	/* There is room for it: fmt knows of a byte less than there is. */
	text->text[text->length] = '\n';
	text->text[text->length + 1] = '\0';
	if (in_handler_now)
		os_write_stderr(text->text, text->length + 1);
	else if (ends && instead != NULL)
		instead(text->text);
	else
		message_write(text->text);
	ends = ends && (in_handler_now || instead == NULL);
	/* Who ends the process stays the one who tells: a crash reporter, called in abort(), may
	 * meet what is left of the same mistake, again and again. */
	if (!ends)
		__atomic_store_n(&teller, NULL, __ATOMIC_RELEASE);
	return ends;
}

void misuse_end(struct fmt *text)
{
	void *stack[STACK_MAX];
	unsigned n = unwind_here(stack, STACK_MAX);
	misuse_tell_stack(text, "noticed in a call from", stack, n);
	if (end(text))
		abort();
}

bool misuse_end_in_handler(struct fmt *text)
{
	return end(text);
}

void misuse_abort(const char *text)
{
	misuse_hook_fn *instead = __atomic_load_n(&hook, __ATOMIC_RELAXED);
	if (instead != NULL) {
		instead(text);
		return;
	}
	message_write(text);
	abort();
}

uint64_t misuse_count(enum misuse what)
{
	return __atomic_load_n(&counts[what], __ATOMIC_RELAXED);
}

void misuse_set_hook(misuse_hook_fn *to)
{
	__atomic_store_n(&hook, to, __ATOMIC_RELAXED);
}

void misuse_postfork_child(void)
{
	__atomic_store_n(&teller, NULL, __ATOMIC_RELAXED);
}
