/* test_thread.c - the record of a thread from its first call to its end, and what other records
 * (unattached, bare) stand for. */
#include "thread.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "child.h"
#include "expect.h"
#include "heap_under_test.h"
#include "suite.h"

static void in_a_thread(void *(*body)(void *), void *argument)
{
	pthread_t thread;

	expect(pthread_create(&thread, NULL, body, argument) == 0, "thread");
	pthread_join(thread, NULL);
}

static unsigned bound_threads(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < arenas_count(); i++)
		n += arenas_get(i) != NULL ? arenas_get(i)->nthreads : 0;
	return n;
}

static void *first_use(void *before)
{
	expect(thread_self == &thread_unattached, "attached before its first call");
	H(free)(NULL);
	expect(thread_self == &thread_unattached, "free(NULL) attaches");
	void *p = H(malloc)(100);
	struct thread *self = thread_self;

	expect(p != NULL && thread_is_attached(self) && thread_get() == self, "not attached");
	expect(bound_threads() == *(unsigned *)before + 1, "%u threads", bound_threads());
	expect(self->allocated == 112 && self->deallocated == 0, "%lu bytes", self->allocated);
	H(free)(p);
	expect(self->deallocated == 112, "%lu bytes", self->deallocated);
	*(unsigned *)before = thread_arena(self)->index;
	return self;
}

START_TEST(attach_and_detach)
{
	unsigned before, index;
	size_t metadata;

	thread_get();
	before = bound_threads();
	index = before;
	in_a_thread(first_use, &index);
	expect(bound_threads() == before, "%u threads, %u before", bound_threads(), before);
	metadata = base_first.allocated;
	for (int i = 0; i < 50; i++) {
		index = before;
		in_a_thread(first_use, &index);
	}
	expect(base_first.allocated - metadata < 60000, "records are not used again: %zu bytes",
	       base_first.allocated - metadata);
	for (unsigned i = 0; i < arenas_count(); i++)
		expect(arenas_get(i) == NULL || bin_curregs(&arenas_get(i)->bins[7]) <= 20,
		       "arena %u: %zu regions stay with threads that ended", i,
		       bin_curregs(&arenas_get(i)->bins[7]));
}
END_TEST

static pthread_key_t late_key;

/* Runs after our destructor, or before, or both: whatever the order, memory works. */
static void late(void *value)
{
	void *more = H(malloc)(5000);

	expect(more != NULL, "no memory at the end of a thread");
	memset(more, 1, 5000);
	H(free)(more);
	H(free)(value);
	if (thread_self == &thread_bare && value != NULL) {
		static __thread int again;

		if (again++ < 2)
			pthread_setspecific(late_key, H(malloc)(300));
	}
}

static void *leave_something(void *unused)
{
	pthread_setspecific(late_key, H(malloc)(300));
	return unused;
}

START_TEST(destructors_after_ours)
{
	unsigned before;

	thread_get();
	before = bound_threads();
	pthread_key_create(&late_key, late);
	for (int i = 0; i < 10; i++)
		in_a_thread(leave_something, NULL);
	expect(bound_threads() == before, "%u threads, %u before", bound_threads(), before);
}
END_TEST

static void *as_a_bare_thread(void *unused)
{
	thread_self = &thread_bare;
	for (size_t size = 1; size < 100000; size *= 3) {
		char *p = H(malloc)(size);

		expect(p != NULL && arenas_of(p) == arenas_get(0), "not of the first arena");
		memset(p, 1, size);
		p = H(realloc)(p, 2 * size);
		expect(p != NULL && p[0] == 1, "realloc");
		H(free)(p);
	}
	expect(thread_bare.allocated == 0 && thread_bare.deallocated == 0, "a bare thread counts");
	expect(thread_bare.cache.bins[1].nrequests == 0, "or uses a cache");
	thread_self = &thread_unattached;
	return unused;
}

START_TEST(bare)
{
	in_a_thread(as_a_bare_thread, NULL);
}
END_TEST

