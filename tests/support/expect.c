#include "expect.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static _Atomic uint64_t seed_in_use;

uint64_t test_seed(void)
{
	uint64_t seed = atomic_load(&seed_in_use);
	const char *wish = getenv("MOONHEAP_TEST_SEED");
	struct timespec now;

	if (seed != 0)
		return seed;
	if (wish != NULL) {
		seed = strtoull(wish, NULL, 0);
	} else {
		clock_gettime(CLOCK_REALTIME, &now);
		seed = (uint64_t)now.tv_sec * 1000003u ^ (uint64_t)now.tv_nsec ^
		       (uint64_t)getpid() << 40;
	}
	if (seed == 0)
		seed = 1;
	atomic_store(&seed_in_use, seed);
	return seed;
}

unsigned long test_scaled(unsigned long count)
{
	const char *factor = getenv("MOONHEAP_TEST_SCALE");
	double scaled = factor ? (double)count * strtod(factor, NULL) : (double)count;

	scaled /= TEST_THREAD_SANITIZED ? 8 : TEST_ADDRESS_SANITIZED ? 2 : 1;
	return scaled < 1 ? 1 : (unsigned long)scaled;
}

void expect_failed(const char *file, int line, const char *condition, const char *format, ...)
{
	char text[600];
	size_t used;
	uint64_t seed = atomic_load(&seed_in_use);
	va_list arguments;
	int printed = snprintf(text, sizeof text, "%s:%d: ", file, line);

	used = printed < 0 ? 0 : (size_t)printed;
	va_start(arguments, format);
	printed = vsnprintf(text + used, sizeof text - used - 100, format, arguments);
	va_end(arguments);
	used = strlen(text);
	snprintf(text + used, sizeof text - used, " (%.60s)", condition);
	used = strlen(text);
	if (seed != 0 && used < sizeof text - 50) {
		snprintf(text + used, sizeof text - used, " MOONHEAP_TEST_SEED=%" PRIu64, seed);
		used = strlen(text);
	}
	text[used++] = '\n';
	if (write(STDERR_FILENO, text, used) < 0)
		abort(); /* nothing more can be said */
	abort();
}
