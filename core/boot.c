#include "boot.h"

#include "arenas.h"
#include "bin_shards.h"
#include "hooks.h"
#include "hpa.h"
#include "lock.h"
#include "options.h"
#include "os.h"
#include "os_purge.h"
#include "size_class.h"
#include "tcache.h"
#include "thp.h"
#include "thread.h"

uint32_t boot_state;

static struct lock boot_lock = {.rank = RANK_BOOT};
static const void *booting_thread; /* under boot_lock, but read by the thread itself without */

/* While a hook of the program runs, its thread is a bare one, and may take the locks of the first
 * arena whatever it holds of another. */
static void enter_hook(struct hooks_entry *entry)
{
	entry->thread = thread_self;
	entry->held_locks = lock_self;
	thread_self = &thread_bare;
	lock_self = LOCK_SELF_IN_HOOK;
}

static void leave_hook(const struct hooks_entry *entry)
{
	lock_self = entry->held_locks;
	thread_return_to(entry->thread);
}

/* All that cannot fail. */
static void configure(void)
{
	os_boot();
	options_read();
	if (options.trust_madvise)
		os_trust_purge();
	thp_boot(THP_POLICY_FILE);
	hpa_boot();
	/* Other threads may be spinning for the lock of this very boot. */
	shared_store(lock_max_spin, options.mutex_max_spin);
	size_class_boot(os_page, options.slab_sizes);
	bin_shards_boot(options.bin_shards);
	large_boot();
	tcache_boot();
	hooks_enter = enter_hook;
	hooks_leave = leave_hook;
	arenas_boot();
}

static void set_state(enum boot_state state)
{
	__atomic_store_n(&boot_state, state, __ATOMIC_RELEASE);
}

static void boot(void)
{
	if (boot_state == BOOT_NOT_BEGUN) {
		configure();
		set_state(BOOT_CONFIGURED);
	}
	if (!arenas_start_first())
		return;
	thread_boot();
	set_state(BOOT_DONE);
}

static void (*when_done)(void);

/* Only one thread finds it. */
static void call_when_done(void)
{
	void (*then)(void) = __atomic_exchange_n(&when_done, NULL, __ATOMIC_ACQ_REL);
	if (then != NULL)
		then();
}

ALWAYS_RUN bool boot_ensure(void)
{
	if (boot_is_done())
		return true;
	if (__atomic_load_n(&booting_thread, __ATOMIC_RELAXED) == &lock_self)
		return false;
	lock_take(&boot_lock);
	if (!boot_is_done()) {
		__atomic_store_n(&booting_thread, &lock_self, __ATOMIC_RELAXED);
		boot();
		__atomic_store_n(&booting_thread, NULL, __ATOMIC_RELAXED);
	}
	lock_drop(&boot_lock);
	if (!boot_is_done())
		return false;
	call_when_done();
	return true;
}

bool boot_ensure_configured(void)
{
	return boot_ensure() || __atomic_load_n(&boot_state, __ATOMIC_ACQUIRE) == BOOT_CONFIGURED;
}

ALWAYS_RUN void boot_and_then(void (*then)(void))
{
	__atomic_store_n(&when_done, then, __ATOMIC_RELEASE);
	if (boot_ensure())
		call_when_done();
}

/* ---- fork ---- */

void boot_prefork(void)
{
	lock_take_for_fork(&boot_lock);
}

void boot_postfork_parent(void)
{
	lock_drop_after_fork(&boot_lock);
}

void boot_postfork_child(void)
{
	lock_reset_in_child(&boot_lock);
}
