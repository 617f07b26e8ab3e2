/* ctl_former.h - what names of the control tree became that earlier jemallocs had.
 *
 * Programs and answers on the net were written for versions 3 and 4, and most names that they use
 * are gone. Nothing resolves here: who asks by such a name is told which one to ask by.
 *
 * Constant data; no locks.
 */
#ifndef CTL_FORMER_H
#define CTL_FORMER_H

#include "build.h"

/* The path that took the place of a former name, as "arena.<arena>.extent_hooks"; "": nothing did;
 * NULL: it never was one. */
INTERNAL const char *ctl_former(const char *name);

#endif
