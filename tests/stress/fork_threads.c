/* fork_threads - a process forks while its other threads are in the middle of malloc() and free().
 * The child has one thread, finds every lock free and every object as it was, allocates, starts
 * threads of its own, forks again and ends. */
#include "child.h"
#include "expect.h"
#include "heap_under_test.h"
#include "shadow.h"
#include "suite.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOISE_THREADS = 4, CHILD_SECONDS = 30 };

static const struct shadow_limits limits = {
	.slots = 200, .size_max = 300000, .alignment_max = 1 << 14, .live_bytes_max = 8 << 20};

static atomic_bool stop;

static void *make_noise(void *argument)
{
	struct shadow shadow;

	shadow_init(&shadow, &limits, (uintptr_t)argument);
	while (!atomic_load_explicit(&stop, memory_order_relaxed))
		shadow_run(&shadow, 100);
	shadow_fini(&shadow);
	return NULL;
}

static void *run_short_script(void *argument)
{
	struct shadow shadow;

	shadow_init(&shadow, &limits, (uintptr_t)argument);
	shadow_run(&shadow, 500);
	shadow_fini(&shadow);
	return NULL;
}

enum { CHILD_MAY_HAVE_THREADS = !TEST_THREAD_SANITIZED };

static int grandchild(void *inherited)
{
	struct shadow *shadow = inherited;

	shadow_run(shadow, 100);
	return 0;
}

/* Uses what the parent allocated before the fork, and the heap. */
static int child(void *inherited)
{
	struct shadow *shadow = inherited;
	struct child_end end;
	pthread_t threads[2];
	unsigned i;

	shadow_check_all(shadow);
	shadow_run(shadow, 300);
	for (i = 0; CHILD_MAY_HAVE_THREADS && i < 2; i++)
		expect(pthread_create(&threads[i], NULL, run_short_script,
				      (void *)(uintptr_t)(i + 1)) == 0,
		       "no thread in the child");
	shadow_run(shadow, 300);
	for (i = 0; CHILD_MAY_HAVE_THREADS && i < 2; i++)
		pthread_join(threads[i], NULL);
	child_run(grandchild, shadow, CHILD_SECONDS, &end);
	expect(!end.timed_out && end.signal == 0 && end.status == 0, "grandchild: %s\n%s",
	       child_describe(&end), end.output);
	heap_refresh();
	shadow_fini(shadow);
	return 7;
}

static void fork_many_times(unsigned long count)
{
	pthread_t noise[NOISE_THREADS];
	struct shadow shadow;
	struct child_end end;
	unsigned i;

	shadow_init(&shadow, &limits, test_seed());
	for (i = 0; i < NOISE_THREADS; i++)
		expect(pthread_create(&noise[i], NULL, make_noise,
				      (void *)(uintptr_t)(test_seed() + 100 + i)) == 0,
		       "no thread");
	while (count-- > 0) {
		shadow_run(&shadow, 200);
		child_run(child, &shadow, CHILD_SECONDS, &end);
		expect(!end.timed_out && end.signal == 0 && end.status == 7, "child: %s\n%s",
		       child_describe(&end), end.output);
		/* the parent's objects are its own */
		shadow_check_all(&shadow);
	}
	atomic_store(&stop, true);
	for (i = 0; i < NOISE_THREADS; i++)
		pthread_join(noise[i], NULL);
	shadow_fini(&shadow);
}

START_TEST(threads_allocate_meanwhile)
{
	/* The address sanitizer's own allocator, which the shadow models use, does not survive a
	 * fork: a lock that another thread holds stays taken in the child, which then waits in
	 * __interceptor_free for ever. So there, no child of a process with busy threads. */
	if (!TEST_ADDRESS_SANITIZED)
		fork_many_times(test_scaled(60));
}
END_TEST

/* Several threads fork at the same time, each waits for its own child. */
static int exit_at_once(void *unused)
{
	(void)unused;
	H(free)(H(malloc)(100));
	return 0;
}

static void *fork_repeatedly(void *argument)
{
	unsigned long count = *(unsigned long *)argument;
	struct child_end end;

	while (count-- > 0) {
		child_run(exit_at_once, NULL, CHILD_SECONDS, &end);
		expect(!end.timed_out && end.signal == 0 && end.status == 0, "child: %s\n%s",
		       child_describe(&end), end.output);
	}
	return NULL;
}

START_TEST(several_threads_fork)
{
	unsigned long count = test_scaled(40);
	pthread_t threads[NOISE_THREADS];
	unsigned i;

	for (i = 0; i < NOISE_THREADS; i++)
		expect(pthread_create(&threads[i], NULL, fork_repeatedly, &count) == 0,
		       "no thread");
	for (i = 0; i < NOISE_THREADS; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

/* The C library runs these around every fork: they may allocate, in whatever order they and the
 * allocator's own handlers run. */
static void *held_over_fork;

static void allocate_before(void)
{
	held_over_fork = memset(H(malloc)(5000), 1, 5000);
}

static void allocate_after(void)
{
	H(free)(held_over_fork);
	H(free)(H(malloc)(200000));
}

START_TEST(fork_handlers_allocate)
{
	unsigned long count = test_scaled(50);

	expect(pthread_atfork(allocate_before, allocate_after, allocate_after) == 0,
	       "pthread_atfork failed");
	fork_repeatedly(&count);
}
END_TEST

int main(void)
{
	return suite_run("fork_threads",
			 (const TTest *[]){threads_allocate_meanwhile, several_threads_fork,
					   fork_handlers_allocate, NULL});
}
