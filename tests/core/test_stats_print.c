/* test_stats_print.c - the report as its callers meet it: where it goes, what it does to the heap,
 * from where it may be called. What it says is compared with the reference by
 * tests/conformance/test_stats_report.py.
 */
#include "stats_print.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include "base.h"
#include "child.h"
#include "ctl_snapshot.h"
#include "expect.h"
#include "heap_under_test.h"
#include "option.h"
#include "options.h"
#include "purger_worker.h"
#include "stats_table.h"
#include "suite.h"

struct collected {
	char text[1 << 20];
	size_t length;
	size_t pieces;
};

static struct collected collected;

static void collect(void *opaque, const char *text)
{
	struct collected *to = opaque;
	size_t length = strlen(text);
	expect(length > 0 && length < 4096, "a piece of %zu bytes", length);
	expect(to->length + length < sizeof to->text, "no end of the report");
	memcpy(to->text + to->length, text, length + 1);
	to->length += length;
	to->pieces++;
}

static const char *report(const char *letters)
{
	collected.length = collected.pieces = 0;
	collected.text[0] = '\0';
	H(malloc_stats_print)(collect, &collected, letters);
	return collected.text;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text);
	return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

START_TEST(text_and_json_are_whole)
{
	static const char begin[] = "___ Begin jemalloc statistics ___\n";
	static const char end[] = "--- End jemalloc statistics ---\n";
	expect(strncmp(report(NULL), begin, strlen(begin)) == 0, "%.80s", collected.text);
	expect(ends_with(collected.text, end), "%zu bytes", collected.length);
	expect(strstr(collected.text, "\nopt.") == NULL, "an option without indentation");
	expect(strstr(collected.text, "  opt.narenas: ") != NULL, "options are missing");
	expect(strstr(collected.text, "\narenas[0]:\n") != NULL, "arena 0 is missing");
	expect(strncmp(report("J"), "{\"jemalloc\":{\"version\":\"", 24) == 0, "%.80s",
	       collected.text);
	expect(ends_with(collected.text, "}}}}"), "%zu bytes", collected.length);
	expect(strchr(collected.text, '\n') == NULL, "JSON of several lines");
	expect(collected.pieces > 1, "all in one piece");
}
END_TEST

