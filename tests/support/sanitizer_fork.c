/* sanitizer_fork.c - makes the sanitizers' own heap take part in fork, in every test of a sanitized
 * build. They replace malloc() by an allocator that does not: whatever another thread holds of its
 * locks stays locked in the child, which then hangs in its next malloc(), free() or thread for
 * ever. (gcc 12 and clang 14 are so; those that came later see to it themselves.)
 *
 * The functions below stand before the sanitizer's, and count who is inside. A fork waits until
 * nobody is, and until each thread that is being made has left the sanitizer's part of its start;
 * who comes meanwhile waits for the fork. Not covered is the last step of a thread that ends, in
 * which the sanitizer takes its cache back.
 *
 * Invariant: the fork handlers here are the first to be registered, so prepare() runs when every
 * lock of ours is held, and nobody who waits for the fork holds one. Compiled without sanitizers,
 * which would otherwise take these counters for an order among all threads, and find no more races.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_SECONDS = 60 };

extern void *__interceptor_malloc(size_t);
extern void *__interceptor_calloc(size_t, size_t);
extern void *__interceptor_realloc(void *, size_t);
extern void *__interceptor_reallocarray(void *, size_t, size_t);
extern void *__interceptor_memalign(size_t, size_t);
extern void *__interceptor_aligned_alloc(size_t, size_t);
extern int __interceptor_posix_memalign(void **, size_t, size_t);
extern void __interceptor_free(void *);
extern int __interceptor_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *),
					void *);
extern void *memalign(size_t, size_t);

/* All atomic. */
static unsigned inside;   /* threads in the sanitizer's heap */
static unsigned starting; /* two for each thread that is being made: its maker, and itself */
static bool is_closed;    /* nobody may come inside */
static bool is_forking;   /* nobody may make a thread */

static __thread unsigned
	depth; /* of this thread, whose handlers of signals may come inside again */
static __thread bool is_forker;

static void let_others_run(void)
{
	syscall(SYS_sched_yield); /* touches no errno */
}

static void enter(void)
{
	if (depth++ != 0 || is_forker)
		return;
	for (;;) {
		__atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
		if (!__atomic_load_n(&is_closed, __ATOMIC_SEQ_CST))
			return;
		__atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
		while (__atomic_load_n(&is_closed, __ATOMIC_SEQ_CST))
			let_others_run();
	}
}

static void leave(void)
{
	if (--depth == 0 && !is_forker)
		__atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
}

/* ---- the heap ---- */

#define GUARDED(type, name, parameters, arguments)                                                 \
	type name parameters                                                                       \
	{                                                                                          \
		enter();                                                                           \
		type result = __interceptor_##name arguments;                                      \
		leave();                                                                           \
		return result;                                                                     \
	}

GUARDED(void *, malloc, (size_t size), (size))
GUARDED(void *, calloc, (size_t count, size_t size), (count, size))
GUARDED(void *, realloc, (void *p, size_t size), (p, size))
GUARDED(void *, reallocarray, (void *p, size_t count, size_t size), (p, count, size))
GUARDED(void *, memalign, (size_t alignment, size_t size), (alignment, size))
GUARDED(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))
GUARDED(int, posix_memalign, (void **to, size_t alignment, size_t size), (to, alignment, size))

void free(void *p)
{
	enter();
	__interceptor_free(p);
	leave();
}

/* ---- threads ---- */

struct start {
	void *(*body)(void *);
	void *argument;
};

static void has_started(unsigned count)
{
	__atomic_sub_fetch(&starting, count, __ATOMIC_SEQ_CST);
}

static void *begin(void *opaque)
{
	struct start start = *(struct start *)opaque;

	free(opaque);
	has_started(1);
	return start.body(start.argument);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *),
		   void *argument)
{
	struct start *start = malloc(sizeof(*start));

	if (start == NULL)
		return __interceptor_pthread_create(thread, attributes, body, argument);
	*start = (struct start){body, argument};
	for (;;) {
		__atomic_add_fetch(&starting, 2, __ATOMIC_SEQ_CST);
		if (is_forker || !__atomic_load_n(&is_forking, __ATOMIC_SEQ_CST))
			break;
		has_started(2);
		while (__atomic_load_n(&is_forking, __ATOMIC_SEQ_CST))
			let_others_run();
	}
	int error = __interceptor_pthread_create(thread, attributes, begin, start);

	has_started(error == 0 ? 1 : 2);
	if (error != 0)
		free(start);
	return error;
}

/* ---- fork ---- */

static void wait_for(const unsigned *count, const char *what, size_t length)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	for (time_t end = now.tv_sec + PATIENCE_SECONDS;
	     __atomic_load_n(count, __ATOMIC_SEQ_CST) != 0;) {
		let_others_run();
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec < end)
			continue;
		ssize_t ignored = write(STDERR_FILENO, what, length);

		(void)ignored;
		return; /* and the child may hang, but whoever reads this knows why */
	}
}

#define WAIT_FOR(count, what) wait_for(count, what, sizeof(what) - 1)

static void prepare(void)
{
	while (__atomic_exchange_n(&is_forking, true, __ATOMIC_SEQ_CST))
		let_others_run();
	is_forker = true;
	WAIT_FOR(&starting, "sanitizer_fork.c: a thread does not leave its start\n");
	__atomic_store_n(&is_closed, true, __ATOMIC_SEQ_CST);
	WAIT_FOR(&inside, "sanitizer_fork.c: a thread does not leave the sanitizer's heap\n");
}

static void go_on(void)
{
	is_forker = false;
	__atomic_store_n(&is_closed, false, __ATOMIC_SEQ_CST);
	__atomic_store_n(&is_forking, false, __ATOMIC_SEQ_CST);
}

static __attribute__((constructor(101))) void register_first(void)
{
	pthread_atfork(prepare, go_on, go_on);
}
