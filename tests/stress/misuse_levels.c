/* misuse_levels - mistakes that only a level of safety above the default notices: each in a process
 * of its own, on the level that MALLOC_CONF sets. Registered once for each level (CMakeLists.txt),
 * with every allocation sampled where the level is "sampled". */
#include "child.h"
#include "expect.h"
#include "heap_under_test.h"
#include "suite.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static bool is_full(void)
{
	const char *level;
	size_t size = sizeof(level);

	expect(H(mallctl)("opt.safety", &level, &size, NULL, 0) == 0, "opt.safety");
	return strcmp(level, "full") == 0;
}

/* Hides from the compiler what it would rightly complain about. */
static volatile char *object(size_t size)
{
	char *volatile hidden = H(malloc)(size);

	return hidden;
}

/* -- the mistakes: each ends the process, or returns where nothing was noticed -------------------
 */

static int write_beyond(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < 20; i++) {
		volatile char *p = object(112);

		p[112] = 1;
		H(free)((void *)p);
	}
	return 0;
}

static int write_before(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < 20; i++) {
		volatile char *p = object(100);

		p[-1] = 1;
		H(free)((void *)p);
	}
	return 0;
}

static int write_after_free(void *unused)
{
	volatile char *p = object(100);

	(void)unused;
	H(free)((void *)p);
	p[50] = 1;
	heap_call("thread.tcache.flush");
	return 0;
}

static int free_twice_at_once(void *unused)
{
	volatile char *p = object(100);

	(void)unused;
	H(free)((void *)p);
	H(free)((void *)p);
	return 0;
}

static int wrong_size(void *unused)
{
	volatile char *p = object(100);

	(void)unused;
	H(sdallocx)((void *)p, 200, 0);
	return 0;
}

static int resize_freed(void *unused)
{
	volatile char *p = object(100);

	(void)unused;
	H(free)((void *)p);
	return H(realloc)((void *)p, 5000) == NULL;
}

static int large_beyond(void *unused)
{
	volatile char *p = object(20480);

	(void)unused;
	p[20480] = 1;
	H(free)((void *)p);
	return 0;
}

static int large_after_free(void *unused)
{
	volatile char *p = object(1 << 20);

	(void)unused;
	H(free)((void *)p);
	return p[300000];
}

static void expect_found(int (*mistake)(void *), const char *words)
{
	struct child_end end;

	child_run(mistake, NULL, 20, &end);
	/* A sanitizer has a handler of its own, which ends with a status. */
	expect(end.signal == SIGABRT || end.signal == SIGSEGV ||
		       (TEST_SANITIZED && end.signal == 0 && end.status != 0),
	       "%s: %s: %s", words, child_describe(&end), end.output);
	expect(strstr(end.output, words) != NULL, "no \"%s\" in: %s", words, end.output);
	expect(strstr(end.output, "size class ") != NULL && strstr(end.output, "arena ") != NULL,
	       "%s", end.output);
}

START_TEST(small)
{
	expect_found(write_beyond, "overflow: ");
	if (!is_full()) /* in full what is before an object is another one, or its filling */
		expect_found(write_before, "underflow: ");
	expect_found(write_after_free,
		     is_full() ? "Write-after-free detected on deallocated pointer 0x"
			       : "use after free: a write at 0x");
	expect_found(free_twice_at_once, "double free");
	expect_found(wrong_size, "size mismatch detected (true size 100 vs input size 200)");
	expect_found(resize_freed, "realloc of 0x");
}
END_TEST

START_TEST(large)
{
	expect_found(large_beyond, "overflow: ");
	if (is_full())
		expect_found(large_after_free, "use after free: a read at 0x");
}
END_TEST

/* Nothing of this disturbs a program that does nothing wrong. */
static int no_mistake(void *unused)
{
	(void)unused;
	for (size_t size = 1; size < 100000; size += 1 + size / 4) {
		char *p = H(malloc)(size);

		memset(p, 1, H(malloc_usable_size)(p));
		p = H(realloc)(p, size * 2);
		memset(p, 1, H(malloc_usable_size)(p));
		H(sdallocx)(p, size * 2, 0);
	}
	heap_call("thread.tcache.flush");
	return 0;
}

START_TEST(a_sound_program)
{
	struct child_end end;

	child_run(no_mistake, NULL, 20, &end);
	expect(end.signal == 0 && end.status == 0 && end.output[0] == '\0', "%s: %s",
	       child_describe(&end), end.output);
}
END_TEST

int main(void)
{
	return suite_run("misuse_levels", (const TTest *[]){small, large, a_sound_program, NULL});
}
