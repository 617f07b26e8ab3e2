/* threads.h - starting and joining the worker threads of a benchmark program. */
#ifndef MOONHEAP_BENCH_THREADS_H
#define MOONHEAP_BENCH_THREADS_H

#include <pthread.h>

#include "bench.h"

#define THREADS_MAX 64u

static inline size_t threads_arg(int argc, char **argv, int index)
{
	size_t count = bench_arg(argc, argv, index, "THREADS");
	if (count > THREADS_MAX)
		bench_die("at most 64 threads", "THREADS");
	return count;
}

static inline pthread_t thread_start(void *(*run)(void *), void *argument)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, run, argument) != 0)
		bench_die("cannot start a thread", "");
	return thread;
}

static inline void thread_join(pthread_t thread)
{
	if (pthread_join(thread, NULL) != 0)
		bench_die("cannot join a thread", "");
}

#endif
