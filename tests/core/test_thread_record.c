/* test_thread_record.c - records are new, or used again; threads and caches are all found. */
#include "thread.h"

#include <pthread.h>
#include <string.h>
#include "arenas.h"
#include "expect.h"
#include "heap_under_test.h"
#include "suite.h"

START_TEST(records_are_used_again)
{
	struct thread *first = thread_record_take(), *second = thread_record_take();
	expect(first != NULL && second != NULL && first != second, "the same twice");
	expect(first->cache.thread == first && first->allocated == 0, "not new");
	expect(thread_is_attached(first), "a record like the static ones");
	thread_record_put(first);
	size_t metadata = base_first.allocated;
	expect(thread_record_take() == first, "not used again");
	expect(base_first.allocated == metadata, "memory for one that there is");
	thread_record_put(second);
	thread_record_put(first);
}
END_TEST

static unsigned nfound;

static void count_thread(struct thread *thread)
{
	expect(thread_is_attached(thread), "without a record");
	nfound++;
}

static void count_cache(const struct tcache *cache, const struct arena *arena, void *argument)
{
	expect(cache->arena == arena, "of another arena");
	++*(unsigned *)argument;
}

static unsigned threads_found(void)
{
	nfound = 0;
	thread_record_each(count_thread);
	return nfound;
}

static unsigned caches_found(void)
{
	unsigned n = 0;
	thread_each_cache(count_cache, &n);
	return n;
}

static pthread_barrier_t gate;

static void *stay(void *unused)
{
	H(free)(H(malloc)(100));
	pthread_barrier_wait(&gate);
	pthread_barrier_wait(&gate);
	return unused;
}

START_TEST(all_are_found)
{
	pthread_t threads[3];
	unsigned index;

	thread_get();
	unsigned nthreads = threads_found(), ncaches = caches_found();
	pthread_barrier_init(&gate, NULL, 4);
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, stay, NULL);
	pthread_barrier_wait(&gate);
	expect(threads_found() == nthreads + 3, "%u threads", nfound);
	expect(caches_found() == ncaches + 3, "%u caches", caches_found());
	expect(tcaches_create(arenas_get(0), &index) == 0, "an explicit cache");
	expect(threads_found() == nthreads + 3, "an explicit cache is a thread");
	expect(caches_found() == ncaches + 4, "%u caches", caches_found());
	pthread_barrier_wait(&gate);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	expect(threads_found() == nthreads && caches_found() == ncaches + 1, "of ended threads");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {records_are_used_again, all_are_found, NULL};

	return suite_run("thread_record", cases);
}
