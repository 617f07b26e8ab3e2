/* expect.h - the check that works anywhere: on any thread, in a forked child, in a destructor.
 *
 * A failed expect() writes one line with place, reason and the seed in use to standard error and
 * aborts, which Check and child.h report as a failure of the case. It allocates nothing.
 */
#ifndef TESTS_SUPPORT_EXPECT_H
#define TESTS_SUPPORT_EXPECT_H

#include <stdint.h>

#define expect(condition, ...)                                                                     \
	do {                                                                                       \
		if (!(condition))                                                                  \
			expect_failed(__FILE__, __LINE__, #condition, __VA_ARGS__);                \
	} while (0)

_Noreturn void expect_failed(const char *file, int line, const char *condition, const char *format,
			     ...) __attribute__((format(printf, 4, 5)));

/* The seed of this run: MOONHEAP_TEST_SEED where that is set, else another one each time. A failure
 * prints it, and the same seed then makes the same operations. */
uint64_t test_seed(void);

/* count times the factor in MOONHEAP_TEST_SCALE (1 where that is not set): how a test is made to
 * run longer. Fewer under a sanitizer, where each operation takes so much longer. */
unsigned long test_scaled(unsigned long count);

/* True in builds with a sanitizer, where some figures (memory in use) mean nothing; and in those
 * with the thread sanitizer, which knows no threads in a child of a process that had several. */
#if defined(__SANITIZE_THREAD__)
#define TEST_THREAD_SANITIZED 1
#elif defined(__SANITIZE_ADDRESS__)
#define TEST_ADDRESS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TEST_THREAD_SANITIZED 1
#elif __has_feature(address_sanitizer)
#define TEST_ADDRESS_SANITIZED 1
#endif
#endif
#ifndef TEST_THREAD_SANITIZED
#define TEST_THREAD_SANITIZED 0
#endif
#ifndef TEST_ADDRESS_SANITIZED
#define TEST_ADDRESS_SANITIZED 0
#endif
#define TEST_SANITIZED (TEST_THREAD_SANITIZED || TEST_ADDRESS_SANITIZED)

#endif