/* Letters in any order and number, unknown ones too. */
START_TEST(letters_are_switches)
{
	static char all[1024];
	strcpy(all, report("gmdablxeh"));
	expect(strncmp(all, "___ Begin jemalloc statistics ___\nAllocated: ", 45) == 0, "%s", all);
	unsigned lines = 0;
	for (const char *at = all; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	expect(lines == 5, "%u lines: %s", lines, all);
	expect(strncmp(report("hexlbadmg\xff?zgg"), all, 45) == 0, "%s", collected.text);
	expect(strncmp(report("JgmdablxehJ"), "{\"jemalloc\":{\"stats\":{\"allocated\":", 34) == 0,
	       "%s", collected.text);
	expect(strstr(report("g"), "config.") == NULL, "letter g leaves the configuration in");
	expect(strstr(report("b"), "\nbins:") == NULL, "letter b leaves the bins in");
	expect(strstr(report("l"), "\nlarge:          size") == NULL, "letter l");
	expect(strstr(report("e"), "\nextents:") == NULL, "letter e");
	expect(strstr(report("x"), "n_lock_ops") == NULL, "letter x");
	expect(strstr(report("a"), "\narenas[") == NULL, "letter a");
	expect(strstr(collected.text, "\nMerged arenas stats:\n") != NULL,
	       "letter a needs the sum");
}
END_TEST

/* Every option that has a place stands in the report, in the order of places. */
START_TEST(options_stand_in_their_places)
{
	const char *last = report("");
	unsigned shown = 0;
	for (unsigned place = 1; place < 101; place++) {
		if (place == 100)
			place = OPTION_PLACE_OWN;
		for (unsigned i = 0; i < OPTIONS; i++) {
			char line[64];
			if (option_rows[i].place != place)
				continue;
			snprintf(line, sizeof line, "\n  opt.%.*s: ", OPTION_NAME_SIZE,
				 option_rows[i].name);
			const char *at = strstr(collected.text, line);
			expect(at != NULL, "%s is not in the report", option_rows[i].name);
			expect(at > last, "%s is not in its place", option_rows[i].name);
			last = at;
			shown++;
		}
	}
	for (const char *at = collected.text; (at = strstr(at, "\n  opt.")) != NULL; at++)
		shown--;
	expect(shown == 0, "options without a place are in the report");
}
END_TEST

START_TEST(figures_are_those_of_the_tree)
{
	void *kept = H(malloc)(100000);
	char line[128];
	report("");
	snprintf(line, sizeof line, "\nAllocated: %zu, active: %zu, metadata: %zu (n_thp 0), ",
		 heap_get_size("stats.allocated"), heap_get_size("stats.active"),
		 heap_get_size("stats.metadata"));
	expect(strstr(collected.text, line) != NULL, "without %s", line);
	snprintf(line, sizeof line, "\"active\":%zu,\"metadata\":%zu,",
		 heap_get_size("stats.active"), heap_get_size("stats.metadata"));
	expect(strstr(report("J"), line) != NULL, "without %s", line);
	H(free)(kept);
}
END_TEST

START_TEST(the_report_allocates_nothing)
{
	uint64_t before = 0, after = 0;
	size_t size = sizeof before;
	report("");
	H(mallctl)("thread.allocated", &before, &size, NULL, 0);
	report("J");
	report("");
	H(mallctl)("thread.allocated", &after, &size, NULL, 0);
	expect(before == after, "%lu bytes were allocated", after - before);
}
END_TEST

static void listen(void *opaque, const char *text)
{
	expect(opaque == NULL, "an opaque value from nowhere");
	collect(&collected, text);
	errno = ENOTTY;
}

START_TEST(without_a_callback_it_is_a_message)
{
	collected.length = 0;
	H(malloc_message) = listen;
	errno = EDOM;
	H(malloc_stats_print)(NULL, NULL, "gmdablxeh");
	expect(errno == EDOM, "errno is %d", errno);
	H(malloc_message) = NULL;
	expect(ends_with(collected.text, "--- End jemalloc statistics ---\n"), "%s",
	       collected.text);
}
END_TEST

static int print_to_stderr(void *argument)
{
	H(malloc_stats_print)(NULL, NULL, argument);
	return 0;
}

START_TEST(without_anything_it_is_standard_error)
{
	struct child_end end;
	child_run(print_to_stderr, "gmdablxeh", 20, &end);
	expect(end.signal == 0 && end.status == 0, "%s", child_describe(&end));
	expect(strncmp(end.output, "___ Begin jemalloc", 18) == 0, "%s", end.output);
}
END_TEST

static unsigned depth;

/* A callback that uses the heap, refreshes the statistics and prints them again. */
static void busy_callback(void *opaque, const char *text)
{
	uint64_t epoch = 1;
	(void)text;
	H(free)(H(malloc)(5000));
	H(mallctl)("epoch", NULL, NULL, &epoch, sizeof epoch);
	if (depth++ == 0)
		H(malloc_stats_print)(busy_callback, opaque, "J");
}

START_TEST(the_callback_may_do_anything)
{
	depth = 0;
	H(malloc_stats_print)(busy_callback, NULL, "");
	expect(depth > 4, "the callback was called %u times", depth);
}
END_TEST

static void *print_on_thread(void *letters)
{
	static struct collected of_thread;
	of_thread.length = 0;
	H(malloc_stats_print)(collect, &of_thread, letters);
	return NULL;
}

/* Services run threads on little stack. */
START_TEST(a_small_stack_is_enough)
{
	static const char *const letters[] = {"", "J"};
	size_t size = TEST_SANITIZED ? 256 << 10 : 32 << 10;
	for (unsigned i = 0; i < 2; i++) {
		pthread_attr_t attributes;
		pthread_t thread;
		pthread_attr_init(&attributes);
		expect(pthread_attr_setstacksize(&attributes, size) == 0, "a stack of %zu", size);
		int error = pthread_create(&thread, &attributes, print_on_thread,
					   (void *)(uintptr_t)letters[i]);
		expect(error == 0, "no thread");
		pthread_join(thread, NULL);
		pthread_attr_destroy(&attributes);
	}
}
END_TEST

static void *churn(void *stop)
{
	while (!__atomic_load_n((bool *)stop, __ATOMIC_RELAXED)) {
		void *kept[50];
		for (size_t i = 0; i < 50; i++)
			kept[i] = H(malloc)(i * i * 10 + 1);
		for (size_t i = 0; i < 50; i++)
			H(free)(kept[i]);
	}
	return NULL;
}

START_TEST(others_may_allocate_meanwhile)
{
	bool stop = false;
	pthread_t threads[3];
	for (unsigned i = 0; i < 3; i++)
		expect(pthread_create(&threads[i], NULL, churn, &stop) == 0, "no thread");
	for (unsigned i = 0; i < 20; i++) {
		report(i % 2 == 0 ? "" : "J");
		expect(ends_with(collected.text, i % 2 == 0 ? "statistics ---\n" : "}}}}"),
		       "a broken report");
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

static extent_hooks_t hooks;
static extent_hooks_t *hooks_before;
static unsigned hook_calls;

static void *alloc_and_report(extent_hooks_t *self, void *address, size_t size, size_t alignment,
			      bool *zero, bool *commit, unsigned arena)
{
	(void)self;
	hook_calls++;
	report("J");
	return hooks_before->alloc(hooks_before, address, size, alignment, zero, commit, arena);
}

/* Declines: the arena then keeps the address space, and destroys it at its end. */
static bool decline_and_report(extent_hooks_t *self, void *address, size_t size, bool committed,
			       unsigned arena)
{
	(void)self, (void)address, (void)size, (void)committed, (void)arena;
	hook_calls++;
	report("J");
	return true;
}

static void destroy_and_report(extent_hooks_t *self, void *address, size_t size, bool committed,
			       unsigned arena)
{
	(void)self;
	hook_calls++;
	report("J");
	hooks_before->destroy(hooks_before, address, size, committed, arena);
}

static int report_from_hooks(void *unused)
{
	extent_hooks_t *mine = &hooks;
	size_t size = sizeof hooks_before;
	unsigned arena;
	char name[64];

	(void)unused;
	alarm(10);
	heap_require();
	size = sizeof arena;
	expect(H(mallctl)("arenas.create", &arena, &size, NULL, 0) == 0, "no arena");
	snprintf(name, sizeof name, "arena.%u.extent_hooks", arena);
	size = sizeof hooks_before;
	expect(H(mallctl)(name, &hooks_before, &size, NULL, 0) == 0, "no hooks");
	hooks = *hooks_before;
	hooks.alloc = alloc_and_report;
	hooks.dalloc = decline_and_report;
	hooks.destroy = destroy_and_report;
	expect(H(mallctl)(name, NULL, NULL, &mine, sizeof mine) == 0, "hooks are refused");
	void *kept = H(mallocx)(9 << 20, MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
	expect(kept != NULL && hook_calls > 0, "no calls");
	H(dallocx)(kept, MALLOCX_TCACHE_NONE);
	snprintf(name, sizeof name, "arena.%u.destroy", arena);
	expect(H(mallctl)(name, NULL, NULL, NULL, 0) == 0, "not destroyed");
	expect(hook_calls > 2, "%u calls", hook_calls);
	expect(strstr(collected.text, "extent hook") != NULL, "says \"%s\"", collected.text);
	return 0;
}

/* A hook runs while its arena is locked: there the report must decline, not wait for ever. */
START_TEST(a_hook_gets_an_answer_in_words)
{
	struct child_end end;
	child_run(report_from_hooks, NULL, 20, &end);
	expect(end.signal == 0 && end.status == 0, "%s: %s", child_describe(&end), end.output);
}
END_TEST

START_TEST(rates_are_per_whole_second)
{
	static const uint64_t second = 1000000000;
	expect(stats_rate(100, 0) == 0, "without time");
	expect(stats_rate(100, 1) == 100, "in the first second");
	expect(stats_rate(100, second - 1) == 100, "in the first second");
	expect(stats_rate(100, 3 * second - 1) == 50, "in the third second");
	expect(stats_rate(UINT64_MAX, 7 * second) == UINT64_MAX / 7, "of much");
}
END_TEST

START_TEST(at_exit_only_when_asked)
{
	collected.length = 0;
	H(malloc_message) = listen;
	options.stats_print = false;
	stats_print_at_exit();
	expect(collected.length == 0, "%s", collected.text);
	options.stats_print = true;
	options.stats_print_opts = "Jgmdablxeh";
	stats_print_at_exit();
	options.stats_print = false; /* the library's own exit is still to come */
	H(malloc_message) = NULL;
	expect(strncmp(collected.text, "{\"jemalloc\":{\"stats\":", 21) == 0, "%s", collected.text);
}
END_TEST

static int allocate_much(void *unused)
{
	(void)unused;
	H(free)(H(malloc)(1));
	options.stats_interval = 10 << 20;
	options.stats_interval_opts = "gmdablxeh";
	stats_print_begin();
	for (unsigned i = 0; i < 25 * 1024; i++) /* a report at 10 and 20 MiB */
		H(free)(H(malloc)(1024));
	H(free)(H(malloc)(16 << 20)); /* one more at 40: an allocation is counted whole */
	return 0;
}

START_TEST(reports_by_volume)
{
	struct child_end end;
	unsigned reports = 0;
	child_run(allocate_much, NULL, 20, &end);
	expect(end.signal == 0 && end.status == 0, "%s", child_describe(&end));
	for (const char *at = end.output; (at = strstr(at, "Begin jemalloc")) != NULL; at++)
		reports++;
	expect(reports == 3, "%u reports: %s", reports, end.output);
}
END_TEST

/* As in a handler that came in the middle of the thread's own call. */
START_TEST(it_does_not_wait_for_what_it_interrupted)
{
	static const char not_refreshed[] = "\nNot refreshed: ";
	struct lock *const locks[] = {&ctl_lock, &base_first.lock, &purger_lock,
				      &arenas_get(0)->bins[3].lock, &arenas_get(0)->pages.lock};
	expect(strstr(report(NULL), not_refreshed) == NULL, "not refreshed without a reason");
	expect(strstr(report("J"), "\"refreshed\":true") != NULL, "%s", collected.text);
	size_t length = strlen(report(NULL));
	for (size_t i = 0; i < ARRAY_LEN(locks); i++) {
		lock_take(locks[i]);
		const char *said = report(NULL);
		lock_drop(locks[i]);
		expect(strstr(said, not_refreshed) != NULL, "it does not say so: %.200s", said);
		expect(strlen(said) > length * 9 / 10, "%zu bytes of %zu", strlen(said), length);
		expect(ends_with(said, "--- End jemalloc statistics ---\n"), "not whole");
		lock_take(locks[i]);
		said = report("J");
		lock_drop(locks[i]);
		expect(strstr(said, "\"refreshed\":false") != NULL, "%s", said);
	}
}
END_TEST

static uint32_t step; /* 1: the other thread has its locks; 2: it may drop them */

static void *hold_what_a_refresh_holds(void *unused)
{
	lock_take(&ctl_lock);
	lock_take(&purger_lock);
	__atomic_store_n(&step, 1, __ATOMIC_RELEASE);
	lock_wake_sleepers(&step);
	while (__atomic_load_n(&step, __ATOMIC_ACQUIRE) == 1)
		lock_sleep_on(&step, 1, UINT64_MAX);
	lock_drop(&purger_lock);
	lock_drop(&ctl_lock);
	return unused;
}

/* Nor for who may be waiting for what it interrupted. */
START_TEST(it_does_not_wait_for_others_either)
{
	struct lock *bin = &arenas_get(0)->bins[3].lock;
	pthread_t other;

	report(NULL);
	step = 0;
	expect(pthread_create(&other, NULL, hold_what_a_refresh_holds, NULL) == 0, "no thread");
	while (__atomic_load_n(&step, __ATOMIC_ACQUIRE) == 0)
		lock_sleep_on(&step, 0, UINT64_MAX);
	lock_take(bin);
	const char *said = report(NULL);
	lock_drop(bin);
	expect(strstr(said, "\nNot refreshed: ") != NULL, "it does not say so: %.200s", said);
	expect(ends_with(said, "--- End jemalloc statistics ---\n"), "not whole");
	__atomic_store_n(&step, 2, __ATOMIC_RELEASE);
	lock_wake_sleepers(&step);
	expect(pthread_join(other, NULL) == 0, "no end");
}
END_TEST

static volatile sig_atomic_t handled, unrefreshed;

static void report_in_handler(int number UNUSED)
{
	handled++;
	unrefreshed += strstr(report("J"), "\"refreshed\":false") != NULL;
}

/* And in a real one, at whatever moment of a refresh it comes. */
START_TEST(a_signal_may_come_in_the_middle_of_a_refresh)
{
	/* Once, and again when it was handled: a report may take longer than any interval. */
	const struct itimerval once = {.it_value = {0, 300}};
	sig_atomic_t armed = 0;

	if (TEST_THREAD_SANITIZED) /* which delivers signals between calls only */
		return;
	report(NULL);
	signal(SIGALRM, report_in_handler);
	for (unsigned i = 0; i < 10000000 && (handled < 200 || unrefreshed < 5); i++) {
		if (armed == handled) {
			armed++;
			expect(setitimer(ITIMER_REAL, &once, NULL) == 0, "no timer");
		}
		expect(ctl_snapshot_refresh() == 0, "no refresh");
	}
	while (handled != armed)
		usleep(100);
	expect(handled >= 200 && unrefreshed >= 5, "%d signals, %d within a refresh", (int)handled,
	       (int)unrefreshed);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {
		text_and_json_are_whole,
		letters_are_switches,
		options_stand_in_their_places,
		figures_are_those_of_the_tree,
		the_report_allocates_nothing,
		without_a_callback_it_is_a_message,
		without_anything_it_is_standard_error,
		the_callback_may_do_anything,
		a_small_stack_is_enough,
		others_may_allocate_meanwhile,
		a_hook_gets_an_answer_in_words,
		it_does_not_wait_for_what_it_interrupted,
		it_does_not_wait_for_others_either,
		a_signal_may_come_in_the_middle_of_a_refresh,
		rates_are_per_whole_second,
		at_exit_only_when_asked,
		reports_by_volume,
		NULL,
	};
	return suite_run("stats_print", cases);
}
