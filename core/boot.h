/* boot.h - start-up of what allocation needs: once, by the first call of any exported function,
 * which may come long before constructors run. What may wait (fork handlers, the purging thread,
 * the report at exit) is start.c's. */
#ifndef BOOT_H
#define BOOT_H

#include "build.h"

enum boot_state {
	BOOT_NOT_BEGUN,
	BOOT_DONE,
	BOOT_CONFIGURED /* options and size classes are there, only memory is not */
};
INTERNAL extern uint32_t boot_state; /* enum boot_state */

ALWAYS_INLINE bool boot_is_done(void)
{
	/* Pairs with the release at the end of boot_ensure(). */
	return __atomic_load_n(&boot_state, __ATOMIC_ACQUIRE) == BOOT_DONE;
}

/* true when allocation works. false: no memory for the first arena, which is tried again at the
 * next call, or a call from inside boot (by a malloc_message of the program). Any thread, any
 * number of times. */
INTERNAL __attribute__((noinline)) bool boot_ensure(void);

/* The same for who needs options and size classes but no memory: fails inside boot only. */
INTERNAL bool boot_ensure_configured(void);

/* Boots, and calls a function once when that has succeeded, be it at a later call of somebody else.
 * No lock is held then. */
INTERNAL void boot_and_then(void (*then)(void));

INTERNAL void boot_prefork(void);
INTERNAL void boot_postfork_parent(void);
INTERNAL void boot_postfork_child(void);

#endif
