/* test_call_hooks.c - what functions of the program see of its calls: each call, with its
 * arguments, in all threads; and nothing once they are removed. */
#include "call_hooks.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include "ctl_read.h"
#include "moonheap/moonheap.h"
#include "suite.h"
#include "thread.h"

enum { SEEN_MAX = 16 };

static volatile size_t too_many = (size_t)1 << 62;

static struct seen {
	char what; /* a: allocated, f: freeing, r: resized */
	int type;
	void *object;
	uintptr_t returned, arguments[4];
	size_t old_usable, new_usable;
	unsigned char first_byte;
} seen[SEEN_MAX];
static unsigned nseen;

static struct seen *note(void *extra, char what, int type, void *object, const uintptr_t *arguments,
			 unsigned n)
{
	struct seen *s = &seen[nseen++ % SEEN_MAX];
	expect(extra == seen, "another's argument");
	*s = (struct seen){.what = what, .type = type, .object = object};
	memcpy(s->arguments, arguments, n * sizeof(uintptr_t));
	s->first_byte = object != NULL ? *(unsigned char *)object : 0;
	mh_free(mh_malloc(1000)); /* is not reported */
	errno = 77;
	return s;
}

static void allocated(void *extra, int type, void *result, uintptr_t returned, uintptr_t a[3])
{
	note(extra, 'a', type, result, a, 3)->returned = returned;
}

static void freeing(void *extra, int type, void *object, uintptr_t a[3])
{
	note(extra, 'f', type, object, a, 3);
}

static void resized(void *extra, int type, void *object, size_t old_usable, size_t new_usable,
		    uintptr_t returned, uintptr_t a[4])
{
	struct seen *s = note(extra, 'r', type, object, a, 4);
	s->returned = returned;
	s->old_usable = old_usable;
	s->new_usable = new_usable;
}

static const struct call_hooks hooks = {allocated, freeing, resized, seen};

static uintptr_t install(const struct call_hooks *what)
{
	uintptr_t handle = 0;
	size_t length = sizeof(handle);
	ctl_expect(ctl_by_name("experimental.hooks.install", &handle, &length, what, sizeof(*what)),
		   0, "install");
	return handle;
}

static int remove_hooks(uintptr_t handle)
{
	return ctl_by_name("experimental.hooks.remove", NULL, NULL, &handle, sizeof(handle));
}

/* What the latest call has told: so many reports, of which the last has these parts. */
static const struct seen *last(unsigned n, char what, int type, uintptr_t a, uintptr_t b,
			       uintptr_t c)
{
	const struct seen *s = &seen[(nseen + SEEN_MAX - 1) % SEEN_MAX];
	expect(nseen == n, "%u reports, not %u", nseen, n);
	expect(s->what == what && s->type == type, "%c of type %d", s->what, s->type);
	expect(s->arguments[0] == a && s->arguments[1] == b && s->arguments[2] == c,
	       "arguments %lx %lx %lx", s->arguments[0], s->arguments[1], s->arguments[2]);
	expect(errno == 55, "errno changed to %d", errno);
	nseen = 0;
	return s;
}

#define P(p) ((uintptr_t)(p))