START_TEST(exact_bytes)
{
	struct thread *self = thread_get();
	uint64_t allocated = self->allocated, freed = self->deallocated;
	void *objects[300];

	for (unsigned i = 0; i < 300; i++) {
		size_t size = (size_t)1 << (i % 22);

		objects[i] = H(malloc)(size);
		allocated += H(malloc_usable_size)(objects[i]);
		expect(self->allocated == allocated, "%lu, not %lu after %zu", self->allocated,
		       allocated, size);
	}
	for (unsigned i = 0; i < 300; i++) {
		size_t old = H(malloc_usable_size)(objects[i]);

		objects[i] = H(realloc)(objects[i], old * 2);
		if (H(malloc_usable_size)(objects[i]) != old) {
			allocated += H(malloc_usable_size)(objects[i]);
			freed += old;
		}
		expect(self->allocated == allocated && self->deallocated == freed,
		       "realloc of %zu: %lu and %lu, not %lu and %lu", old, self->allocated,
		       self->deallocated, allocated, freed);
	}
	for (unsigned i = 0; i < 300; i++) {
		freed += H(malloc_usable_size)(objects[i]);
		H(free)(objects[i]);
		expect(self->deallocated == freed, "%lu, not %lu", self->deallocated, freed);
	}
}
END_TEST

START_TEST(peak)
{
	struct thread *self = thread_get();
	void *p;

	thread_peak_reset(self);
	expect(thread_peak(self) == 0, "%lu after a reset", thread_peak(self));
	p = H(malloc)(1 << 20);
	expect(thread_peak(self) == 1 << 20, "%lu", thread_peak(self));
	H(free)(p);
	expect(thread_peak(self) == 1 << 20, "%lu", thread_peak(self));
	thread_peak_reset(self);
	expect(thread_peak(self) == 0, "%lu after a reset", thread_peak(self));
}
END_TEST

START_TEST(cache_off_and_on)
{
	struct thread *self = thread_get();
	void *p = H(malloc)(100);

	H(free)(p);
	expect(thread_cache_enabled(self) && tcache_bytes(&self->cache) > 0, "no cache");
	thread_cache_flush(self);
	expect(tcache_bytes(&self->cache) == 0, "flush leaves something");
	thread_cache_set_enabled(self, false);
	expect(!thread_cache_enabled(self), "still on");
	p = H(malloc)(100);
	expect(p != NULL, "no memory");
	H(free)(p);
	expect(tcache_bytes(&self->cache) == 0, "used although off");
	thread_cache_set_enabled(self, true);
	H(free)(H(malloc)(100));
	expect(tcache_bytes(&self->cache) > 0, "does not come back");
	thread_idle(self);
	expect(tcache_bytes(&self->cache) == 0, "an idle thread keeps something");
}
END_TEST

static void *keep_a_cache(void *gate)
{
	H(free)(H(malloc)(100));
	pthread_barrier_wait(gate);
	pthread_barrier_wait(gate);
	return NULL;
}

static int alone_in_the_child(void)
{
	unsigned caches = 0;

	for (unsigned i = 0; i < arenas_count(); i++)
		if (arenas_get(i) != NULL)
			list_for_each(link, &arenas_get(i)->threads) caches++;
	H(free)(H(malloc)(100));
	/* An explicit cache is still there, a thread is not. */
	return bound_threads() == (thread_is_attached(thread_self) ? 1 : 0) &&
			       tcaches_get(0) != NULL && caches <= 2
		       ? 0
		       : 1;
}

static void *fork_here(void *attached)
{
	int status;
	pid_t child;

	if (*(bool *)attached)
		H(free)(H(malloc)(100));
	child = fork();
	if (child == 0)
		_exit(alone_in_the_child());
	status = child_wait(child, "alone in the child");
	expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
	return NULL;
}

START_TEST(fork_leaves_one)
{
	pthread_t threads[3];
	pthread_barrier_t gate;
	unsigned index;
	bool attached[] = {true, false};

	expect(tcaches_create(arenas_get(0), &index) == 0 && index == 0, "an explicit cache");
	pthread_barrier_init(&gate, NULL, 4);
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, keep_a_cache, &gate);
	pthread_barrier_wait(&gate);
	in_a_thread(fork_here, &attached[0]);
	in_a_thread(fork_here, &attached[1]);
	fork_here(&attached[0]);
	pthread_barrier_wait(&gate);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {
		attach_and_detach, destructors_after_ours, bare, exact_bytes, peak,
		cache_off_and_on,  fork_leaves_one,        NULL};

	return suite_run("thread", cases);
}
