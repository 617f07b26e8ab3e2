/* The first call that ever reaches the library, whatever it is and however early it comes. Runs the
 * program first_call with each stage and call. */
#include "child.h"
#include "expect.h"
#include "heap_under_test.h"
#include "suite.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void run(const char *stage, const char *call)
{
	char program[] = FIRST_CALL_PROGRAM, stage_text[32], call_text[32];
	char *argv[] = {program, stage_text, call_text, NULL};
	struct child_end end;

	snprintf(stage_text, sizeof stage_text, "%s", stage);
	snprintf(call_text, sizeof call_text, "%s", call);
	child_exec(argv, NULL, 30, &end);
	expect(!end.timed_out && end.signal == 0 && end.status == 0, "first_call %s %s: %s\n%s",
	       stage, call, child_describe(&end), end.output);
}

static void run_all(const char *stage)
{
	static const char *const calls[] = {"malloc",        "malloc-large",
					    "free-null",     "calloc",
					    "realloc",       "posix_memalign",
					    "aligned_alloc", "memalign",
					    "valloc",        "mallocx",
					    "nallocx",       "mallctl",
					    "stats",         "usable-size-of-null",
					    "fork",          "thread",
					    "failing",       "setenv"};
	size_t i;

	for (i = 0; i < sizeof calls / sizeof *calls; i++)
		run(stage, calls[i]);
}

START_TEST(before_all_constructors)
{
	run_all("preinit");
}
END_TEST

START_TEST(in_the_first_constructor)
{
	run_all("constructor");
}
END_TEST

START_TEST(in_main)
{
	run_all("main");
}
END_TEST

/* The program with one text of options; *end says how it went. */
static void run_with(const char *conf, const char *stage, const char *call, struct child_end *end)
{
	char program[] = FIRST_CALL_PROGRAM, stage_text[32], call_text[32];
	char variable[256], preload[4096];
	char *argv[] = {program, stage_text, call_text, NULL};
	char *environment[] = {variable, preload, NULL};

	snprintf(stage_text, sizeof stage_text, "%s", stage);
	snprintf(call_text, sizeof call_text, "%s", call);
	snprintf(variable, sizeof variable, "MALLOC_CONF=%s", conf);
	snprintf(preload, sizeof preload, "LD_PRELOAD=%s", getenv("LD_PRELOAD"));
	child_exec(argv, environment, 30, end);
	expect(!end->timed_out && end->signal == 0 && end->status == 0, "%s, %s %s: %s\n%s", conf,
	       stage, call, child_describe(end), end->output);
}

/* Options count from the first call on, however early that is. */
START_TEST(options_are_read_in_time)
{
	static const char *const stages[] = {"preinit", "constructor", "main"};

	for (size_t i = heap_is_moonheap() ? 0 : 1; i < sizeof stages / sizeof *stages; i++) {
		struct child_end end;

		run_with("confirm_conf:true", stages[i], "malloc", &end);
		expect(strstr(end.output, "-- Set conf value: confirm_conf:true\n") != NULL,
		       "in %s the environment was not read: %s", stages[i], end.output);
	}
}
END_TEST

/* Whatever an option accepts, the heap can live with. */
START_TEST(extremes_of_options)
{
	static const char *const texts[] = {
		"narenas:1",
		"narenas:4094",
		"narenas:-1",
		"narenas:4294967295",
		"narenas:4294967296",
		"narenas_ratio:0",
		"narenas_ratio:65535.99",
		"dirty_decay_ms:-1,muzzy_decay_ms:-1",
		"dirty_decay_ms:0,muzzy_decay_ms:0",
		"dirty_decay_ms:18446744072000,muzzy_decay_ms:18446744072000",
		"retain:false",
		"lg_extent_max_active_fit:0",
		"lg_extent_max_active_fit:64",
		"tcache:false",
		"tcache_max:0",
		"tcache_max:1",
		"tcache_max:-1",
		"lg_tcache_max:23,tcache_nslots_large:2048",
		"lg_tcache_nslots_mul:-16",
		"lg_tcache_nslots_mul:16",
		"tcache_nslots_small_min:1,tcache_nslots_small_max:1,tcache_nslots_large:1",
		"tcache_nslots_small_min:2048,tcache_nslots_small_max:1",
		"tcache_nslots_small_min:2048,tcache_nslots_small_max:2048",
		"mutex_max_spin:-1",
		"mutex_max_spin:9223372036854775807",
		"background_thread:true,max_background_threads:1",
		"background_thread:true,max_background_threads:-1",
		"slab_sizes:1-14336:1",
		"bin_shards:0-18446744073709551615:64",
		"bin_shards:8-14336:4,tcache:false",
		"slab_sizes:1-18446744073709551615:18446744073709551615",
		"slab_sizes:0-0:0",
		"junk:true,zero:true",
		"zero_realloc:alloc",
	};
	static const char *const calls[] = {"malloc", "malloc-large", "calloc", "fork", "thread"};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		for (size_t k = 0; k < sizeof calls / sizeof *calls; k++) {
			struct child_end end;

			run_with(texts[i], "main", calls[k], &end);
		}
	}
}
END_TEST

int main(void)
{
	return suite_run("boot", (const TTest *[]){
					 before_all_constructors, in_the_first_constructor, in_main,
					 options_are_read_in_time, extremes_of_options, NULL});
}
