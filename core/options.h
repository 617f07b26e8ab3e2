/* options.h - what the user decided before the program ran.
 *
 * The struct holds the defaults until options_read() has run, once, at boot, before the first
 * allocation and with one thread; modules that compute a final value from an option (the number of
 * arenas) write it back during boot. From then on it is constant and read without locks.
 *
 * Of several sources a later one wins option by option (enum option_source). Privileged programs
 * ignore the environment. Wrong texts are reported (message.h) and skipped; abort_conf makes them
 * fatal.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "option.h"
#include "option_texts.h"

INTERNAL extern struct options options;

/* Who set an option last, in a word: "default" for nobody. */
INTERNAL const char *options_source(enum option_index index);

/* Reads all sources into options. Allocates nothing, keeps errno. Aborts the process only where a
 * text is wrong and abort_conf was set. */
INTERNAL void options_read(void);

/* What was asked for cannot be: told, with its end, "disabling" or, with abort_conf, "aborting". */
INTERNAL COLD void options_decline(const char *what);

/* The part of options_read() that follows fetching the texts: from defaults, in order. A text may
 * be NULL. */
INTERNAL void options_apply(const char *const texts[OPTION_SOURCES]);

#endif
