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

/* 0, or an errno. */
int agent_thread_start(pthread_t *thread, void *(*run)(void *), void *argument);

/* The first thing that the thread does. */
void agent_thread_enter(const char *name);

#endif
