/* start.c - the rest of start-up, and the library's part in fork and exit: what needs a libc that
 * is up, and stands on everything else. */
#include "arenas.h"
#include "boot.h"
#include "cache_slots.h"
#include "ctl_snapshot.h"
#include "dss.h"
#include "guard_pool.h"
#include "options.h"
#include "purger.h"
#include "stats_print.h"
#include "tcache.h"
#include "thread.h"
#include "misuse.h"
#include "trap.h"
#include "unwind.h"

#include <pthread.h>

/* Locks are taken from roof to ground, as everybody does. */
static void prefork(void)
{
	boot_prefork();
	ctl_prefork();
	purger_prefork();
	tcaches_prefork();
	guard_pool_prefork();
	arenas_prefork();
	cache_slots_prefork();
	quarantine_prefork();
	thread_records_prefork();
	dss_prefork();
}

static void postfork_parent(void)
{
	dss_postfork_parent();
	thread_records_postfork_parent();
	quarantine_postfork_parent();
	cache_slots_postfork_parent();
	arenas_postfork_parent();
	guard_pool_postfork_parent();
	tcaches_postfork_parent();
	purger_postfork_parent();
	ctl_postfork_parent();
	boot_postfork_parent();
}

static void postfork_child(void)
{
	quarantine_postfork_child();
	guard_pool_postfork_child();
	cache_slots_postfork_child();
	dss_postfork_child();
	arenas_postfork_child();
	tcaches_postfork_child();
	purger_postfork_child();
	ctl_postfork_child();
	misuse_postfork_child();
	thread_postfork_child();
	boot_postfork_child();
}

/* What needs options, and memory. */
static ALWAYS_RUN void start_observing(void)
{
	if (options.safety != SAFETY_DEFAULT)
		trap_install();
	purger_begin();
	stats_print_begin();
}

__attribute__((constructor(101))) static void start(void)
{
	pthread_atfork(prefork, postfork_parent, postfork_child);
	unwind_boot();
	/* When there is no memory yet, boot is tried again at every call. */
	boot_and_then(start_observing);
}

/* After the program's own exit handlers: what they freed is free. */
__attribute__((destructor)) static void finish(void)
{
	purger_end();
	/* What is held back is looked at, too. */
	struct thread *self = thread_if_attached();
	if (boot_is_done() && quarantine_is_on() && self != NULL)
		quarantine_flush(&self->cache.quarantine);
	stats_print_at_exit();
}
