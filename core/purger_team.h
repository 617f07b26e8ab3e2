/* purger_team.h - background_thread: the threads that do all the purging, each for arenas of its
 * own.
 *
 * Arena i belongs to thread i modulo their number. The first is there while they are enabled, and
 * starts the others when an arena of theirs has something unused. With percpu_arena each runs on
 * the processors of its arenas. All calls hold the purger lock, but those that say otherwise.
 */
#ifndef PURGER_TEAM_H
#define PURGER_TEAM_H

#include "purger_worker.h"

struct pages;

INTERNAL bool purger_team_is_enabled(void); /* no lock needed */
INTERNAL size_t purger_team_max(void);

/* 0, or EAGAIN when the system gave no thread, or no memory. */
INTERNAL int purger_team_start(void);
/* Waits for them. */
INTERNAL void purger_team_stop(void);
/* How many share the arenas; nobody is running. */
INTERNAL void purger_team_set_max(size_t max);

/* More became unused in an arena than was expected. Takes no lock. */
INTERNAL void purger_team_alarm(const struct pages *pages);

/* Calls f for each that is running. */
INTERNAL void purger_team_each(void (*f)(struct purger_worker *, void *), void *argument);

INTERNAL void purger_team_postfork_child(void);

#endif