START_TEST(every_function_is_seen)
{
	void *p, *q;
	uintptr_t handle = install(&hooks);
	errno = 55;
	p = mh_malloc(100);
	expect(last(1, 'a', CALL_MALLOC, 100, 0, 0)->object == p, "malloc");
	*(char *)p = 42;
	mh_free(p);
	expect(last(1, 'f', CALL_FREE, P(p), 0, 0)->first_byte == 42, "seen when it was freed");
	mh_free(NULL);
	p = mh_calloc(3, 7);
	expect(last(1, 'a', CALL_CALLOC, 3, 7, 0)->object == p, "calloc");
	p = mh_realloc(p, 22);
	expect(last(1, 'r', CALL_RESIZE_REALLOC, P(p), 22, 0)->new_usable == 32, "realloc");
	*(char *)p = 43;
	q = mh_realloc(p, 1000);
	expect(last(2, 'f', CALL_FREE_REALLOC, P(p), 1000, 0)->first_byte == 43, "what moves");
	expect(seen[0].what == 'a' && seen[0].object == q && *(char *)q == 43, "its new place");
	q = mh_realloc(q, 20000);
	nseen = 0;
	expect(mh_realloc(q, 20400) == q, "within its class");
	expect(last(1, 'r', CALL_RESIZE_REALLOC, P(q), 20400, 0)->new_usable == 20480, "it stays");
	p = mh_realloc(NULL, 50);
	last(1, 'a', CALL_REALLOC, 0, 50, 0);
	expect(mh_realloc(p, 0) == NULL, "realloc to 0");
	last(1, 'f', CALL_FREE_REALLOC, P(p), 0, 0);
	expect(mh_posix_memalign(&p, 64, 100) == 0, "posix_memalign");
	expect(last(1, 'a', CALL_POSIX_MEMALIGN, P(&p), 64, 100)->returned == 0, "its result");
	expect(mh_posix_memalign(&p, 3, 100) == EINVAL, "posix_memalign");
	expect(last(1, 'a', CALL_POSIX_MEMALIGN, P(&p), 3, 100)->returned == EINVAL, "its error");
	mh_aligned_alloc(64, 100);
	last(1, 'a', CALL_ALIGNED_ALLOC, 64, 100, 0);
	mh_memalign(64, 100);
	last(1, 'a', CALL_MEMALIGN, 64, 100, 0);
	mh_valloc(100);
	last(1, 'a', CALL_VALLOC, 100, 0, 0);
	p = mh_mallocx(100, MALLOCX_ZERO);
	last(1, 'a', CALL_MALLOCX, 100, MALLOCX_ZERO, 0);
	q = mh_rallocx(p, 500, 0);
	last(2, 'f', CALL_FREE_RALLOCX, P(p), 500, 0);
	mh_xallocx(q, 500, 10, 0);
	expect(last(1, 'r', CALL_RESIZE_XALLOCX, P(q), 500, 10)->returned == 512, "xallocx");
	mh_sdallocx(q, 500, 0);
	last(1, 'f', CALL_SDALLOCX, P(q), 500, 0);
	p = mh_mallocx(100, 0);
	last(1, 'a', CALL_MALLOCX, 100, 0, 0);
	mh_dallocx(p, 0);
	last(1, 'f', CALL_DALLOCX, P(p), 0, 0);
	expect(mh_calloc(too_many, 8) == NULL, "too much");
	errno = 55;
	expect(last(1, 'a', CALL_CALLOC, too_many, 8, 0)->object == NULL, "failure");
	ctl_expect(remove_hooks(handle), 0, "remove");
	mh_free(mh_malloc(100));
	expect(nseen == 0, "%u reports when there is no hook", nseen);
	expect(thread_self == thread_get() && thread_is_attached(thread_self), "still watched");
}
END_TEST

START_TEST(large_objects)
{
	uintptr_t handle = install(&hooks);
	errno = 55;
	char *p = mh_malloc(1 << 20);
	memset(p, 1, 1 << 20);
	nseen = 0;
	p = mh_realloc(p, 600 << 10);
	expect(last(1, 'r', CALL_RESIZE_REALLOC, P(p), 600 << 10, 0)->old_usable == 1 << 20,
	       "shrunk in place");
	void *wall = mh_malloc(1 << 20); /* what follows has to move */
	nseen = 0;
	char *q = mh_realloc(p, 40 << 20);
	if (q != p)
		expect(last(2, 'f', CALL_FREE_REALLOC, P(p), 40 << 20, 0)->first_byte == 1,
		       "the contents were gone before it was told");
	expect(q[0] == 1 && q[(600 << 10) - 1] == 1, "contents");
	nseen = 0;
	mh_free(q);
	mh_free(wall);
	expect(nseen == 2, "%u reports of two frees", nseen);
	ctl_expect(remove_hooks(handle), 0, "remove");
}
END_TEST

