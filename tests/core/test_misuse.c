/* test_misuse.c - what was found is told, counted and answered as the options say; and the heap is
 * sound afterwards. */
#include "misuse.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include "child.h"
#include "expect.h"
#include "heap_under_test.h"
#include "message.h"
#include "options.h"
#include "said.h"
#include "suite.h"
#include "thread.h"

static void hear_reports(void)
{
	said_listen();
	options.safety_action = SAFETY_REPORT;
}

static bool is_said(const void *ptr)
{
	char address[32];
	struct fmt f;

	fmt_begin(&f, address, sizeof address);
	fmt_pointer(&f, ptr);
	return strstr(said, address) != NULL;
}

START_TEST(a_finding_is_told)
{
	hear_reports();
	struct fmt *text = misuse_begin(MISUSE_OVERFLOW);

	expect(text != NULL, "nobody wants to hear");
	fmt_text(text, "something");
	misuse_tell_object(text, 100, 112, 3);
	misuse_end(text);
	expect(nsaid == 1, "%u messages", nsaid);
	expect(strncmp(said,
		       MESSAGE_PREFIX
		       "something (100 bytes, size class 112, arena 3)\n" MESSAGE_PREFIX
		       "  noticed in a call from",
		       strlen(MESSAGE_PREFIX) + 46) == 0,
	       "%s", said);
	expect(said[strlen(said) - 1] == '\n', "no end of line: %s", said);
	expect(misuse_count(MISUSE_OVERFLOW) == 1, "not counted");
}
END_TEST

START_TEST(what_is_ignored_is_counted)
{
	hear_reports();
	options.safety_overflow = SAFETY_IGNORE;
	expect(misuse_begin(MISUSE_OVERFLOW) == NULL, "it is told");
	expect(misuse_begin(MISUSE_OVERFLOW) == NULL, "it is told");
	expect(misuse_count(MISUSE_OVERFLOW) == 2, "not counted");
	struct fmt *text = misuse_begin(MISUSE_DOUBLE_FREE);

	expect(text != NULL, "another kind follows safety_action");
	misuse_end(text);
	heap_refresh();
}
END_TEST

static int abort_by_its_own_option(void *unused)
{
	(void)unused;
	options.safety_action = SAFETY_IGNORE;
	options.safety_double_free = SAFETY_ABORT;
	misuse_end(misuse_begin(MISUSE_DOUBLE_FREE));
	return 0;
}

START_TEST(one_kind_may_abort)
{
	struct child_end end;

	child_run(abort_by_its_own_option, NULL, 20, &end);
	expect(end.signal == SIGABRT, "%s", child_describe(&end));
}
END_TEST

static char hooked[16384];

static void take_text(const char *text)
{
	strncat(hooked, text, sizeof hooked - strlen(hooked) - 1);
}

START_TEST(a_hook_instead_of_the_end)
{
	void (*hook)(const char *) = take_text;
	static char not_ours[32];

	expect(H(mallctl)("experimental.hooks.safety_check_abort", NULL, NULL, &hook,
			  sizeof hook) == 0,
	       "the hook");
	said_listen();
	H(free)(heap_opaque(not_ours + 16));
	expect(strstr(hooked, "is not allocated") != NULL, "%s", hooked);
	expect(nsaid == 0, "it is told as well: %s", said);
	size_t size = sizeof hook;
	expect(H(mallctl)("experimental.hooks.safety_check_abort", &hook, &size, NULL, 0) == EPERM,
	       "it can be read");
}
END_TEST

/* malloc_message that makes the same mistake: no second message, no deadlock. */
static void err_again(void *unused, const char *text)
{
	(void)unused;
	(void)text;
	nsaid++;
	H(free)(heap_opaque((void *)(uintptr_t)0x1230));
}

START_TEST(a_mistake_while_telling)
{
	hear_reports();
	H(malloc_message) = err_again;
	H(free)(heap_opaque((void *)(uintptr_t)0x1240));
	expect(nsaid == 1, "%u messages", nsaid);
	expect(misuse_count(MISUSE_INVALID_FREE) == 2, "not counted");
}
END_TEST

/* ---- the heap goes on ---- */

static void expect_sound(void)
{
	enum { N = 2000 };
	static void *objects[N];

	for (unsigned i = 0; i < N; i++) {
		objects[i] = H(malloc)(100 + i % 2 * 100);
		memset(objects[i], (int)i, 100);
		for (unsigned j = 0; j < i; j++)
			expect(objects[i] != objects[j], "%p is handed out twice", objects[i]);
	}
	for (unsigned i = 0; i < N; i++)
		H(free)(objects[i]);
	heap_call("thread.tcache.flush");
}

START_TEST(freed_twice_in_the_cache)
{
	hear_reports();
	void *p = H(malloc)(100);

	H(free)(heap_opaque(p));
	H(free)(heap_opaque(p));
	heap_call("thread.tcache.flush");
	expect(is_said(p) && strstr(said, "double free of ") != NULL, "%s", said);
	expect(strstr(said, "size class 112, arena 0") != NULL, "%s", said);
	expect(heap_stat("stats.safety.double_frees") == 1, "not counted once");
	expect_sound();
}
END_TEST

/* It is noticed before it can do harm where a stack grows. */
START_TEST(freed_twice_and_the_stack_grows)
{
	enum { MANY = 3000 };
	static void *objects[MANY];
	const struct tcache *cache = &thread_get()->cache;
	unsigned class = size_class_of(100), last = 0;

	hear_reports();
	for (unsigned i = 0; i < MANY; i++)
		objects[i] = H(malloc)(100);
	heap_call("thread.tcache.flush");
	while (stack_held(cache, class) + 2u < cache->slow[class + 1].capacity)
		H(free)(objects[last++]);
	H(free)(heap_opaque(objects[last]));
	H(free)(heap_opaque(objects[last]));
	H(free)(objects[last + 1]);
	expect(is_said(objects[last]) && strstr(said, "in the thread's cache twice") != NULL, "%s",
	       said);
	expect_sound();
	expect(heap_stat("stats.safety.double_frees") == 1, "not counted once");
}
END_TEST

