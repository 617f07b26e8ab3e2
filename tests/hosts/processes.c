/* processes - processes and threads made in ways that the C library does not announce, and signals
 * whose handlers allocate. None of it may need more care here than with the C library's malloc. */
#include "child.h"
#include "expect.h"
#include "heap_under_test.h"
#include "shadow.h"
#include "suite.h"
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOISE_THREADS = 3, STACK_BYTES = 256 << 10 };

static const struct shadow_limits limits = {
	.slots = 200, .size_max = 100000, .alignment_max = 4096, .live_bytes_max = 8 << 20};

static atomic_bool stop;

static void *make_noise(void *seed)
{
	struct shadow shadow;

	shadow_init(&shadow, &limits, (uintptr_t)seed);
	while (!atomic_load_explicit(&stop, memory_order_relaxed))
		shadow_run(&shadow, 100);
	shadow_fini(&shadow);
	return NULL;
}

static void begin_noise(pthread_t threads[NOISE_THREADS])
{
	atomic_store(&stop, false);
	for (unsigned i = 0; i < NOISE_THREADS; i++)
		expect(pthread_create(&threads[i], NULL, make_noise,
				      (void *)(uintptr_t)(test_seed() + i)) == 0,
		       "no thread");
}

static void end_noise(pthread_t threads[NOISE_THREADS])
{
	atomic_store(&stop, true);
	for (unsigned i = 0; i < NOISE_THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* Every way into the heap, from any thread. */
static void use_the_heap(void)
{
	static const size_t sizes[] = {1, 100, 3000, 14336, 100000, 600000};

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		char *object = calloc(1, sizes[i]);

		expect(object != NULL && object[0] == 0 && object[sizes[i] - 1] == 0, "calloc(%zu)",
		       sizes[i]);
		memset(object, 1, sizes[i]);
		object = realloc(object, 2 * sizes[i]);
		expect(object != NULL && object[sizes[i] - 1] == 1, "realloc(%zu)", 2 * sizes[i]);
		free(object);
	}
}

static void expect_end(pid_t pid, int status)
{
	int end = child_wait(pid, "a child that allocates");

	expect(WIFEXITED(end) && WEXITSTATUS(end) == status, "the child ended with %#x", end);
}

/* -- processes ------------------------------------------------------------------------------------
 */

/* A child of vfork() runs in its parent's memory while other threads go on. That it allocates is
 * against the rules, and done: the parent must not suffer. */
START_TEST(vfork_among_threads)
{
	pthread_t noise[NOISE_THREADS];
	struct shadow shadow;

	shadow_init(&shadow, &limits, test_seed());
	begin_noise(noise);
	for (unsigned i = 0; i < 100; i++) {
		shadow_run(&shadow, 50);
		pid_t pid = vfork();
		if (pid == 0) {
			use_the_heap();
			execl("/bin/true", "true", (char *)NULL);
			_exit(1);
		}
		expect_end(pid, 0);
	}
	end_noise(noise);
	shadow_check_all(&shadow);
	shadow_fini(&shadow);
}
END_TEST

START_TEST(spawned_among_threads)
{
	pthread_t noise[NOISE_THREADS];
	char *const argv[] = {"/bin/sh", "-c", "exit 3", NULL};

	begin_noise(noise);
	for (unsigned i = 0; i < 50; i++) {
		pid_t pid = 0;

		expect(posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) == 0, "posix_spawn");
		expect_end(pid, 3);
	}
	end_noise(noise);
}
END_TEST

/* The kernel's own fork: no handler of ours runs. */
START_TEST(forked_without_the_c_library)
{
	struct shadow shadow;

	shadow_init(&shadow, &limits, test_seed());
	for (unsigned i = 0; i < 50; i++) {
		shadow_run(&shadow, 50);
		long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
		if (pid == 0) {
			shadow_check_all(&shadow);
			shadow_run(&shadow, 200);
			_exit(4);
		}
		expect_end((pid_t)pid, 4);
	}
	shadow_check_all(&shadow);
	shadow_fini(&shadow);
}
END_TEST

/* -- threads that the C library does not know
 * ------------------------------------------------------ */

#if defined(__x86_64__)
/* A thread needs a block of thread-local storage; what the C library makes one with it keeps for
 * itself, but exports. */
static void *make_tls(void)
{
	union {
		void *object;
		void *(*function)(void *);
	} allocate = {.object = dlsym(RTLD_DEFAULT, "_dl_allocate_tls")};
	void *tls = allocate.object ? allocate.function(NULL) : NULL;

	if (tls != NULL) {
		void **head = tls;
		uintptr_t guard, pointer_guard;

		__asm__("movq %%fs:0x28, %0" : "=r"(guard));
		__asm__("movq %%fs:0x30, %0" : "=r"(pointer_guard));
		head[0] = tls;
		head[2] = tls;
		head[5] = (void *)guard;
		head[6] = (void *)pointer_guard;
	}
	return tls;
}