START_TEST(hooks_come_and_go)
{
	uintptr_t handles[CALL_HOOKS_MAX], handle;
	size_t length = sizeof(handle);
	const struct call_hooks only_frees = {.freeing = freeing, .extra = seen};
	for (unsigned i = 0; i < CALL_HOOKS_MAX; i++)
		handles[i] = install(i == 0 ? &hooks : &only_frees);
	ctl_expect(
		ctl_by_name("experimental.hooks.install", &handle, &length, &hooks, sizeof(hooks)),
		EAGAIN, "one too many");
	void *p = mh_malloc(100);
	expect(nseen == 1, "%u saw malloc", nseen);
	mh_free(p);
	expect(nseen == 1 + CALL_HOOKS_MAX, "%u saw free", nseen - 1);
	ctl_expect(remove_hooks(0), EINVAL, "no handle");
	ctl_expect(remove_hooks(handles[1]), 0, "remove");
	ctl_expect(remove_hooks(handles[1]), EINVAL, "remove twice");
	handle = install(&only_frees);
	expect(handle != handles[1], "the handle is used again");
	ctl_expect(remove_hooks(handles[1]), EINVAL, "an old handle");
	ctl_expect(remove_hooks(handle), 0, "remove");
	for (unsigned i = 0; i < CALL_HOOKS_MAX; i++)
		if (i != 1)
			ctl_expect(remove_hooks(handles[i]), 0, "remove");
	nseen = 0;
	mh_free(mh_malloc(100));
	expect(nseen == 0, "%u reports", nseen);

	length = 4;
	ctl_expect(
		ctl_by_name("experimental.hooks.install", &handle, &length, &hooks, sizeof(hooks)),
		EINVAL, "short");
	expect(length == 4, "the length becomes %zu", length);
	length = 8;
	ctl_expect(ctl_by_name("experimental.hooks.install", &handle, &length, &hooks, 24), EINVAL,
		   "half");
	ctl_expect(ctl_by_name("experimental.hooks.install", NULL, NULL, &hooks, sizeof(hooks)),
		   EINVAL, "no room for the handle");
	ctl_expect(ctl_by_name("experimental.hooks.remove", &handle, &length, NULL, 0), EPERM,
		   "read");
	ctl_expect(ctl_do("experimental.hooks.remove"), EINVAL, "remove nothing");
	expect(!call_hooks_are_on(), "a refused call installs");
}
END_TEST

/* ---- several threads ---- */

static uint64_t news, frees; /* atomic; of marked objects */
static bool is_running;

static void count_new(void *extra, int type, void *result, uintptr_t returned, uintptr_t a[3])
{
	(void)extra, (void)type, (void)result, (void)returned;
	if (a[0] == 123)
		__atomic_add_fetch(&news, 1, __ATOMIC_RELAXED);
}

static void count_free(void *extra, int type, void *object, uintptr_t a[3])
{
	(void)extra, (void)type, (void)a;
	if (*(char *)object == 123)
		__atomic_add_fetch(&frees, 1, __ATOMIC_RELAXED);
}

static const struct call_hooks counters = {.allocated = count_new, .freeing = count_free};
static pthread_barrier_t barrier;

enum { PAIRS = 500 };

static void *pairs(void *unused)
{
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < PAIRS; i++) {
			char *p = mh_malloc(123);
			*p = 123;
			mh_free(p);
		}
		pthread_barrier_wait(&barrier); /* and while we wait, hooks come or go */
		pthread_barrier_wait(&barrier);
	}
	return unused;
}

START_TEST(threads_that_run_are_seen_from_then_on)
{
	pthread_t thread;
	pthread_barrier_init(&barrier, NULL, 2);
	expect(pthread_create(&thread, NULL, pairs, NULL) == 0, "thread");
	pthread_barrier_wait(&barrier);
	uintptr_t handle = install(&counters);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	expect(news == PAIRS && frees == PAIRS, "%lu and %lu of %d", news, frees, PAIRS);
	ctl_expect(remove_hooks(handle), 0, "remove");
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	expect(news == PAIRS && frees == PAIRS, "%lu and %lu after the end", news, frees);
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
}
END_TEST

static void *short_life(void *unused)
{
	void *kept[20];
	for (int i = 0; i < 20; i++)
		kept[i] = mh_malloc(123);
	for (int i = 0; i < 20; i++) {
		*(char *)kept[i] = 0;
		mh_free(kept[i]);
	}
	return unused;
}

static void *come_and_go(void *unused)
{
	while (__atomic_load_n(&is_running, __ATOMIC_RELAXED)) {
		uintptr_t handle = install(&counters);
		ctl_expect(remove_hooks(handle), 0, "remove");
	}
	return unused;
}

START_TEST(threads_begin_and_end_meanwhile)
{
	pthread_t changer, threads[4];
	is_running = true;
	expect(pthread_create(&changer, NULL, come_and_go, NULL) == 0, "thread");
	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < 4; i++)
			expect(pthread_create(&threads[i], NULL, short_life, NULL) == 0, "thread");
		for (int i = 0; i < 4; i++)
			pthread_join(threads[i], NULL);
	}
	__atomic_store_n(&is_running, false, __ATOMIC_RELAXED);
	pthread_join(changer, NULL);
	ctl_refresh();
	expect(CTL_READ(size_t, "stats.arenas.0.tcache_bytes") < 1 << 20,
	       "a cache was left behind");
	mh_free(mh_malloc(1));
	expect(thread_self == thread_get(), "still watched");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {every_function_is_seen,
				      large_objects,
				      hooks_come_and_go,
				      threads_that_run_are_seen_from_then_on,
				      threads_begin_and_end_meanwhile,
				      NULL};
	return suite_run("call_hooks", cases);
}
