/* effect.h - what a test of an effect looks like: of a row of the control tree that can be written
 * or called, or of an option.
 *
 * Such a test is a function that uses the row, or lives with the option, and tells whether what
 * that is for has happened: not that a value reads back as it was written. effects.c runs it in two
 * processes: as it is, where it has to say yes, and with the effect taken away, where it must not.
 * What a row does is taken away by putting a function that does nothing in its place, an option by
 * not setting it. So a test that would pass without the effect fails, at every run, and so does one
 * that crashes then, or fails for another reason than that it did not see the effect. Lint counts
 * the rows and options that none is for (tests/lint/checks/effects.py).
 *
 *   EFFECT_OF_ROW("arena.<arena>.purge", "background_thread:false")    conf: what else is set
 *   {
 *           ... return pdirty == 0;
 *   }
 *   EFFECT_OF_OPTION("narenas", "narenas:3") { ... }                   conf: it, and what else
 */
#ifndef TESTS_EFFECTS_EFFECT_H
#define TESTS_EFFECTS_EFFECT_H

#include <stdbool.h>

struct effect {
	const char *name; /* path of a row, or "opt." and an option */
	const char *conf; /* MALLOC_CONF of the process that shows it */
	bool (*shows)(void);
	struct effect *next;
};

/* Before main(). */
void effect_add(struct effect *effect);

/* Ends the process that was to show it: this system cannot. */
_Noreturn void effect_not_here(void);

/* Whether what body(argument) does ends the process, with these words among its last. */
bool effect_ends_with(int (*body)(void *argument), void *argument, const char *words);

/* What another process under the same options, and more of them, writes to standard error; it
 * allocates so many KiB, one by one. Good until the next call. */
const char *effect_said(const char *more, unsigned kibibytes);

#define EFFECT_OF_ROW(path, conf_)       EFFECT_AT(__LINE__, path, conf_)
#define EFFECT_OF_OPTION(option_, conf_) EFFECT_AT(__LINE__, "opt." option_, conf_)

#define EFFECT_AT(line, name_, conf_) EFFECT_AT_(line, name_, conf_)
#define EFFECT_AT_(line, name_, conf_)                                                             \
	static bool shows_##line(void);                                                            \
	static __attribute__((constructor)) void add_##line(void)                                  \
	{                                                                                          \
		static struct effect effect = {name_, conf_, shows_##line, NULL};                  \
		effect_add(&effect);                                                               \
	}                                                                                          \
	static bool shows_##line(void)

#endif