/* Frees one object twice, then others until a slow path has come by. */
static void *free_twice_and_go_on(void)
{
	enum { MANY = 3000 };
	static void *objects[MANY];
	const struct tcache *cache = &thread_get()->cache;
	const struct tcache_bin *slow = &cache->slow[size_class_of(100) + 1];
	unsigned class = size_class_of(100), next = 0;

	for (unsigned i = 0; i < MANY; i++)
		objects[i] = H(malloc)(100);
	heap_call("thread.tcache.flush");
	while (slow->capacity < 100 || stack_held(cache, class) + 50u > slow->capacity) {
		expect(next < MANY / 2, "the stack does not grow: %u", slow->capacity);
		H(free)(objects[next++]);
	}
	void *twice = objects[next++];
	unsigned capacity = slow->capacity;
	H(free)(heap_opaque(twice));
	H(free)(heap_opaque(twice));
	while (stack_held(cache, class) < capacity)
		H(free)(objects[next++]);
	expect(slow->capacity == capacity && next < MANY, "a slow path came by");
	H(free)(objects[next++]);
	return twice;
}

START_TEST(an_option_says_how_many_are_compared)
{
	hear_reports();
	expect(options.debug_double_free_max_scan == 8, "default");
	free_twice_and_go_on();
	expect(nsaid == 0, "fifty regions ago is too long for the default: %s", said);
	heap_call("thread.tcache.flush");
	expect(heap_stat("stats.safety.double_frees") == 1, "nor when it leaves the cache");
	expect_sound();
}
END_TEST

START_TEST(all_are_compared)
{
	hear_reports();
	options.debug_double_free_max_scan = UINT32_MAX;
	void *twice = free_twice_and_go_on();
	expect(is_said(twice) && strstr(said, "in the thread's cache twice") != NULL, "%s", said);
	expect(heap_stat("stats.safety.double_frees") == 1, "not counted once");
	expect_sound();
}
END_TEST

START_TEST(none_are_compared)
{
	hear_reports();
	for (unsigned most = 0; most < 2; most++) { /* one has no other to be compared with */
		options.debug_double_free_max_scan = most;
		free_twice_and_go_on();
		/* A flush, if the last one made room by one, has found it at its slab. */
		expect(strstr(said, "in the thread's cache twice") == NULL, "with %u", most);
		heap_call("thread.tcache.flush");
		expect(heap_stat("stats.safety.double_frees") == most + 1, "nor later");
	}
	expect_sound();
}
END_TEST

START_TEST(freed_inside_in_the_cache)
{
	hear_reports();
	char *p = H(malloc)(100);

	H(free)(heap_opaque(p + 16));
	heap_call("thread.tcache.flush");
	expect(is_said(p + 16) && strstr(said, "is inside an object") != NULL, "%s", said);
	H(free)(p);
	expect_sound();
	expect(heap_stat("stats.safety.invalid_frees") == 1, "not counted once");
}
END_TEST

START_TEST(more_than_a_report_holds)
{
	void *objects[30];

	hear_reports();
	for (unsigned i = 0; i < 30; i++)
		objects[i] = H(mallocx)(3000, MALLOCX_TCACHE_NONE);
	for (unsigned i = 0; i < 30; i++)
		H(dallocx)(objects[i], MALLOCX_TCACHE_NONE);
	for (unsigned i = 0; i < 30; i++)
		H(dallocx)(heap_opaque(objects[i]), MALLOCX_TCACHE_NONE);
	expect(heap_stat("stats.safety.double_frees") + heap_stat("stats.safety.invalid_frees") ==
		       30,
	       "%lu findings", heap_stat("stats.safety.double_frees"));
	expect_sound();
}
END_TEST

START_TEST(resized_and_asked_about)
{
	static char not_ours[64];

	hear_reports();
	errno = 0;
	expect(H(realloc)(heap_opaque(not_ours), 100) == NULL && errno == ENOMEM, "realloc");
	expect(is_said(not_ours), "%s", said);
	expect(H(xallocx)(heap_opaque(not_ours), 100, 0, 0) == 0, "xallocx");
	expect(H(rallocx)(heap_opaque(not_ours), 100, 0) == NULL, "rallocx");
	expect(heap_stat("stats.safety.invalid_frees") == 3, "not counted");
	expect_sound();
}
END_TEST

START_TEST(large_freed_twice)
{
	hear_reports();
	char *p = H(malloc)(1 << 20);

	H(free)(heap_opaque(p + 4096));
	H(free)(p);
	H(free)(heap_opaque(p));
	expect(heap_stat("stats.safety.invalid_frees") == 2, "not counted: %s", said);
	expect_sound();
}
END_TEST

int main(void)
{
	return suite_run("misuse",
			 (const TTest *[]){a_finding_is_told, what_is_ignored_is_counted,
					   one_kind_may_abort, a_hook_instead_of_the_end,
					   a_mistake_while_telling, freed_twice_in_the_cache,
					   freed_twice_and_the_stack_grows,
					   an_option_says_how_many_are_compared, all_are_compared,
					   none_are_compared, freed_inside_in_the_cache,
					   more_than_a_report_holds, resized_and_asked_about,
					   large_freed_twice, NULL});
}
