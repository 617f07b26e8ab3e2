/* boot.h - start-up of what allocation needs: once, by the first call of any exported function,
 * which may come long before constructors run. What may wait (fork handlers, the purging thread,
 * the report at exit) is start.c's. */
#ifndef BOOT_H
#define BOOT_H

#include "build.h"

INTERNAL extern uint32_t boot_state; /* 1: done */

ALWAYS_INLINE bool boot_is_done(void)
{
	/* Pairs with the release at the end of boot_ensure(). */
	return __atomic_load_n(&boot_state, __ATOMIC_ACQUIRE) == 1;
}

/* true when allocation works. false: no memory for the first arena, or a call from inside boot (by
 * a malloc_message of the program). Any thread, any number of times. */
INTERNAL __attribute__((noinline)) bool boot_ensure(void);

INTERNAL void boot_prefork(void);
INTERNAL void boot_postfork_parent(void);
INTERNAL void boot_postfork_child(void);

#endif
