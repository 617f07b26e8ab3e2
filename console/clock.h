/* clock.h - moments and deadlines in milliseconds of the monotonic clock. */
#ifndef CONSOLE_CLOCK_H
#define CONSOLE_CLOCK_H

#include <limits.h>
#include <stdint.h>
#include <time.h>

#define CLOCK_NEVER INT64_MAX

static inline int64_t clock_now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What is left until the deadline, as poll() wants it: -1 for ever, 0 when it has passed. */
static inline int clock_left_ms(int64_t deadline_ms)
{
	if (deadline_ms == CLOCK_NEVER)
		return -1;
	int64_t left = deadline_ms - clock_now_ms();
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

#endif
