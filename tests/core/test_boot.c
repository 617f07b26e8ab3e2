/* test_boot.c - start-up has happened, wires what it should, and happens once whoever asks. */
#include "boot.h"

#include <pthread.h>
#include "arenas.h"
#include "expect.h"
#include "hooks.h"
#include "lock.h"
#include "options.h"
#include "os.h"
#include "suite.h"
#include "thread.h"

START_TEST(wiring)
{
	expect(boot_is_done() && boot_ensure(), "not booted before main()");
	expect(lock_max_spin == options.mutex_max_spin, "the lock has its own opinion");
	expect(options.narenas == arenas_auto() && arenas_get(0) != NULL, "arenas");
	expect(os_page != 0 && size_class_large_min == 4 * os_page, "geometry");
	expect(size_class_ncached > 0, "thread caches");
}
END_TEST

/* Around a hook the thread is a bare one without locks; afterwards it is who it was. */
START_TEST(hooks_are_wired)
{
	struct hooks_entry entry;
	struct thread *self = thread_get();
	uint32_t held = lock_self;

	expect(hooks_enter != NULL && hooks_leave != NULL, "not set");
	hooks_enter(&entry);
	expect(thread_self == &thread_bare && lock_self == LOCK_SELF_IN_HOOK, "not a bare thread");
	hooks_leave(&entry);
	expect(thread_self == self && lock_self == held, "not back");
}
END_TEST

static struct arena *first;

static void *ask(void *gate)
{
	pthread_barrier_wait(gate);
	expect(boot_ensure() && boot_is_done() && arenas_get(0) == first, "booted anew");
	return NULL;
}

/* As in a library that is loaded late: several first calls at once. */
START_TEST(once)
{
	pthread_t threads[4];
	pthread_barrier_t gate;

	first = arenas_get(0);
	for (int round = 0; round < 50; round++) {
		pthread_barrier_init(&gate, NULL, 4);
		__atomic_store_n(&boot_state, BOOT_NOT_BEGUN, __ATOMIC_RELEASE);
		for (int i = 0; i < 4; i++)
			pthread_create(&threads[i], NULL, ask, &gate);
		for (int i = 0; i < 4; i++)
			pthread_join(threads[i], NULL);
		pthread_barrier_destroy(&gate);
	}
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {wiring, hooks_are_wired, once, NULL};

	return suite_run("boot", cases);
}
