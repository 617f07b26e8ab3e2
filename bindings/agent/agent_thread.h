/* agent_thread.h - a thread of the agent: all of the host's signals blocked, a small stack, a name,
 * and the C locale whatever the host's is. */
#ifndef MOONHEAP_AGENT_THREAD_H
#define MOONHEAP_AGENT_THREAD_H

#include <pthread.h>
#include <stddef.h>

#ifndef AGENT_STACK_BYTES /* sanitizers need more */
#define AGENT_STACK_BYTES                                                                          \
	((size_t)1 << 20) /* 200 nested C calls of Lua need less than half of it */
#endif

#define AGENT_THREAD_PREPARE_MAX 8u

/* 0, or an errno. */
int agent_thread_start(pthread_t *thread, void *(*run)(void *), void *argument);

/* Have the C library keep n stacks ready for threads of the agent. For a stack that it has not kept
 * it allocates a little from the host's malloc, on the thread that starts the new one; a thread of
 * the agent that does so gets an arena of its own in many allocators. So the program's first
 * thread, which has one, pays in advance. Only a precaution: when others take the stacks everything
 * works as well. */
void agent_thread_prepare(unsigned n);

/* The first thing that the thread does. */
void agent_thread_enter(const char *name);

#endif