static int live_unannounced(void *seed)
{
	struct shadow shadow;

	shadow_init(&shadow, &limits, (uintptr_t)seed);
	shadow_run(&shadow, 3000);
	shadow_fini(&shadow);
	use_the_heap();
	/* Alone here: a thread that the heap made would be of this process, and live on in it. */
	struct stat tasks;
	bool is_alone = stat("/proc/self/task", &tasks) != 0 || tasks.st_nlink == 3;
	syscall(SYS_exit, is_alone ? 6 : 7);
	return 0;
}

START_TEST(threads_by_clone)
{
	pthread_t noise[NOISE_THREADS];
	struct shadow shadow;

	shadow_init(&shadow, &limits, test_seed());
	begin_noise(noise);
	for (unsigned i = 0; i < 20; i++) {
		char *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
		void *tls = make_tls();
		pid_t pid;

		if (tls == NULL) /* another C library */
			break;
		pid = clone(live_unannounced, stack + STACK_BYTES,
			    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SETTLS | SIGCHLD,
			    (void *)(uintptr_t)(test_seed() + i), NULL, tls);
		shadow_run(&shadow, 500);
		expect_end(pid, 6);
		munmap(stack, STACK_BYTES);
	}
	end_noise(noise);
	shadow_check_all(&shadow);
	shadow_fini(&shadow);
}
END_TEST
#else
START_TEST(threads_by_clone)
{
	/* the layout of thread-local storage is written down for x86-64 only */
}
END_TEST
#endif

/* -- signals
 * ---------------------------------------------------------------------------------------- */

static atomic_uint handled;

static void allocate_in_handler(int number)
{
	(void)number;
	use_the_heap();
	atomic_fetch_add(&handled, 1);
}

/* The thread that is interrupted computes, or waits; others are in the middle of malloc(). */
START_TEST(handlers_allocate)
{
	pthread_t noise[NOISE_THREADS];
	struct itimerval soon = {{0, 0}, {0, 500}}, never = {{0, 0}, {0, 0}};
	sigset_t alarm;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, NULL); /* in the others */
	begin_noise(noise);
	pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
	signal(SIGALRM, allocate_in_handler);
	/* Each alarm is set anew: on a busy machine a handler takes longer than any interval. */
	while (atomic_load(&handled) < 100) {
		setitimer(ITIMER_REAL, &soon, NULL);
		usleep(1000);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	pthread_sigmask(SIG_BLOCK, &alarm, NULL);
	end_noise(noise);
	use_the_heap();
}
END_TEST

/* A crash reporter: it allocates because the heap found something wrong, at the very place and of
 * the very size. */
static void report(int number)
{
	(void)number;
	for (size_t size = 1; size < 1 << 20; size = size * 3 / 2 + 1) {
		void *objects[10];

		for (unsigned i = 0; i < 10; i++)
			objects[i] = malloc(size);
		for (unsigned i = 0; i < 10; i++)
			free(objects[i]);
	}
	_exit(5);
}

static int die_of_small(void *unused)
{
	void *object = malloc(100);
	void *volatile again = object;

	(void)unused;
	signal(SIGABRT, report);
	free(object);
	free(again);
	heap_call("thread.tcache.flush");
	return 0;
}

static int die_of_uncached(void *unused)
{
	void *object = mallocx(100, MALLOCX_TCACHE_NONE);
	void *volatile again = object;

	(void)unused;
	signal(SIGABRT, report);
	dallocx(object, MALLOCX_TCACHE_NONE);
	dallocx(again, MALLOCX_TCACHE_NONE);
	return 0;
}

static int die_of_large(void *unused)
{
	void *object = malloc(1 << 20);
	void *volatile again = object;

	(void)unused;
	signal(SIGABRT, report);
	free(object);
	free(again);
	return 0;
}

START_TEST(reporters_allocate)
{
	static int (*const mistakes[])(void *) = {die_of_small, die_of_uncached, die_of_large};

	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		struct child_end end;

		child_run(mistakes[i], NULL, 20, &end);
		expect(!end.timed_out && end.signal == 0 && end.status == 5, "mistake %zu: %s\n%s",
		       i, child_describe(&end), end.output);
	}
}
END_TEST

int main(void)
{
	if (!heap_is_moonheap())
		return 77; /* some of it is beyond what others promise */
	return suite_run("processes",
			 (const TTest *[]){vfork_among_threads, spawned_among_threads,
					   forked_without_the_c_library, handlers_allocate,
					   reporters_allocate, threads_by_clone, NULL});
}
