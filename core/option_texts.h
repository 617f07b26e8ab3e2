/* option_texts.h - the texts that users write options into, and where they come from.
 *
 * They are read once, at boot, perhaps before the C library has started: through nothing but system
 * calls and the pointer to the environment. A privileged program listens to nobody but itself: it
 * reads neither the environment nor the link.
 */
#ifndef OPTION_TEXTS_H
#define OPTION_TEXTS_H

#include "build.h"

/* Where texts come from, weakest first. */
enum option_source {
	OPTION_SOURCE_BUILD,       /* compiled in; config.malloc_conf */
	OPTION_SOURCE_PROGRAM,     /* its variable malloc_conf */
	OPTION_SOURCE_LINK,        /* the target of OPTION_LINK */
	OPTION_SOURCE_ENVIRONMENT, /* OPTION_VARIABLE */
	OPTION_SOURCE_HARDER,      /* the program's variable malloc_conf_2_conf_harder */
	OPTION_SOURCES
};

#define OPTION_LINK     "/etc/malloc.conf"
#define OPTION_VARIABLE "MALLOC_CONF"

/* The texts as they were found at start; NULL where there was none. That of the environment is a
 * copy, cut where it is very long. */
INTERNAL extern const char *options_texts[OPTION_SOURCES];

/* Looks for all texts, for whoever applies them at once. Allocates nothing, keeps errno. */
INTERNAL void option_texts_fetch(const char *texts[OPTION_SOURCES]);

#endif
