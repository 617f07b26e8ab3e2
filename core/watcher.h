/* watcher.h - a thread of ours that nobody asked for, in a process that has several of its own.
 *
 * Such a process may do all its work and then wait, so that none of its threads comes by to give
 * back what is unused. While it has several threads and enough that is unused, the watcher does
 * what they leave undone, and it ends when nothing is. It is started by a thread of the program, at
 * a tick, and only where that is certain to be harmless to the host (is_host_safe()); never in a
 * process with one thread, and never once background_thread was set to anything.
 */
#ifndef WATCHER_H
#define WATCHER_H

#include "purger_worker.h"

/* May there be one from now on? The C library must be up. */
INTERNAL void watcher_allow(bool allowed);

/* A thread of the program uses the allocator for the first time, and for the last. */
INTERNAL void watcher_thread_came(void);
INTERNAL void watcher_thread_left(void);

/* More became unused in an arena than was expected. Takes no lock. */
INTERNAL void watcher_alarm(void);

/* Starts it if that was asked for, here and now if it can be. Without locks. */
INTERNAL COLD void watcher_start(uint64_t now_ns);
INTERNAL bool watcher_is_requested(void);

/* Sets the level from which on the alarm is raised, for the watcher or for the team. Holds the
 * purger lock, as do the following. */
INTERNAL void watcher_set_alarm_level(void);
INTERNAL void watcher_each(void (*f)(struct purger_worker *, void *), void *argument);
INTERNAL void watcher_postfork_child(void);

#endif
